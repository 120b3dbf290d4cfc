import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/applications.ts';

export default {
  'applications.title': 'Заявления',
} satisfies SameAs<typeof ky>;
