import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/compliance.ts';

export default {
  'compliance.title': 'Соблюдение требований',
} satisfies SameAs<typeof ky>;
