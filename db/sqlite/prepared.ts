// Runs a drizzle select on SQLite, prepared once, with the way from row to object worked out once too. drizzle walks the
// query's description anew for every row; on the path every request takes, that costs more than the query itself.
import { Column } from 'drizzle-orm/column';
import { is } from 'drizzle-orm/entity';
import { fillPlaceholders, Placeholder, SQL } from 'drizzle-orm/sql';
import type { Connection } from './connect.ts';

/** What drizzle's prepared query says about itself. */
export interface Prepared {
  query: { sql: string; params: unknown[] };
  fields?: { path: string[]; field: unknown }[];
  /** By table; false where an outer join may leave its object null: drizzle maps those itself. */
  joinsNotNullableMap?: Record<string, boolean>;
  all(values?: Record<string, unknown>): unknown[];
}

type Values = Record<string, unknown>;

/** The same rows `prepared.all` gives, of the same shape. */
export function runner(connection: Connection, prepared: Prepared): (values?: Values) => unknown[] {
  const { query, fields, joinsNotNullableMap } = prepared;
  const columns = fields?.map(columnOf) ?? [];
  if (
    columns.length === 0 ||
    columns.includes(null) ||
    Object.values(joinsNotNullableMap ?? {}).includes(false)
  )
    return (values) => prepared.all(values);
  const toObject = shape(columns as Mapped[]);
  const statement = connection.prepare(query.sql).raw();
  const named = query.params.map((param) => (is(param, Placeholder) ? param.name : null));
  const bind = named.every((name) => name !== null)
    ? (values: Values) => named.map((name) => given(values, name as string))
    : (values: Values) => fillPlaceholders(query.params, values);
  return (values = {}) => {
    const rows = statement.all(bind(values)) as unknown[][];
    for (let i = 0; i < rows.length; i++) rows[i] = toObject(rows[i]!) as never;
    return rows;
  };
}

function given(values: Values, name: string): unknown {
  if (!(name in values)) throw new Error(`no value for ${name}`);
  return values[name];
}

interface Mapped {
  path: string[];
  /** Null where the driver's value is the value. */
  decode: ((value: unknown) => unknown) | null;
}

function columnOf({ path, field }: { path: string[]; field: unknown }): Mapped | null {
  if (path.length > 2) return null;
  const decoder = is(field, Column)
    ? field
    : is(field, SQL)
      ? (field as unknown as { decoder: { mapFromDriverValue(value: unknown): unknown } }).decoder
      : is(field, SQL.Aliased)
        ? (field.sql as unknown as { decoder: { mapFromDriverValue(value: unknown): unknown } }).decoder
        : null;
  if (decoder === null) return null;
  const asIs = decoder.mapFromDriverValue === Column.prototype.mapFromDriverValue;
  return { path, decode: asIs ? null : (value) => decoder.mapFromDriverValue(value) };
}

function shape(columns: readonly Mapped[]): (row: unknown[]) => Values {
  const value = ({ decode }: Mapped, raw: unknown) => (raw === null || decode === null ? raw : decode(raw));
  return (row) => {
    const result: Values = {};
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const [first, second] = column.path as [string, string?];
      if (second === undefined) {
        result[first] = value(column, row[i]);
        continue;
      }
      const part = (result[first] as Values | undefined) ?? {};
      part[second] = value(column, row[i]);
      result[first] = part;
    }
    return result;
  };
}
