// Gives every row its code on the way to the log (lib/row-macs.ts): the one place where codes are made, so that no use case
// can forget one. A changed row gets a new code only if it bore the right one: what was forged is never made good by a change.
import type { Change, Reader } from '#db/store.ts';
import { isSame, type MacTable, macTables, type RowMacs } from '#server/lib/row-macs.ts';

type Fields = Record<string, unknown>;
type Update = Extract<Change, { op: 'update' }>;

const isMacTable = (table: string): table is MacTable => Object.hasOwn(macTables, table);

/** Changes with the codes of their rows, and what to remember once they are durable. */
export interface Coded {
  changes: Change[];
  /** They expect more than the use case does: that what codes were made from is still there. */
  expectsMore: boolean;
  /** Tells `macs` what was replaced and which sessions were ended. */
  settle(): void;
}

export async function withMacs(macs: RowMacs, reader: Reader, changes: readonly Change[]): Promise<Coded> {
  const work: Work = { macs, reader, left: new Map(), old: [], made: [], ended: new Set() };
  const done: Change[] = [];
  for (const change of changes) {
    done.push(isMacTable(change.table) ? await withMac(work, change.table, change) : change);
    await noteEnds(work, change);
  }
  return {
    changes: done,
    expectsMore: work.old.length > 0,
    settle() {
      macs.replaced.replace(work.old, work.made);
      for (const id of work.ended) macs.replaced.endSession(id);
      for (const change of changes) rememberVersion(macs, change);
    },
  };
}

interface Work {
  macs: RowMacs;
  reader: Reader;
  /** Rows as this unit leaves them so far: a later change of one begins from there. */
  left: Map<string, Fields>;
  /** Codes that are right no more, and those that are. */
  old: string[];
  made: string[];
  /** Sessions that are over. */
  ended: Set<string>;
}

function rememberVersion({ replaced }: RowMacs, change: Change): void {
  if (change.table !== 'officer' || change.op !== 'update') return;
  const { id } = change.key;
  const { version } = change.set;
  if (typeof id === 'string' && typeof version === 'number') replaced.isNewest(id, version);
}

/**
 * Which sessions a change ends, in the order in which changes are written: one that goes on is put aside while the others end
 * (credentials.ts). By what is open when it is read: one begun in the same moment is ended, but not remembered.
 */
async function noteEnds({ reader, ended }: Work, change: Change): Promise<void> {
  if (change.table !== 'session' || (change.op !== 'update' && change.op !== 'update-all')) return;
  const { endedAt } = change.set;
  const { id, officer } = change.key;
  if (endedAt === undefined) return;
  if (typeof id === 'string') {
    if (endedAt === null) ended.delete(id);
    else ended.add(id);
  } else if (typeof officer === 'string' && endedAt !== null)
    for (const session of await reader.access.unendedSessions(officer)) ended.add(session.id);
}

async function withMac(work: Work, table: MacTable, change: Change): Promise<Change> {
  const { macs } = work;
  const columns = Object.entries(macTables[table]) as [string, readonly string[]][];
  switch (change.op) {
    case 'insert':
    case 'ensure': {
      const codes = columns.map(([column]) => [column, macs.of(table, column, change.row)]);
      const row: Fields = { ...change.row, ...Object.fromEntries(codes) };
      if (change.op === 'insert') work.left.set(nameOf(table, row), row);
      return { ...change, row } as Change;
    }
    case 'load': {
      const names: readonly string[] = change.columns;
      const rows = change.rows.map((row) => {
        const fields = Object.fromEntries(names.map((name, i) => [name, row[i]]));
        return [...row, ...columns.map(([column]) => macs.of(table, column, fields))];
      });
      return { ...change, columns: [...names, ...columns.map(([column]) => column)], rows } as Change;
    }
    case 'update':
      return updated(work, table, columns, change as Update);
    case 'update-all': {
      const touched = columns.find(([, fields]) => fields.some((field) => field in change.set));
      if (touched) throw new Error(`${table}: what ${touched[0]} is of is changed row by row`);
      return change;
    }
    case 'delete':
    case 'delete-all':
      return change;
  }
}

async function updated(
  { macs, reader, left, old, made }: Work,
  table: MacTable,
  columns: readonly [string, readonly string[]][],
  change: Update,
): Promise<Change> {
  const touched = columns.filter(([, fields]) => fields.some((field) => field in change.set));
  if (touched.length === 0) return change;
  const name = nameOf(table, change.key);
  const row = left.get(name) ?? (await present(reader, table, change.key));
  const set: Fields = { ...change.set };
  const expect: Fields = { ...change.expect };
  const known: Fields = { ...change.key, ...change.set };
  for (const [column, fields] of touched) {
    const isRight = row !== null && macs.holds(table, column as never, row as never);
    // What says all of it anew rests on nothing of the old. Not there: the change meets no row. Forged: it stays so.
    if (!isRight && !fields.every((field) => field in known)) continue;
    if (isRight) {
      // Invariant: what the new code was made from is what is still there, each column of it: they can be written apart.
      for (const field of [...fields, column])
        if (!(field in change.key) && !(field in expect)) expect[field] = row[field] ?? null;
      old.push(row[column] as string);
      // The use case read another state than this one: it meets a conflict, or else a row that was written in between.
      if (!fields.every((field) => field in change.key || isSame(expect[field], row[field]))) continue;
    }
    const code = macs.of(table, column, { ...row, ...known });
    set[column] = code;
    made.push(code);
  }
  if (row !== null) left.set(name, { ...row, ...set });
  return { ...change, set, expect } as Change;
}

const idOf = (key: Fields) => String(key.id ?? key.code ?? `${key.officer} ${key.version}`);
const nameOf = (table: MacTable, key: Fields) => `${table} ${idOf(key)}`;

async function present(reader: Reader, table: MacTable, key: Fields): Promise<Fields | null> {
  const id = idOf(key);
  switch (table) {
    case 'officer':
      return (await reader.officers.byId(id))?.officer ?? null;
    case 'session':
      return reader.access.session(id);
    case 'passkey':
      return reader.factors.passkey(id);
    case 'commission':
      return reader.commissions.byCode(id);
    case 'officerVersion':
      throw new Error('what was is never changed');
  }
}
