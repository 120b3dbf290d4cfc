// Least rights on PostgreSQL: the log's tables may be read and added to, never changed, by the role the server works as;
// readers may only read. Set up where the login role may create roles; elsewhere the triggers stand alone, and an
// administrator can grant the same by hand.
import type { Client } from 'pg';
import { appendOnlyTables } from '../schema/tables.ts';

export const writerRole = 'kuzot_writer';
export const readerRole = 'kuzot_reader';

export interface Roles {
  writer: string | null;
  reader: string | null;
}

/** Grants both roles what they need on this database's tables; null where they cannot be used. */
export async function prepareRoles(owner: Client): Promise<Roles> {
  for (const role of [writerRole, readerRole]) {
    if (!(await roleUsable(owner, role))) return { writer: null, reader: null };
  }
  const logTables = appendOnlyTables.map((table) => `"${table}"`).join(', ');
  await owner.query(`
    grant usage on schema public to ${writerRole}, ${readerRole};
    grant select on all tables in schema public to ${writerRole}, ${readerRole};
    grant insert, update, delete on all tables in schema public to ${writerRole};
    revoke update, delete, truncate on ${logTables} from ${writerRole};
    revoke insert, update, delete on migration from ${writerRole}`);
  return { writer: writerRole, reader: readerRole };
}

/** The readers' role where it was set up and this login may use it, otherwise null. */
export async function usableReader(login: Client): Promise<string | null> {
  const { rows } = await login.query<{ usable: boolean }>(
    "select coalesce((select pg_has_role(current_user, oid, 'SET') from pg_roles where rolname = $1), false) as usable",
    [readerRole],
  );
  return rows[0]!.usable ? readerRole : null;
}

async function roleUsable(owner: Client, role: string): Promise<boolean> {
  const { rows } = await owner.query<{ known: boolean; may: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as known,
            (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may`,
    [role],
  );
  if (!rows[0]!.known) {
    if (!rows[0]!.may) return false;
    // Roles belong to the whole cluster: another database's set-up may create it at the same moment.
    await owner.query(
      `do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    );
    await owner.query(`grant ${role} to current_user`);
  }
  const usable = await owner.query<{ usable: boolean }>(
    'select pg_has_role(current_user, $1, $2) as usable',
    [role, 'SET'],
  );
  return usable.rows[0]!.usable;
}
