// Of which waiting requests a unit was told that too few can decide on them, as the log has it.
// Threat: a row that says so would keep the news from being told; what was said stands in entries, which nobody takes back.
import type { Reader } from '#db/store.ts';
import { doneInLog, type Said } from '#server/gate/in-log.ts';

/**
 * The unit told, by approval, of what was told since a moment and is not over. To be called when the projections are settled.
 * @param since epoch ms
 */
export async function toldInLog(reader: Pick<Reader, 'audit'>, since: number): Promise<Map<string, string>> {
  const news: { seq: number; isOver: boolean; said: Said | null }[] = [];
  for (const act of ['approval.too-few', 'approval.enough'] as const)
    for await (const found of doneInLog(reader, { act, from: since }))
      news.push({ ...found, isOver: act === 'approval.enough' });
  const told = new Map<string, string>();
  for (const { isOver, said } of news.toSorted((a, b) => a.seq - b.seq)) {
    const approval = said === null ? null : String(said.detail.approval);
    // One that no longer opens may be about any of them: rather told twice than not at all.
    if (approval === null) {
      if (isOver) told.clear();
    } else if (isOver) told.delete(approval);
    else told.set(approval, String(said!.detail.precinct));
  }
  return told;
}
