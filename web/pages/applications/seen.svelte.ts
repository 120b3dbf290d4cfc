/**
 * Applications the officer has met in this session, so that a voter's card can offer them as the case of a reveal.
 * Numbers, kinds and states only; the server checks whatever is chosen.
 */
import type { ApplicationItem } from '../../../server/contract/applications.ts';
import type { ApplicationState } from '../../../server/contract/vocabulary.ts';
import { Held } from '../held.svelte.ts';

export type SeenApplication = Pick<ApplicationItem, 'id' | 'number' | 'kind' | 'state' | 'voter'>;

const KEPT = 300;
const held = new Held<readonly SeenApplication[]>();

/** States in which an application may be named as a case, as contract.md says: from receipt until closed or archived. */
const open: ReadonlySet<ApplicationState> = new Set<ApplicationState>([
  'received',
  'entered',
  'at-territorial',
  'in-review',
  'needs-information',
  'approved',
  'refused',
  'applied',
  'replied',
]);

/** Remembers what a list or a card showed; newer knowledge replaces older. */
export function remember(items: readonly SeenApplication[]): void {
  const fresh = items.map(({ id, number, kind, state, voter }) => ({ id, number, kind, state, voter }));
  const ids = new Set(fresh.map((item) => item.id));
  held.value = [...fresh, ...(held.value ?? []).filter((item) => !ids.has(item.id))].slice(0, KEPT);
}

/** Open applications about a voter, as far as this page has seen them. Reactive. */
export function openCasesOf(voter: string): readonly SeenApplication[] {
  return (held.value ?? []).filter((item) => item.voter === voter && open.has(item.state));
}
