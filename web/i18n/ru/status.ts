import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/status.ts';

export default {
  'status.title': 'Состояние заявления',
} satisfies SameAs<typeof ky>;
