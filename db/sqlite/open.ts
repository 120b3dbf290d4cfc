// Opens the embedded store: takes the appender lock, brings the schema up to date, starts the writer thread (which
// checks the log against what was signed), then the reader. Lets go of everything it took when a later step refuses.
import { resolve } from 'node:path';
import { signerFromPem } from '#server/lib/log/note.ts';
import { type AppenderLock, lockAppender } from '../appender-lock.ts';
import { requireOrigin } from '../errors.ts';
import type { MaintainedStore, StoreOptions } from '../opened.ts';
import { tableFacts } from '../schema/facts.ts';
import { createTables } from '../schema/tables.ts';
import {
  type Connection,
  connectReader,
  connectWriter,
  migrate,
  requireCipher,
  requireDatabase,
} from './connect.ts';
import { rekeyedCopy, removeSqlite } from './copy.ts';
import { sqliteDialect } from './dialect.ts';
import { requireGuards, requireTables, restoreGuards } from './guards.ts';
import { sqliteReader } from './reader.ts';
import { sharedView } from './shared-view.ts';
import { startSqliteStore } from './store.ts';

/** Commits that change anything but the log end a view sooner, and so does whoever reads the log. */
const viewMs = 20;

/**
 * @throws AppenderBusy while another process writes, DatabaseUnusable when it is missing, another log's or another
 * version's, LogRolledBack or LogDamaged when the log is not what was signed
 */
export async function openSqliteStore(options: StoreOptions & { path: string }): Promise<MaintainedStore> {
  const path = resolve(options.path);
  const headFile = resolve(options.headFile);
  requireDatabase(path, options.create ?? false);
  requireCipher(path);
  signerFromPem(options.origin, options.signingKeyPem);
  const tables = createTables(sqliteDialect);
  const lock = lockAppender(path);
  let signing: AppenderLock | undefined;
  let reading: Connection | undefined;
  try {
    // Left by a change of the key that was cut short, perhaps in clear. Whoever is about it holds the lock.
    removeSqlite(rekeyedCopy(path));
    signing = lockAppender(headFile);
    prepare(path, options);
    reading = connectReader(path);
    const connection = reading;
    const view = sharedView(connection, viewMs);
    return await startSqliteStore(
      {
        path,
        origin: options.origin,
        signingKeyPem: options.signingKeyPem,
        headFile,
        extensions: options.extensions ?? [],
        predecessors: options.predecessors ?? [],
        recovering: options.recovering ?? false,
        facts: tableFacts(tables),
      },
      sqliteReader(connection, tables, view),
      view,
      options.queueLimit ?? 8_192,
      options.clock,
      () => {
        connection.close();
        signing?.release();
        lock.release();
      },
    );
  } catch (error) {
    reading?.close();
    signing?.release();
    lock.release();
    throw error;
  }
}

function prepare(path: string, { origin, clock, recovering, predecessors = [] }: StoreOptions): void {
  const db = connectWriter(path);
  try {
    migrate(db, clock());
    db.prepare("insert into meta (key, value) values ('origin', ?) on conflict do nothing").run(origin);
    const found = db.prepare("select value from meta where key = 'origin'").pluck().get() as string;
    requireOrigin(
      found,
      origin,
      predecessors.map((one) => one.origin),
    );
    requireTables(db);
    if (recovering) restoreGuards(db);
    else requireGuards(db);
  } finally {
    db.close();
  }
}
