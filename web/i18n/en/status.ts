import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/status.ts';

export default {
  'status.title': 'Application status',
} satisfies SameAs<typeof ky>;
