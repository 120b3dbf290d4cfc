import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/officers.ts';

export default {
  'officers.title': 'Сотрудники',
} satisfies SameAs<typeof ky>;
