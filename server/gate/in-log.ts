// Whether the log knows of what a row says somebody did. Rows can be written by whoever has the database in their hands, entries
// cannot: what lets data leave rests on entries, not on rows alone.
import type { Reader, Row } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { EntryAbout } from './leaf.ts';
import { checkOpenings } from './opening-check.ts';
import { type Refusal, refuse } from './outcome.ts';

export interface Deed {
  act: Act;
  /** Officer's id, and epoch ms of the request. */
  actor: string;
  at: number;
}

/**
 * Looks for an entry of this act that was done by this officer at that moment, and whose detail, opened against its leaf,
 * satisfies `is`. To be called when the projections are settled: one that is not found is one that was not made.
 */
export async function isInLog(
  { audit }: Pick<Reader, 'audit'>,
  { act, actor, at }: Deed,
  is: (detail: Record<string, unknown>) => boolean,
): Promise<boolean> {
  const found = await audit.page({ actors: [actor], act, from: at, to: at + 1 }, 50);
  return found.some(({ leaf, json }) => {
    const text = Buffer.from(leaf).toString('utf8');
    if (json === null || checkOpenings(text, json) !== null) return false;
    const said = JSON.parse(text) as Record<string, unknown>;
    const { detail } = JSON.parse(json) as { detail?: { json: Record<string, unknown> } };
    return (
      said.act === act &&
      said.actor === actor &&
      said.outcome === 'done' &&
      detail !== undefined &&
      is(detail.json)
    );
  });
}

/** Whether as many others as are needed, two at the least, approved this request in the log. As `isInLog`. */
export async function approvedInLog(
  reader: Pick<Reader, 'audit' | 'approvals'>,
  { id, requestedBy, needed }: Pick<Row<'approval'>, 'id' | 'requestedBy' | 'needed'>,
): Promise<boolean> {
  const isThis = ({ approval, approvals }: Record<string, unknown>) =>
    approval === id || (Array.isArray(approvals) && approvals.includes(id));
  let approved = 0;
  for (const { officer, vote, at } of await reader.approvals.votes(id)) {
    if (vote !== 'approve' || officer === requestedBy) continue;
    if (await isInLog(reader, { act: 'approval.approve', actor: officer, at }, isThis)) approved++;
  }
  return approved >= Math.max(2, needed);
}

/** Refused, and said in the entry, for the rule that alerts of it. */
export function notInLog(about: EntryAbout): Refusal & { about: EntryAbout } {
  return {
    ...refuse('wrong-state', {
      detail: 'The log knows nothing of this approval: tell the security officer, and ask anew',
    }),
    about: { ...about, detail: { ...about.detail, reason: 'approval-forged' } },
  };
}
