// PostgreSQL connections: one for the writer, a pool that cannot write for the readers. Nothing else in db/postgres
// creates a connection.
import pg from 'pg';

// Counts and bigint columns are safe integers here; PostgreSQL sends them as text.
for (const type of [pg.types.builtins.INT8, pg.types.builtins.NUMERIC]) pg.types.setTypeParser(type, Number);

/** A connected client. A role makes every statement run with that role's rights. */
export async function connect(url: string, role: string | null, readOnly = false): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    options: optionsFor(role, readOnly),
    keepAlive: true,
  });
  await client.connect();
  return client;
}

/** Connections that can only read. `onFault` hears of idle ones that broke; the pool replaces them. */
export function readerPool(url: string, role: string | null, onFault: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, options: optionsFor(role, true), max: 8 });
  pool.on('error', onFault);
  return pool;
}

function optionsFor(role: string | null, readOnly: boolean): string {
  const settings = ['search_path=public', `default_transaction_read_only=${readOnly ? 'on' : 'off'}`];
  if (!readOnly) settings.push('synchronous_commit=on', 'lock_timeout=10s');
  if (role !== null) settings.push(`role=${role}`);
  return settings.map((setting) => `-c ${setting}`).join(' ');
}
