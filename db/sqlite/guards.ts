// The triggers that keep the log append-only, as a database has them and as this version's migrations make them.
import Database from 'better-sqlite3';
import { LogDamaged, LogUnguarded } from '../errors.ts';
import { readMigrations } from '../migrate.ts';
import type { Connection } from './connect.ts';

interface Guard {
  name: string;
  tbl: string;
  sql: string;
}

const query = "select name, tbl_name as tbl, sql from sqlite_master where type = 'trigger' order by name";

/** What is wrong with the first guard that is not as it was made; null when all stand. */
export function guardFault(db: Connection): string | null {
  const found = db.prepare(query).all() as Guard[];
  const made = expected();
  for (const { name, tbl, sql } of made) {
    const same = found.find((one) => one.name === name);
    if (same === undefined) return `The trigger ${name}, which guards the table ${tbl}, is missing`;
    if (same.sql !== sql || same.tbl !== tbl) return `The trigger ${name} of the table ${tbl} was changed`;
  }
  const foreign = found.find(({ name }) => !made.some((one) => one.name === name));
  return foreign === undefined
    ? null
    : `The trigger ${foreign.name} of the table ${foreign.tbl} is not this program's`;
}

/** @throws LogDamaged where a table of this version's migrations is not there */
export function requireTables(db: Connection): void {
  const there = new Set(db.prepare(tables).pluck().all());
  const gone = expectedTables().find((name) => !there.has(name));
  if (gone !== undefined)
    throw new LogDamaged(
      `The table ${gone} is missing from the database. Somebody with the owner's rights took it away: keep a copy of the ` +
        'database as it is, and restore the newest backup.',
    );
}

/** @throws LogUnguarded */
export function requireGuards(db: Connection): void {
  const fault = guardFault(db);
  if (fault !== null) throw new LogUnguarded(fault);
}

/** Puts every guard back as it was made, and takes off what does not belong. */
export function restoreGuards(db: Connection): void {
  db.transaction(() => {
    for (const { name } of db.prepare(query).all() as Guard[])
      db.exec(`drop trigger "${name.replaceAll('"', '""')}"`);
    for (const { sql } of expected()) db.exec(sql);
  }).immediate();
}

const tables = "select name from sqlite_master where type = 'table' order by name";

let made: { guards: readonly Guard[]; tables: readonly string[] } | null = null;

const expected = () => asMade().guards;
const expectedTables = () => asMade().tables;

/** Found out once: the migrations of a running program do not change. */
function asMade() {
  made ??= fromMigrations();
  return made;
}

function fromMigrations() {
  const db = new Database(':memory:');
  try {
    for (const { text } of readMigrations('sqlite')) db.exec(text);
    return {
      guards: db.prepare(query).all() as Guard[],
      tables: db.prepare(tables).pluck().all() as string[],
    };
  } finally {
    db.close();
  }
}
