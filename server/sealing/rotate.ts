// Rotation of the keys of sealed values and of their blind indexes: each value is opened and sealed anew under the newest key,
// some rows a commit, each with its entry. It may be cut at any moment and run again: each value says which key it is
// under, so nothing is done twice and nothing is left out; and until the last one is done all keys open. Makes no key and
// retires none.
import type { Change, Reader, SealedRow, SealedTable } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Details } from '#server/gate/leaf.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { type BlindIndex, indexedWith } from '#server/lib/blind-index.ts';
import { type Sealer, sealedWith } from '#server/lib/secrets.ts';

type Sealed = Pick<Reader['system'], 'sealedTables' | 'sealedRows'>;

/** The keys everything is brought under. */
export interface Target {
  /** Seals with the newest key and opens with all that are held. */
  seal: Sealer;
  index: BlindIndex;
  /** Versions of the newest keys. */
  versions: { seal: number; index: number };
  /** What an index is made from, by `table.column`, out of the opened value. */
  indexed: Readonly<Record<string, (opened: Buffer) => string>>;
}

export interface Rotate extends Target {
  gate: Gate;
  reader: { system: Sealed };
  /** A fresh context: each commit is an act of its own. */
  context: () => Context;
  onProgress?: (rowsDone: number, rowsTotal: number) => void;
}

export interface Rotated {
  /** Values sealed anew, and indexes made anew, by this run. */
  resealed: number;
  reindexed: number;
  /** Values that stand under the newest key now: all there are, each opened once to be sure. */
  values: number;
  indexes: number;
}

// Attachments may be megabytes each: few rows at once keep memory and the writer's batch small.
const rowsAtOnce = 100;

/** How many values each key has sealed, and how many indexes each has made; by the key's version. */
export interface Counts {
  seal: Map<number, number>;
  index: Map<number, number>;
}

/** Indexes that were never made count under version 0. */
export async function countByKey(system: Sealed): Promise<Counts> {
  const counts: Counts = { seal: new Map(), index: new Map() };
  const one = (kind: keyof Counts, version: number | null) =>
    counts[kind].set(version ?? 0, (counts[kind].get(version ?? 0) ?? 0) + 1);
  for await (const { rows } of pages(system))
    for (const { values, indexes } of rows) {
      for (const { bytes } of values) one('seal', sealedWith(bytes));
      for (const { stored } of indexes) one('index', stored === null ? null : indexedWith(stored));
    }
  return counts;
}

/**
 * @returns what was done, or the gate's refusal; what was committed before stays
 * @throws SealBroken for a value that no key held here opens, naming its table and column; it is left as it is
 */
export async function rotateSeals(work: Rotate): Promise<Outcome<Rotated>> {
  const { gate, reader, context, versions, onProgress } = work;
  const total = (await reader.system.sealedTables()).reduce((sum, { rows }) => sum + rows, 0);
  const enter = (changes: Change[], detail: Details) =>
    enterRotation(gate, context(), changes, { key: versions.seal, index: versions.index, ...detail });
  const begun = await enter([], { begun: 1, rows: total });
  if (begun.kind !== 'done') return begun;
  const rotated: Rotated = { resealed: 0, reindexed: 0, values: 0, indexes: 0 };
  let done = 0;
  for await (const { table, rows } of pages(reader.system)) {
    const renewed = rows.map((row) => renew(table, row, work)).filter((row) => row !== null);
    if (renewed.length > 0) {
      const sum = (count: (row: Renewed) => number) => renewed.reduce((all, row) => all + count(row), 0);
      const [values, indexes] = [sum(({ values }) => values), sum(({ indexes }) => indexes)];
      const outcome = await enter(
        renewed.map(({ change }) => change),
        { table, values, indexes },
      );
      if (outcome.kind !== 'done') return outcome;
      rotated.resealed += values;
      rotated.reindexed += indexes;
    }
    done += rows.length;
    onProgress?.(done, total);
  }
  for await (const { table, rows } of pages(reader.system))
    for (const row of rows) {
      if (renew(table, row, work) !== null)
        return refuse('stale', { detail: `${table} was changed meanwhile: run it again` });
      for (const { column, bytes } of row.values) work.seal.open({ table, column, id: row.id }, bytes);
      rotated.values += row.values.length;
      rotated.indexes += row.indexes.length;
    }
  const { values, indexes } = rotated;
  const ended = await enter([], { values, indexes, finished: 1 });
  return ended.kind === 'done' ? { ...ended, value: rotated } : ended;
}

/** One step of a rotation: what changes, and its entry. */
export function enterRotation(
  gate: Gate,
  ctx: Context,
  changes: Change[],
  detail: Details,
): Promise<Outcome<null>> {
  return gate.change(ctx, 'system.keys-rotate', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({ kind: 'change', changes, value: null, about: { detail } }),
  });
}

/** Opens every sealed value and keeps none. @returns how many. @throws SealBroken for the first that does not open */
export async function openAll(system: Sealed, seal: Sealer): Promise<number> {
  let opened = 0;
  for await (const { table, rows } of pages(system))
    for (const { id, values } of rows)
      for (const { column, bytes } of values) {
        seal.open({ table, column, id }, bytes);
        opened++;
      }
  return opened;
}

interface Renewed {
  change: Change;
  values: number;
  indexes: number;
}

/** What brings a row under the newest keys, null where it is; it meets no row if the value is another by then. */
function renew(
  table: SealedTable,
  { id, values, indexes }: SealedRow,
  { seal, index, versions, indexed }: Target,
): Renewed | null {
  const older = values.filter(({ bytes }) => sealedWith(bytes) !== versions.seal);
  const open = (column: string) => {
    const { bytes } = values.find((value) => value.column === column)!;
    return seal.open({ table, column, id }, bytes);
  };
  const anew = indexes.flatMap(({ property, column, of, stored }) => {
    const text = indexed[`${table}.${column}`];
    if (text === undefined) throw new Error(`nobody says what ${table}.${column} is made from`);
    // Compared, not only its version: one that somebody altered would hide what it stands for.
    const made = index.of({ table, column }, text(open(of)));
    return stored === made ? [] : [{ property, stored, made }];
  });
  if (older.length + anew.length === 0) return null;
  const set: Record<string, unknown> = {};
  const expect: Record<string, unknown> = {};
  for (const { property, column, bytes } of older) {
    set[property] = seal.seal({ table, column, id }, seal.open({ table, column, id }, bytes));
    expect[property] = bytes;
  }
  for (const { property, stored, made } of anew) {
    set[property] = made;
    expect[property] = stored;
  }
  return {
    change: { op: 'update', table, key: { id }, expect, set } as Change,
    values: older.length,
    indexes: anew.length,
  };
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
