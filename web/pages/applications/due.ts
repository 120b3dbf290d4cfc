/** How near a due day is, and how a state looks. Days are YYYY-MM-DD in Bishkek. */
import type { ApplicationItem } from '../../../server/contract/applications.ts';
import type { ApplicationState } from '../../../server/contract/vocabulary.ts';
import { bishkekDay, calendarDaysBetween } from '../../../server/lib/dates.ts';
import { t } from '../../i18n/words.svelte.ts';

export type Tone = 'neutral' | 'info' | 'ok' | 'warn' | 'danger';

const tones: Readonly<Record<ApplicationState, Tone>> = {
  draft: 'neutral',
  'identity-checked': 'neutral',
  received: 'info',
  entered: 'info',
  'at-territorial': 'info',
  'in-review': 'info',
  'needs-information': 'warn',
  approved: 'ok',
  refused: 'neutral',
  applied: 'ok',
  closed: 'neutral',
  replied: 'ok',
  archived: 'neutral',
  withdrawn: 'neutral',
  redirected: 'neutral',
  late: 'neutral',
};

export const toneOf = (state: ApplicationState): Tone => tones[state];

/** States in which an answer is still owed. */
const owed: ReadonlySet<ApplicationState> = new Set<ApplicationState>([
  'received',
  'entered',
  'at-territorial',
  'in-review',
  'needs-information',
  'approved',
  'refused',
  'applied',
  'closed',
]);

/** «3 күн калды», «бүгүн акыркы күн», «2 күн кечикти»; undefined where nothing is owed. */
export function nearness(
  item: Pick<ApplicationItem, 'dueOn' | 'state'>,
  now: number,
): { readonly text: string; readonly tone: Tone } | undefined {
  if (item.dueOn === null || !owed.has(item.state)) return undefined;
  const days = calendarDaysBetween(bishkekDay(now), item.dueOn);
  if (days < 0) return { text: t('applications.dueOver', { count: -days }), tone: 'danger' };
  if (days === 0) return { text: t('applications.dueToday'), tone: 'warn' };
  return { text: t('applications.dueIn', { count: days }), tone: days <= 2 ? 'warn' : 'neutral' };
}
