// Opens the store on PostgreSQL: same port and same writer as on SQLite, with the server's durability. The writer runs in
// this thread, since it mostly waits for the server.
import { signerFromPem } from '#server/lib/log/note.ts';
import { lockAppender } from '../appender-lock.ts';
import { requireOrigin } from '../errors.ts';
import type { MaintainedStore, StoreOptions } from '../opened.ts';
import { tableFacts } from '../schema/facts.ts';
import { createTables } from '../schema/tables.ts';
import { type LogStatus, LogUnavailable } from '../store.ts';
import { Intake, requireEntries } from '../writer/intake.ts';
import { encodeUnit, type WriteUnit } from '../writer/units.ts';
import { LogWriter } from '../writer/writer.ts';
import { connect, readerPool } from './connect.ts';
import { postgresDialect } from './dialect.ts';
import { columnTypes, PostgresEngine } from './engine.ts';
import { requireGuards, restoreGuards } from './guards.ts';
import { migrate, requireSafeServer } from './migrate.ts';
import { postgresReader } from './reader.ts';
import { prepareRoles, type Roles } from './roles.ts';

/** Bytes: a database up to this size is compacted while others wait a few seconds for it. */
const compactAtOnce = 256 * 1024 * 1024;

/**
 * @throws AppenderBusy while another process writes, DatabaseUnusable when it is another log's, another version's or
 * the server would lose commits, LogRolledBack or LogDamaged when the log is not what was signed
 */
export async function openPostgresStore(options: StoreOptions & { url: string }): Promise<MaintainedStore> {
  const { url, origin, headFile } = options;
  const signer = signerFromPem(origin, options.signingKeyPem);
  const tables = createTables(postgresDialect);
  const lock = lockAppender(headFile);
  let engine: PostgresEngine;
  let roles: Roles;
  try {
    roles = await prepare(options);
    engine = await PostgresEngine.open({ url, role: roles.writer, columnTypes: columnTypes(tables) });
  } catch (error) {
    lock.release();
    throw error;
  }
  const intake = new Intake(options.queueLimit ?? 8_192);
  let waiting: WriteUnit[] = [];
  const source = {
    take(limit: number) {
      const units = waiting.slice(0, limit);
      waiting = waiting.slice(limit);
      return units;
    },
  };
  let writer: LogWriter;
  let failed: LogStatus['failed'] = null;
  try {
    writer = await LogWriter.open(
      {
        engine,
        facts: tableFacts(tables),
        origin,
        signer,
        headFile,
        extensions: options.extensions ?? [],
        predecessors: options.predecessors ?? [],
        recovering: options.recovering ?? false,
      },
      source,
      {
        settled: (answers) => intake.answer(answers),
        status({ why }) {
          if (why !== null) failed = { at: options.clock(), why };
        },
      },
    );
  } catch (error) {
    await engine.close();
    lock.release();
    throw error;
  }
  // A broken idle connection shows again, as an error, in the next query that needs it.
  const pool = readerPool(url, roles.reader, () => undefined);
  let closing: Promise<void> | null = null;

  return {
    engine: 'postgres',
    reader: postgresReader(pool, tables),
    async commit(unit) {
      const { accepting, why } = writer.status;
      if (!accepting) throw new LogUnavailable(why ?? 'The store is closed.');
      requireEntries(unit);
      const answer = intake.add();
      waiting.push(encodeUnit(unit));
      // Let everything this turn of the event loop brings join the first batch.
      if (waiting.length === 1) setImmediate(() => writer.wake());
      return answer;
    },
    checkpoint: (size) => writer.checkpoint(size),
    async settled() {
      await writer.settled();
    },
    async rebuildProjections() {
      await writer.rebuildProjections();
    },
    async scrub() {
      const { rows } = await pool.query<{ size: number }>(
        'select pg_database_size(current_database()) as size',
      );
      if (rows[0]!.size > compactAtOnce) return false;
      // Refused where the login does not own the tables: then it is left, and the reply says so.
      return writer.tidy(true).then(
        () => true,
        () => false,
      );
    },
    async compact() {
      await writer.tidy(true);
    },
    status: () => ({ ...writer.status, failed, queued: intake.queued }),
    close() {
      closing ??= writer
        .close()
        .then(() => pool.end())
        .finally(() => lock.release());
      return closing;
    },
  };
}

/** As the owner of the schema, which neither writer nor readers are. */
async function prepare(options: StoreOptions & { url: string }): Promise<Roles> {
  const { url, origin, clock, recovering, predecessors = [] } = options;
  // The appender's lock, so that a running server's schema is never changed under it.
  const lock = await PostgresEngine.open({ url, role: null, columnTypes: new Map() });
  try {
    const owner = await connect(url, null);
    try {
      await requireSafeServer(owner);
      await migrate(owner, clock());
      await owner.query("insert into meta (key, value) values ('origin', $1) on conflict do nothing", [
        origin,
      ]);
      const { rows } = await owner.query<{ value: string }>("select value from meta where key = 'origin'");
      requireOrigin(
        rows[0]!.value,
        origin,
        predecessors.map((one) => one.origin),
      );
      if (recovering) await restoreGuards(owner);
      else await requireGuards(owner);
      return await prepareRoles(owner);
    } finally {
      await owner.end();
    }
  } finally {
    await lock.close();
  }
}
