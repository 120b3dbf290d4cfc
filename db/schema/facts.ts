// What the writer must know of the tables to turn changes into SQL, as plain data: it crosses to the writer thread, which
// then needs nothing of the schema's library.
import { getTableColumns, getTableName } from '#db/drizzle.ts';
import { appendOnlyTables, housekeepingTables, type TableName, type Tables } from './tables.ts';

export interface TableFacts {
  readonly sqlName: string;
  /** Property name → column name. */
  readonly columns: ReadonlyMap<string, string>;
  /** Written by the log itself, never changed. */
  readonly appendOnly: boolean;
  /** May be changed without an audit entry. */
  readonly free: boolean;
}

export type Facts = ReadonlyMap<string, TableFacts>;

/** Rebuilt from the log, so writing them needs no entry of its own. */
export const projectionTables = [
  'trail',
  'trailVoter',
  'trailHour',
  'trailCount',
] as const satisfies TableName[];

export function tableFacts(tables: Tables): Facts {
  const appendOnly: readonly string[] = appendOnlyTables;
  const free: readonly string[] = [...housekeepingTables, ...projectionTables];
  return new Map(
    Object.entries(tables).map(([name, table]) => [
      name,
      {
        sqlName: getTableName(table),
        columns: new Map(
          Object.entries(getTableColumns(table)).map(([property, { name }]) => [property, name]),
        ),
        appendOnly: appendOnly.includes(name),
        free: free.includes(name),
      },
    ]),
  );
}
