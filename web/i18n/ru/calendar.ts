import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/calendar.ts';

export default {
  'calendar.title': 'Календарный план',
} satisfies SameAs<typeof ky>;
