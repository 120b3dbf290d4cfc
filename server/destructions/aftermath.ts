// What comes back after a person's data went: what requests under way at that moment put into the log, and what a copy restored
// from before holds again. It is destroyed by the system's own hand, under the act it went under.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Traces } from '#server/gate/openings.ts';
import { type Destroyed, destroyPerson, markWith } from './erase.ts';
import type { Destruction, Register } from './register.ts';

export interface AftermathDeps {
  gate: Gate;
  register: Register;
  /** Resolves when the projections show every entry durable at the call. */
  settled(): Promise<void>;
  /** Overwrites what the database freed; false where some is left until it is compacted. */
  scrub(traces: readonly string[]): Promise<boolean>;
  clock: () => number;
  /** Told when the list has changed in a way the typo dictionary must follow. */
  onDestroyed(): Promise<void>;
  onFault(error: unknown): void;
}

/** A request under way when the data went has ended by then. */
const stragglerMs = 60_000;

export function createAftermath(deps: AftermathDeps) {
  const { gate, register, settled, scrub, clock, onDestroyed, onFault } = deps;
  /** Persons whose data went a moment ago, with what was known of them then; in memory only. */
  const stragglers = new Map<string, { traces: Traces; size: number }>();

  /** Sweeps up behind somebody whose data went just now: at once, and when every request under way then has ended. */
  async function follow({ person, size }: Destroyed): Promise<void> {
    stragglers.set(person.id, { traces: person.traces, size });
    await sweepNow();
    setTimeout(() => {
      sweepNow()
        .then(() => stragglers.delete(person.id))
        .catch(onFault);
    }, stragglerMs).unref();
  }

  /** Destroys what requests under way put into the log, or beside it, after the data had gone. */
  async function sweepNow(): Promise<void> {
    await settled();
    for (const [id, after] of stragglers) {
      if ((await destroyPerson(gate.reader, id, null, after)).changes.length === 0) continue;
      await asSystem(() => destroyPerson(gate.reader, id, null, after), { sweep: true }, []);
    }
  }

  async function asSystem(
    destroy: () => Promise<Destroyed>,
    detail: Record<string, string | boolean>,
    more: Change[],
  ): Promise<void> {
    const ctx = systemContext('destruction', clock(), randomUUID());
    const outcome = await gate.change<null, null>(ctx, 'voter.destroy', {
      locate: async () => ({ record: null, unit: null, flags: ['approved'] }),
      async decide() {
        const { changes, openings, counts } = await destroy();
        return {
          kind: 'change',
          value: null,
          changes: [...changes, ...more],
          about: { persons: 1, erased: openings, detail: { ...counts, ...detail } },
        };
      },
    });
    if (outcome.kind !== 'done') throw new Error(`a destruction could not be completed: ${outcome.kind}`);
  }

  /**
   * Destroys again what the register names and this database does not know of: it was restored from before. To be called
   * before anything is served. @returns how many acts were carried out again
   */
  async function destroyAgain(): Promise<number> {
    const known = new Map((await gate.reader.destructions.all()).map((act) => [act.id, act]));
    const acts = register.read();
    const listed = new Set(acts.map(({ id }) => id));
    for (const act of known.values()) if (!listed.has(act.id)) register.append(act);
    const again = acts.filter(({ id }) => !known.has(id));
    if (again.length === 0) return 0;
    await settled();
    const persons = await personsOf(gate.reader, again);
    for (const act of again) {
      const id = persons.get(act.id);
      const destroy = async (): Promise<Destroyed> =>
        id === undefined ? nothing : await destroyPerson(gate.reader, id, null);
      await asSystem(destroy, { restored: true, number: act.number }, [
        { op: 'insert', table: 'destruction', row: { ...act, entry: { entrySeq: 0 } } },
      ]);
    }
    await settled();
    await scrub([...persons.values()]);
    await onDestroyed();
    return again.length;
  }

  return { follow, sweepNow, destroyAgain };
}

const nothing = { changes: [], openings: 0, counts: {} } as unknown as Destroyed;

const personsAtOnce = 5_000;

/** Act id → the stored person it is about. Tries the marks on everybody, in slices. */
async function personsOf(
  { destructions }: Reader,
  acts: readonly Destruction[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const page of [destructions.votersAfter, destructions.subjectsAfter]) {
    for (let after = '', ids = await page(after, personsAtOnce); ids.length > 0; ) {
      for (const id of ids)
        for (const { id: act, salt, mark } of acts)
          if (!found.has(act) && markWith(salt, id) === mark) found.set(act, id);
      after = ids.at(-1)!;
      ids = await page(after, personsAtOnce);
    }
  }
  return found;
}
