// What belongs to an entry: the other entries of the same request, of the same application, about the same voters. Within the
// reader's reach; a few of each.
import type { Reader } from '#db/store.ts';
import { readEntry } from './rules.ts';
import type { TrailRow } from './trail.ts';

export interface Related {
  by: 'request' | 'case' | 'voter';
  row: TrailRow;
}

const ofEach = 10;
const votersAsked = 5;
/** One request's entries are neighbours among those of its session. */
const neighbours = 20;

/** @param scope entries of units at or under this path only. Newest first; each entry once, by its closest tie. */
export async function relatedTo(
  { audit }: Pick<Reader, 'audit'>,
  { trail, leaf, json }: TrailRow,
  scope: { path?: string },
): Promise<Related[]> {
  const found = new Map<number, Related>();
  const add = (by: Related['by'], rows: readonly TrailRow[]) => {
    for (const row of rows)
      if (row.trail.seq !== trail.seq && !found.has(row.trail.seq)) found.set(row.trail.seq, { by, row });
  };
  const entry = readEntry(leaf, json);
  const { request } = entry.leaf;
  if (trail.session !== null && typeof request === 'string') {
    const around = await audit.page(
      { ...scope, session: trail.session, before: trail.seq + neighbours },
      2 * neighbours,
    );
    add(
      'request',
      around.filter((row) => readEntry(row.leaf, null).leaf.request === request),
    );
  }
  if (trail.caseId !== null) add('case', await audit.page({ ...scope, caseId: trail.caseId }, ofEach + 1));
  const voters = (entry.event.subjects ?? []).flatMap((one) => ('id' in one ? [one.id] : []));
  for (const voter of voters.slice(0, votersAsked))
    add('voter', await audit.page({ ...scope, voter }, ofEach + 1));
  return [...found.values()].toSorted((a, b) => b.row.trail.seq - a.row.trail.seq);
}
