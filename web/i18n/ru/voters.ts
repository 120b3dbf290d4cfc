import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/voters.ts';

export default {
  'voters.title': 'Избиратели',
} satisfies SameAs<typeof ky>;
