import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/officers.ts';

export default {
  'officers.title': 'Officers',
} satisfies SameAs<typeof ky>;
