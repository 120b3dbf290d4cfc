// What the system does by itself: when nobody reviewed an emergency access within a day, and when the database holds one that
// nobody opened, it makes one entry, from which a detection rule makes an alert. Each is told once.
import { randomUUID } from 'node:crypto';
import type { Act } from '#server/contract/acts.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { doneInLog, type Said } from '#server/gate/in-log.ts';
import type { Details } from '#server/gate/leaf.ts';
import type { OpenedActs } from './held.ts';
import { reviewWithinMs } from './rules.ts';

interface Told extends Details {
  emergency: string;
}

/** What a vote that opened one says of it (approval.ts); null for another vote. */
function openedBy({ verdict, emergency, precinct, officer }: Said['detail']): Told | null {
  if (verdict !== 'executed' || typeof emergency !== 'string') return null;
  return { emergency, precinct: String(precinct), officer: String(officer) };
}

/**
 * A vote on what concerns no person in particular, which no longer opens though nothing of it is ever erased: it is told of by
 * its entry and by who voted. Threat: spoiled, it would keep the review of what it opened from being missed.
 */
const spoiled = (seq: number, { n, actor, commission }: Said['leaf']): Told | null =>
  n === undefined
    ? { emergency: `entry ${seq}`, precinct: String(commission), officer: String(actor) }
    : null;

const lookEveryMs = 60_000;
/** What was opened longer before a start was told before it. */
const looksBackMs = 30 * 24 * 60 * lookEveryMs;

async function enter(
  gate: Gate,
  act: 'emergency.overdue' | 'emergency.forged',
  detail: Details,
  now: number,
): Promise<void> {
  const outcome = await gate.change<null, null>(systemContext('emergency', now, randomUUID()), act, {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({ kind: 'change', value: null, about: { detail }, changes: [] }),
  });
  if (outcome.kind !== 'done') throw new Error(`${act} was not recorded: ${outcome.kind}`);
}

/**
 * Tells of reviews nobody gave within a day; each look answers how many. Opened, reviewed and told is what the log says was.
 * Threat: a row written to say that somebody reviewed it, or that it was told.
 * @param settled resolves when the trail shows every entry durable at the call
 * @throws LogUnavailable
 */
export function overdueReviews(gate: Gate, settled: () => Promise<void>) {
  const { reader } = gate;
  /** Not due yet, as far as the log was read. */
  const awaited = new Map<string, { openedAt: number; detail: Told }>();
  let readTo: number | null = null;

  async function isSaid(act: Act, id: string, from: number): Promise<boolean> {
    for await (const { said } of doneInLog(reader, { act, from }))
      if (said?.detail.emergency === id) return true;
    return false;
  }

  return async (now: number): Promise<number> => {
    await settled();
    const from = readTo ?? now - looksBackMs;
    for await (const { seq, leaf, said } of doneInLog(reader, { act: 'approval.approve', from })) {
      const detail = said === null ? spoiled(seq, leaf) : openedBy(said.detail);
      if (detail) awaited.set(detail.emergency, { openedAt: Number(leaf.t), detail });
    }
    // An entry may become durable a while after the time it bears.
    readTo = now - lookEveryMs;
    let told = 0;
    for (const [id, { openedAt, detail }] of awaited) {
      if (now < openedAt + reviewWithinMs) continue;
      const isOver =
        (await isSaid('emergency.review', id, openedAt)) || (await isSaid('emergency.overdue', id, openedAt));
      if (!isOver) {
        await enter(gate, 'emergency.overdue', detail, now);
        told++;
      }
      awaited.delete(id);
    }
    return told;
  };
}

/**
 * Tells of rows that claim to run and that nobody opened by the log, or that were ended by it, used or not; answers how many. @throws LogUnavailable
 * @param told what this process has told of: id, officer and unit, since a row once told of can be written over for another use
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
    const claim = [id, officer, commission].join(' ');
    if (told.has(claim) || (await openedActs(emergency, now)).length > 0) continue;
    // Ended at this very moment, it is no forgery.
    const found = await gate.reader.emergencies.byId(id);
    if (found && found.emergency.endedAt !== null) continue;
    await enter(gate, 'emergency.forged', { emergency: id, precinct: commission, officer }, now);
    told.add(claim);
  }
  return told.size - before;
}

/** Looks once a minute until it is closed. */
export function watchReviews(
  { gate, settled, openedActs }: { gate: Gate; settled: () => Promise<void>; openedActs: OpenedActs },
  clock: () => number,
  onFault: (error: unknown) => void,
) {
  const tellOverdue = overdueReviews(gate, settled);
  const told = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<unknown> | null = null;
  async function look(now: number): Promise<void> {
    await tellOverdue(now).catch(onFault);
    await tellForged(gate, openedActs, told, now).catch(onFault);
  }
  return {
    start() {
      timer = setInterval(() => {
        looking ??= look(clock()).finally(() => {
          looking = null;
        });
      }, lookEveryMs);
      timer.unref();
    },
    async close() {
      if (timer) clearInterval(timer);
      await looking;
    },
  };
}
