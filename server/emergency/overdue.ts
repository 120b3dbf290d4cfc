// What the system does by itself: when nobody reviewed an emergency access within a day, and when the database holds one that
// nobody opened, it makes one entry, from which a detection rule makes an alert. Each is told once.
import { randomUUID } from 'node:crypto';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { OpenedActs } from './held.ts';

const lookEveryMs = 60_000;

/** Tells what is late now; answers how many. @throws LogUnavailable */
export async function tellOverdueReviews(gate: Gate, now: number): Promise<number> {
  let told = 0;
  for (const row of await gate.reader.emergencies.overdue(now)) {
    const outcome = await gate.change<null, null>(
      systemContext('emergency', now, randomUUID()),
      'emergency.overdue',
      {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          value: null,
          about: { detail: { emergency: row.id, precinct: row.commission, officer: row.officer } },
          changes: [
            {
              op: 'update',
              table: 'emergency',
              key: { id: row.id },
              expect: { reviewedAt: null, escalatedAt: null },
              set: { escalatedAt: now },
            },
          ],
        }),
      },
    );
    // Reviewed at that very moment.
    if (outcome.kind === 'stale') continue;
    if (outcome.kind !== 'done') throw new Error(`an overdue review was not recorded: ${outcome.kind}`);
    told++;
  }
  return told;
}

/**
 * Tells of rows that claim to run and that nobody opened by the log, or that were ended by it, used or not; answers how many. @throws LogUnavailable
 * @param told ids this process has told of: what a row says of itself is believed in nothing
 */
export async function tellForged(
  gate: Gate,
  openedActs: OpenedActs,
  told: Set<string>,
  now: number,
): Promise<number> {
  const before = told.size;
  for (const { emergency } of await gate.reader.emergencies.running(now)) {
    const { id, officer, commission } = emergency;
    if (told.has(id) || (await openedActs(emergency, now)).length > 0) continue;
    // Ended at this very moment, it is no forgery.
    const found = await gate.reader.emergencies.byId(id);
    if (found && found.emergency.endedAt !== null) continue;
    const context = systemContext('emergency', now, randomUUID());
    const outcome = await gate.change<null, null>(context, 'emergency.forged', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        value: null,
        about: { detail: { emergency: id, precinct: commission, officer } },
        changes: [],
      }),
    });
    if (outcome.kind !== 'done')
      throw new Error(`a forged emergency access was not recorded: ${outcome.kind}`);
    told.add(id);
  }
  return told.size - before;
}

/** Looks once a minute until it is closed. */
export function watchReviews(
  gate: Gate,
  openedActs: OpenedActs,
  clock: () => number,
  onFault: (error: unknown) => void,
) {
  let timer: NodeJS.Timeout | null = null;
  const told = new Set<string>();
  return {
    start() {
      timer = setInterval(() => {
        void tellOverdueReviews(gate, clock()).catch(onFault);
        void tellForged(gate, openedActs, told, clock()).catch(onFault);
      }, lookEveryMs);
      timer.unref();
    },
    close() {
      if (timer) clearInterval(timer);
    },
  };
}
