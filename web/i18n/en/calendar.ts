import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/calendar.ts';

export default {
  'calendar.title': 'Calendar plan',
} satisfies SameAs<typeof ky>;
