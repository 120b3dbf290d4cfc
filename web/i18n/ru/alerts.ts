import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/alerts.ts';

export default {
  'alerts.title': 'Оповещения',
} satisfies SameAs<typeof ky>;
