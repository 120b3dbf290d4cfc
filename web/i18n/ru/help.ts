import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/help.ts';

export default {
  'help.title': 'Справка',
} satisfies SameAs<typeof ky>;
