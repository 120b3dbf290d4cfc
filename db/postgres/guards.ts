// The triggers that keep the log append-only, as a database has them and as this version's migrations make them. On
// PostgreSQL a trigger can also be switched off, or its function replaced: both are looked at.
import type { Client } from 'pg';
import { LogUnguarded } from '../errors.ts';
import { readMigrations } from '../migrate.ts';
import { appendOnlyTables } from '../schema/tables.ts';

interface Trigger {
  name: string;
  table: string;
  enabled: string;
  definition: string;
  body: string;
}

interface Guard {
  name: string;
  table: string;
  sql: string;
  body: string;
}

/** What is wrong with the first guard that is not as it was made; null when all stand. */
export async function guardFault(client: Pick<Client, 'query'>): Promise<string | null> {
  const { rows } = await client.query<Trigger>(
    `select t.tgname as name, c.relname as table, t.tgenabled as enabled, p.prosrc as body,
            pg_get_triggerdef(t.oid) as definition
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
     where not t.tgisinternal and c.relnamespace = 'public'::regnamespace order by t.tgname`,
  );
  const made = expected();
  for (const { name, table, sql, body } of made) {
    const found = rows.find((one) => one.name === name && one.table === table);
    if (found === undefined) return `The trigger ${name}, which guards the table ${table}, is missing`;
    if (found.enabled !== 'O' && found.enabled !== 'A')
      return `The trigger ${name}, which guards the table ${table}, is switched off`;
    if (found.body !== body || events(found.definition) !== events(sql))
      return `The trigger ${name} of the table ${table} was changed`;
  }
  const foreign = rows.find(
    ({ name, table }) =>
      (appendOnlyTables as readonly string[]).includes(table) && !made.some((one) => one.name === name),
  );
  return foreign === undefined
    ? null
    : `The trigger ${foreign.name} of the table ${foreign.table} is not this program's`;
}

/** @throws LogUnguarded */
export async function requireGuards(client: Client): Promise<void> {
  const fault = await guardFault(client);
  if (fault !== null) throw new LogUnguarded(fault);
}

/** Puts every guard back as it was made. */
export async function restoreGuards(owner: Client): Promise<void> {
  await owner.query('begin');
  for (const { name, table, sql } of expected())
    await owner.query(`drop trigger if exists "${name}" on "${table}"; ${sql}`);
  for (const text of functions().values())
    await owner.query(text.replace(/^CREATE FUNCTION/, 'CREATE OR REPLACE FUNCTION'));
  await owner.query('commit');
}

/** Before or after which statements it fires, order and spacing aside. */
function events(definition: string): string {
  const [, when = ''] = /\b(BEFORE|AFTER)\b/.exec(definition) ?? [];
  const words = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'].filter((word) =>
    new RegExp(`\\b${word}\\b[^;]* ON `).test(definition.replaceAll(/EXECUTE FUNCTION .*/g, '')),
  );
  return `${when} ${words.join(' ')} ${/FOR EACH (ROW|STATEMENT)/.exec(definition)?.[1] ?? ''}`;
}

function expected(): Guard[] {
  const bodies = new Map([...functions()].map(([name, text]) => [name, text.split('$$')[1] ?? '']));
  return [
    ...migrations().matchAll(/CREATE TRIGGER (\w+) [^;]*? ON (\w+)[^;]*?EXECUTE FUNCTION (\w+)\(\);/g),
  ].map(([sql, name, table, routine]) => ({
    name: name!,
    table: table!,
    sql,
    body: bodies.get(routine!) ?? '',
  }));
}

/** Text of every trigger function by its name. */
function functions(): Map<string, string> {
  return new Map(
    [
      ...migrations().matchAll(/CREATE (?:OR REPLACE )?FUNCTION (\w+)\(\) RETURNS trigger .*?\$\$.*?\$\$;/gs),
    ].map(([text, name]) => [name!, text]),
  );
}

function migrations(): string {
  return readMigrations('postgres')
    .map(({ text }) => text)
    .join('\n');
}
