/** The way of an application in the eight stations a person follows, and where on it one stands. Pure. */
import type { ApplicationState } from '../../../server/contract/vocabulary.ts';

export const stations = [
  'intake',
  'identity',
  'receipt',
  'territory',
  'review',
  'decision',
  'list',
  'reply',
] as const;
export type Station = (typeof stations)[number];

/** The last station reached in each state; side exits have none. */
const reached: Partial<Record<ApplicationState, Station>> = {
  draft: 'intake',
  'identity-checked': 'identity',
  received: 'receipt',
  entered: 'territory',
  'at-territorial': 'territory',
  'in-review': 'review',
  'needs-information': 'review',
  approved: 'decision',
  refused: 'decision',
  applied: 'list',
  closed: 'list',
  replied: 'reply',
  archived: 'reply',
};

export type SideExit = 'withdrawn' | 'redirected' | 'late';

export function sideExit(state: ApplicationState): SideExit | undefined {
  return state === 'withdrawn' || state === 'redirected' || state === 'late' ? state : undefined;
}

/** The station one stands at; after a side exit the last one its steps had reached. */
export function stationOf(state: ApplicationState, steps: readonly { readonly state: string }[]): Station {
  const before = steps.findLast((step) => step.state in reached)?.state as ApplicationState | undefined;
  return reached[state] ?? (before && reached[before]) ?? 'intake';
}

/** Steps forward come before steps aside in what a card offers. */
const aside: ReadonlySet<string> = new Set(['withdraw', 'redirect', 'refuse-late', 'ask']);

/** The offered actions as the main way and the ways aside; `start-review` of an approved one goes back, so aside. */
export function sorted(
  state: ApplicationState,
  actions: readonly string[],
): { readonly main: readonly string[]; readonly aside: readonly string[] } {
  const isAside = (name: string) => aside.has(name) || (name === 'start-review' && state === 'approved');
  return { main: actions.filter((name) => !isAside(name)), aside: actions.filter(isAside) };
}
