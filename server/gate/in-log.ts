// Whether the log knows of what a row says somebody did. Rows can be written by whoever has the database in their hands, entries
// cannot: what lets data leave, or destroys it, rests on entries, not on rows alone.
import { setImmediate } from 'node:timers/promises';
import type { Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import { checkOpenings } from './opening-check.ts';

export interface Deed {
  act: Act;
  /** Officer's id, and epoch ms of the request. */
  actor: string;
  at: number;
}

type Filter = Parameters<Reader['audit']['page']>[0];
type Entry = Awaited<ReturnType<Reader['audit']['page']>>[number];
/** What an entry says of a deed that was done: its leaf, and its detail opened against it. */
export interface Said {
  leaf: Record<string, unknown>;
  detail: Record<string, unknown>;
}

/**
 * The entry of this act that was done by this officer at that moment, and whose detail satisfies `is`; null where there is none.
 * To be called when the projections are settled: one that is not found is one that was not made.
 */
export async function deedInLog(
  { audit }: Pick<Reader, 'audit'>,
  { act, actor, at }: Deed,
  is: (detail: Record<string, unknown>) => boolean,
): Promise<(Said & { seq: number }) | null> {
  for (const entry of await audit.page({ actors: [actor], act, from: at, to: at + 1 }, 50)) {
    const said = opened(entry);
    if (said?.leaf.outcome !== 'done' || said.leaf.act !== act || said.leaf.actor !== actor) continue;
    if (is(said.detail)) return { ...said, seq: entry.trail.seq };
  }
  return null;
}

const atOnce = 500;

const leafOf = ({ leaf }: Pick<Entry, 'leaf'>) =>
  JSON.parse(Buffer.from(leaf).toString('utf8')) as Said['leaf'];

/**
 * What the filter finds that was done, newest first, however much lies over it; `said` is null where it no longer opens.
 * Threat: a row of what is searched that calls another entry by this act's name.
 */
export async function* doneInLog(
  { audit }: Pick<Reader, 'audit'>,
  filter: Filter & { act: Act },
): AsyncGenerator<{ seq: number; leaf: Said['leaf']; said: Said | null }> {
  for (let from = filter; ; ) {
    const page = await audit.page(from, atOnce);
    for (const entry of page) {
      const leaf = leafOf(entry);
      if (leaf.act === filter.act && leaf.outcome === 'done')
        yield { seq: entry.trail.seq, leaf, said: opened(entry) };
    }
    if (page.length < atOnce) return;
    from = { ...filter, before: page.at(-1)!.trail.seq };
  }
}

/** Passed over at once; then others have their turn. */
const slice = 50_000;

/**
 * Whether anything done behind an entry may be of the kind `is` tells, however many entries were made to hide it. One whose
 * detail no longer opens may be: what speaks against an approval, or ended an access, is not got rid of by spoiling it. Asked of
 * the entries themselves: what is searched may be short of one, they are not.
 * @param actor whose entries alone count
 */
export async function mayFollowInLog(
  { audit }: Pick<Reader, 'audit'>,
  { act, after, actor }: { act: Act; after: number; actor?: string },
  is: (detail: Record<string, unknown>) => boolean,
): Promise<boolean> {
  for (let from = after + 1; ; from += slice) {
    const [more] = await audit.following(from + slice, 1);
    for (const entry of await audit.ofAct(act, from, from + slice)) {
      const leaf = leafOf(entry);
      if (leaf.outcome !== 'done' || (actor !== undefined && leaf.actor !== actor)) continue;
      const said = opened(entry);
      if (said === null || is(said.detail)) return true;
    }
    if (!more) return false;
    await setImmediate();
  }
}

/** What an entry says; null where its openings do not open it, or what it said was erased: whoever can write rows can erase. */
export function opened({ leaf, json }: Pick<Entry, 'leaf' | 'json'>): Said | null {
  const text = Buffer.from(leaf).toString('utf8');
  if (json === null || checkOpenings(text, json) !== null) return null;
  const { detail } = JSON.parse(json) as { detail?: { json: Said['detail'] } };
  return detail ? { leaf: JSON.parse(text) as Said['leaf'], detail: detail.json } : null;
}

/**
 * What counting an approval's votes again, from the log, comes to: it stands; the log knows nothing of it; or some who gave
 * it have since come under suspicion, or should never have been let to.
 */
export type Recount = 'stands' | 'forged' | 'taken-back';
