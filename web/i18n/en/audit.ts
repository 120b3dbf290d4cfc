import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/audit.ts';

export default {
  'audit.title': 'Audit log',
} satisfies SameAs<typeof ky>;
