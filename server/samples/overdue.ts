// What the system does by itself when a re-check is late: an entry, from which a detection rule makes an alert that watchers
// see. Each due time is told once. It judges nobody and changes nothing but what was told.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { DAY_MS } from '#server/lib/dates.ts';
import type { Item, Sample, SampleDeps } from './deps.ts';
import { readLeaf } from './facts.ts';
import type { SamplingPolicy } from './policy-file.ts';
import { waitsFor } from './rules.ts';

const lateAtOnce = 1_000;
/** Remembers for which due time a missing period was told. */
const reminderKey = 'sample-begin-told';

/** By when the next period is to be fixed, and where it begins; null while the log is empty. */
export async function nextDue(
  reader: Reader,
  { everyDays }: SamplingPolicy,
  last: Sample | undefined,
): Promise<{ dueAt: number; fromAt: number } | null> {
  if (last) return { dueAt: last.toAt + everyDays * DAY_MS, fromAt: last.toAt };
  const [leaf] = await reader.audit.leaves(0, 1);
  const t = leaf && readLeaf(leaf).t;
  return typeof t === 'number' ? { dueAt: t + everyDays * DAY_MS, fromAt: t } : null;
}

/** Tells what is late now; answers how many entries that made. @throws LogUnavailable */
export async function tellOverdue({ gate, policy }: SampleDeps, now: number): Promise<number> {
  const { reader } = gate;
  let told = 0;

  async function tell(what: string, about: EntryAbout, changes: Change[]): Promise<void> {
    const outcome = await gate.change<null, null>(
      systemContext('samples', now, randomUUID()),
      'audit.sample-overdue',
      {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          value: null,
          changes,
          about: { ...about, detail: { ...about.detail, late: what } },
        }),
      },
    );
    // Somebody acted on it at that moment: the next look sees how it stands.
    if (outcome.kind === 'stale') return;
    if (outcome.kind !== 'done') throw new Error(`a late re-check was not recorded: ${outcome.kind}`);
    told++;
  }

  for (const { number } of await reader.samples.undrawn(now))
    await tell('dice', { sample: { number }, detail: { sample: number } }, [
      {
        op: 'update',
        table: 'sample',
        key: { number },
        expect: { state: 'fixed', escalatedAt: null },
        set: { escalatedAt: now },
      },
    ]);

  const bySample = Map.groupBy(await reader.samples.late(now, lateAtOnce), ({ sample }) => sample);
  for (const [number, items] of bySample)
    await tell(
      'review',
      {
        sample: { number, late: items.map(({ seq }) => seq) },
        detail: {
          sample: number,
          officers: [...new Set(items.map(waitsFor).filter((id) => id !== null))],
        },
      },
      items.map(noted(now)),
    );

  const [last] = await reader.samples.newest(1);
  const next = await nextDue(reader, policy, last);
  const mark = String(next?.dueAt);
  if (next && next.dueAt <= now && (await reader.system.meta(reminderKey)) !== mark)
    await tell('period', { detail: {} }, [
      { op: 'ensure', table: 'meta', row: { key: reminderKey, value: '' } },
      { op: 'update', table: 'meta', key: { key: reminderKey }, set: { value: mark } },
    ]);
  return told;
}

const noted =
  (now: number) =>
  ({ sample, seq, state, dueAt, escalatedAt }: Item): Change => ({
    op: 'update',
    table: 'sampleItem',
    key: { sample, seq },
    expect: { state, dueAt, escalatedAt },
    set: { escalatedAt: now },
  });
