import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/applications.ts';

export default {
  'applications.title': 'Applications',
} satisfies SameAs<typeof ky>;
