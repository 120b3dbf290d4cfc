// Prints the first migration of one engine from the tables in db/schema: `node scripts/schema-sql.ts sqlite|postgres`.
// What runs is the committed SQL; later changes are written by hand as further migrations.
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core';
import { getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import type { Engine } from '../db/dialect.ts';
import { postgresDialect } from '../db/postgres/dialect.ts';
import { createTables } from '../db/schema/tables.ts';
import { sqliteDialect } from '../db/sqlite/dialect.ts';

/** Small rows found by their whole key: kept in the key's own tree. Wide rows are not. */
const keyedTables = new Set([
  'trail_voter',
  'trail_hour',
  'trail_count',
  'cosignature',
  'cursor',
  'meta',
  'throttle',
  'device',
  'passkey_challenge',
  'recovery_code',
  'credential_notice',
  'surname',
  'calendar_date',
  'block',
  'approval_vote',
]);

function schemaSql(engine: Engine): string {
  const tables = Object.values(createTables(engine === 'sqlite' ? sqliteDialect : postgresDialect));
  const statements: string[] = [];
  for (const table of tables) {
    const config =
      engine === 'sqlite'
        ? sqliteConfig(table)
        : (postgresConfig(table as never) as never as ReturnType<typeof sqliteConfig>);
    const lines = config.columns.map((column) => {
      const type = column.getSQLType();
      const parts = [`"${column.name}"`, engine === 'sqlite' ? type.toUpperCase() : type];
      if (engine === 'postgres' && type === 'text') parts.push('COLLATE "C"');
      if (column.primary) parts.push('PRIMARY KEY');
      if (column.notNull && !(column.primary && type !== 'text')) parts.push('NOT NULL');
      if (column.isUnique) parts.push('UNIQUE');
      return parts.join(' ');
    });
    for (const key of config.primaryKeys) {
      lines.push(`PRIMARY KEY (${key.columns.map((column) => `"${column.name}"`).join(', ')})`);
    }
    const options =
      engine === 'postgres' ? '' : keyedTables.has(config.name) ? ' STRICT, WITHOUT ROWID' : ' STRICT';
    statements.push(`CREATE TABLE "${config.name}" (\n  ${lines.join(',\n  ')}\n)${options};`);
    for (const { config: index } of config.indexes) {
      const columns = index.columns.map((column) => `"${(column as { name: string }).name}"`).join(', ');
      const kind = index.unique ? 'UNIQUE INDEX' : 'INDEX';
      statements.push(`CREATE ${kind} "${index.name}" ON "${config.name}" (${columns});`);
    }
  }
  return `${statements.join('\n')}\n`;
}

const engine = process.argv[2];
if (engine === 'sqlite' || engine === 'postgres') process.stdout.write(schemaSql(engine));
else {
  console.error('usage: node scripts/schema-sql.ts sqlite|postgres');
  process.exitCode = 2;
}
