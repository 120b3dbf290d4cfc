import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/alerts.ts';

export default {
  'alerts.title': 'Alerts',
} satisfies SameAs<typeof ky>;
