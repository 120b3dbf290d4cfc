/** Claims about the schema: what the migrations make is what db/schema says, and other files' databases are refused. */
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core';
import { getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import { expect, it } from 'vitest';
import type { Engine } from '../dialect.ts';
import { DatabaseUnusable } from '../errors.ts';
import { postgresDialect } from '../postgres/dialect.ts';
import { createTables } from '../schema/tables.ts';
import { sqliteDialect } from '../sqlite/dialect.ts';
import type { Place } from './rig.ts';

export function schemaClaims(fresh: () => Promise<Place>): void {
  it('is in the database exactly as in db/schema', async () => {
    const place = await fresh();
    await place.open();
    const found = place.engine === 'sqlite' ? await sqliteSchema(place) : await postgresSchema(place);
    expect(found).toEqual(declaredSchema(place.engine));
  });

  it('refuses a database migrated by a newer version, or from other files', async () => {
    const place = await fresh();
    await (await place.open()).close();
    await place.sql("insert into migration values (9999, 'future', 'x', 0)");
    await expect(place.open()).rejects.toThrow(DatabaseUnusable);
    await place.sql(
      "delete from migration where number = 9999; update migration set sha256 = 'x' where number = 1",
    );
    await expect(place.open()).rejects.toThrow('is not the file this database was made with');
  });
}

interface TableShape {
  /** `name type` and `not null` where it holds. */
  columns: string[];
  key: string[];
  /** `name? (columns)`, unique ones marked; names only where the schema gives one. */
  indexes: string[];
}

type Schema = Record<string, TableShape>;

function declaredSchema(engine: Engine): Schema {
  const sqlite = engine === 'sqlite';
  const tables = Object.values(createTables(sqlite ? sqliteDialect : postgresDialect));
  return Object.fromEntries(
    tables.map((table) => {
      const config = sqlite
        ? sqliteConfig(table)
        : (postgresConfig(table as never) as never as ReturnType<typeof sqliteConfig>);
      const key =
        config.primaryKeys[0]?.columns.map((c) => c.name) ??
        config.columns.filter((c) => c.primary).map((c) => c.name);
      const shape: TableShape = {
        columns: config.columns.map((c) => `${c.name} ${c.getSQLType()}${c.notNull ? ' not null' : ''}`),
        key,
        indexes: [
          ...config.indexes.map(({ config: index }) => {
            const columns = index.columns.map((c) => (c as { name: string }).name).join();
            return `${index.name} (${columns})${index.unique ? ' unique' : ''}`;
          }),
          ...config.columns.filter((c) => c.isUnique).map((c) => `(${c.name}) unique`),
        ].toSorted(),
      };
      return [config.name, shape];
    }),
  );
}

async function sqliteSchema(place: Place): Promise<Schema> {
  const tables = await place.sql<{ name: string; strict: number }>(
    "select name, strict from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite_%' and name <> 'migration'",
  );
  const schema: Schema = {};
  for (const { name, strict } of tables) {
    expect([name, strict]).toEqual([name, 1]);
    const columns = await place.sql<{ name: string; type: string; notnull: number; pk: number }>(
      `select name, type, "notnull", pk from pragma_table_info('${name}') order by cid`,
    );
    const indexes = await place.sql<{ name: string; unique: number; origin: string; columns: string }>(
      `select l.name, l."unique", l.origin, (select group_concat(i.name) from pragma_index_info(l.name) i) as columns
       from pragma_index_list('${name}') l where l.origin <> 'pk'`,
    );
    schema[name] = {
      columns: columns.map((c) => `${c.name} ${c.type.toLowerCase()}${c.notnull || c.pk ? ' not null' : ''}`),
      key: columns
        .filter((c) => c.pk)
        .toSorted((a, b) => a.pk - b.pk)
        .map((c) => c.name),
      indexes: indexes
        .map((i) => `${i.origin === 'c' ? `${i.name} ` : ''}(${i.columns})${i.unique ? ' unique' : ''}`)
        .toSorted(),
    };
  }
  return schema;
}

async function postgresSchema(place: Place): Promise<Schema> {
  const columns = await place.sql<{
    table: string;
    name: string;
    type: string;
    required: boolean;
    collation: string | null;
  }>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
      l.collname as collation
    from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_collation l on l.oid = a.attcollation
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and c.relname <> 'migration' order by c.relname, a.attnum`);
  const indexes = await place.sql<{
    table: string;
    name: string;
    unique: boolean;
    key: boolean;
    own: boolean;
    columns: string;
  }>(`
    select c.relname as table, i.relname as name, x.indisunique as unique, x.indisprimary as key,
      exists (select from pg_constraint k where k.conindid = x.indexrelid) as own,
      (select string_agg(a.attname, ',' order by n) from unnest(x.indkey) with ordinality as u (attnum, n)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum) as columns
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    where c.relnamespace = 'public'::regnamespace and c.relname <> 'migration'`);
  const schema: Schema = {};
  for (const { table, name, type, required, collation } of columns) {
    schema[table] ??= { columns: [], key: [], indexes: [] };
    schema[table].columns.push(`${name} ${type}${required ? ' not null' : ''}`);
    expect([table, name, type === 'text' ? collation : null]).toEqual([
      table,
      name,
      type === 'text' ? 'C' : null,
    ]);
  }
  for (const { table, name, unique, key, own, columns: names } of indexes) {
    if (key) schema[table]!.key = names.split(',');
    else schema[table]!.indexes.push(`${own ? '' : `${name} `}(${names})${unique ? ' unique' : ''}`);
  }
  for (const shape of Object.values(schema)) shape.indexes.sort();
  return schema;
}
