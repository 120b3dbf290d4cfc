// Rotation of the sealing key: every sealed value is opened and sealed anew under the newest key, some rows a commit, each with
// its entry. It may be cut at any moment and run again: each value says which key it is under, so nothing is done twice
// and nothing is left out. Makes no key and removes none.
import type { Change, Reader, SealedRow, SealedTable } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { type Sealer, sealedWith } from '#server/lib/secrets.ts';

type Sealed = Pick<Reader['system'], 'sealedTables' | 'sealedRows'>;

export interface Rotate {
  gate: Gate;
  reader: { system: Sealed };
  /** A fresh context: each commit is an act of its own. */
  context: () => Context;
  /** Seals with the newest key and opens with all that are held. */
  seal: Sealer;
  /** Version of the newest key. */
  version: number;
  onProgress?: (rowsDone: number, rowsTotal: number) => void;
}

export interface Rotated {
  /** Values sealed anew by this run. */
  resealed: number;
  /** Values that stand under the newest key now: all there are, each opened once to be sure. */
  values: number;
}

// Attachments may be megabytes each: few rows at once keep memory and the writer's batch small.
const rowsAtOnce = 100;

/** How many values each key version has sealed. */
export async function countByKey(system: Sealed): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for await (const { rows } of pages(system))
    for (const { values } of rows)
      for (const { bytes } of values) {
        const version = sealedWith(bytes) ?? 0;
        counts.set(version, (counts.get(version) ?? 0) + 1);
      }
  return counts;
}

/**
 * @returns what was done, or the gate's refusal; what was committed before stays
 * @throws SealBroken for a value that no key held here opens, naming its table and column; it is left as it is
 */
export async function rotateSeals(work: Rotate): Promise<Outcome<Rotated>> {
  const { gate, reader, context, seal, version, onProgress } = work;
  const total = (await reader.system.sealedTables()).reduce((sum, { rows }) => sum + rows, 0);
  const enter = (changes: Change[], detail: Record<string, string | number>) =>
    gate.change(context(), 'system.keys-rotate', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        changes,
        value: null,
        about: { detail: { key: version, ...detail } },
      }),
    });
  let resealed = 0;
  let done = 0;
  for await (const { table, rows } of pages(reader.system)) {
    const changes = rows.flatMap((row) => changeOf(table, row, seal, version));
    if (changes.length > 0) {
      const values = changes.reduce((sum, { set }) => sum + Object.keys(set).length, 0);
      const outcome = await enter(changes, { table, values });
      if (outcome.kind !== 'done') return outcome;
      resealed += values;
    }
    done += rows.length;
    onProgress?.(done, total);
  }
  let values = 0;
  for await (const { table, rows } of pages(reader.system))
    for (const { id, values: sealed } of rows)
      for (const { column, bytes } of sealed) {
        if (sealedWith(bytes) !== version)
          return refuse('stale', { detail: `${table}.${column} was changed meanwhile` });
        seal.open({ table, column, id }, bytes);
        values++;
      }
  const outcome = await enter([], { values, finished: 1 });
  return outcome.kind === 'done' ? { ...outcome, value: { resealed, values } } : outcome;
}

type Update = Extract<Change, { op: 'update' }>;

/** The change that brings a row under the newest key; it meets no row if the value is another by then. */
function changeOf(table: SealedTable, { id, values }: SealedRow, seal: Sealer, version: number): Update[] {
  const older = values.filter(({ bytes }) => sealedWith(bytes) !== version);
  if (older.length === 0) return [];
  const place = (column: string) => ({ table, column, id });
  const set = Object.fromEntries(
    older.map(({ property, column, bytes }) => [
      property,
      seal.seal(place(column), seal.open(place(column), bytes)),
    ]),
  );
  const expect = Object.fromEntries(older.map(({ property, bytes }) => [property, bytes]));
  return [{ op: 'update', table, key: { id }, expect, set } as Update];
}

async function* pages(system: Sealed): AsyncGenerator<{ table: SealedTable; rows: SealedRow[] }> {
  for (const { table } of await system.sealedTables()) {
    let after = '';
    for (;;) {
      const rows = await system.sealedRows(table, after, rowsAtOnce);
      if (rows.length === 0) break;
      yield { table, rows };
      after = rows.at(-1)!.id;
    }
  }
}
