import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/audit.ts';

export default {
  'audit.title': 'Журнал действий',
} satisfies SameAs<typeof ky>;
