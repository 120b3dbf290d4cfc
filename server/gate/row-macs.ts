// Gives every row its code on the way to the log (lib/row-macs.ts): the one place where codes are made, so that no use case
// can forget one. A changed row gets a new code only if it bore the right one: what was forged is never made good by a change.
import type { Change, Reader } from '#db/store.ts';
import { type MacTable, macTables, type RowMacs } from '#server/lib/row-macs.ts';

type Fields = Record<string, unknown>;
type Update = Extract<Change, { op: 'update' }>;

const isMacTable = (table: string): table is MacTable => Object.hasOwn(macTables, table);

/** @returns the changes, those of rows that bear codes with theirs */
export async function withMacs(macs: RowMacs, reader: Reader, changes: readonly Change[]): Promise<Change[]> {
  // Rows as this unit leaves them so far: a later change of one begins from there.
  const left = new Map<string, Fields>();
  const done: Change[] = [];
  for (const change of changes) {
    const { table } = change;
    done.push(isMacTable(table) ? await withMac(macs, reader, table, change, left) : change);
  }
  return done;
}

async function withMac(
  macs: RowMacs,
  reader: Reader,
  table: MacTable,
  change: Change,
  left: Map<string, Fields>,
): Promise<Change> {
  const columns = Object.entries(macTables[table]) as [string, readonly string[]][];
  switch (change.op) {
    case 'insert':
    case 'ensure': {
      const codes = columns.map(([column]) => [column, macs.of(table, column, change.row)]);
      const row: Fields = { ...change.row, ...Object.fromEntries(codes) };
      if (change.op === 'insert') left.set(nameOf(table, row), row);
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
      return updated(macs, reader, table, columns, change as Update, left);
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
  macs: RowMacs,
  reader: Reader,
  table: MacTable,
  columns: readonly [string, readonly string[]][],
  change: Update,
  left: Map<string, Fields>,
): Promise<Change> {
  const name = nameOf(table, change.key);
  const set: Fields = { ...change.set };
  const expect: Fields = { ...change.expect };
  let row = left.get(name) ?? null;
  for (const [column, fields] of columns) {
    if (!fields.some((field) => field in change.set)) continue;
    const known: Fields = { ...change.key, ...change.set };
    if (fields.every((field) => field in known)) {
      set[column] = macs.of(table, column, known);
      continue;
    }
    row ??= await present(reader, table, change.key);
    // Not there: the change meets no row. Forged: it stays so, whoever changes it.
    if (row === null || !macs.holds(table, column as never, row as never)) continue;
    set[column] = macs.of(table, column, { ...row, ...change.set });
    // Invariant: what the new code was made from is what is still there.
    expect[column] = row[column];
  }
  if (row !== null) left.set(name, { ...row, ...set });
  return { ...change, set, expect } as Change;
}

const idOf = (key: Fields) => String(key.id ?? key.code);
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
  }
}
