import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/help.ts';

export default {
  'help.title': 'Help',
} satisfies SameAs<typeof ky>;
