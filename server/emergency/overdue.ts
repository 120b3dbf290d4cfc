// What the system does by itself when nobody reviewed an emergency access within a day: one entry, from which a detection
// rule makes an alert. Each is told once.
import { randomUUID } from 'node:crypto';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';

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

/** Looks once a minute until it is closed. */
export function watchReviews(gate: Gate, clock: () => number, onFault: (error: unknown) => void) {
  let timer: NodeJS.Timeout | null = null;
  return {
    start() {
      timer = setInterval(() => void tellOverdueReviews(gate, clock()).catch(onFault), lookEveryMs);
      timer.unref();
    },
    close() {
      if (timer) clearInterval(timer);
    },
  };
}
