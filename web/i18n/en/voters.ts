import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/voters.ts';

export default {
  'voters.title': 'Voters',
} satisfies SameAs<typeof ky>;
