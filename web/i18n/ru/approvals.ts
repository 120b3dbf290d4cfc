import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/approvals.ts';

export default {
  'approvals.title': 'Согласования',
} satisfies SameAs<typeof ky>;
