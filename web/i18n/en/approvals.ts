import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/approvals.ts';

export default {
  'approvals.title': 'Approvals',
} satisfies SameAs<typeof ky>;
