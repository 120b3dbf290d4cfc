/** Claims that only a server of its own can break: its rights, and the writer's session ending under it. */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { getTableName } from '#db/drizzle.ts';
import { AppenderBusy } from '../errors.ts';
import { copyFromPostgres, copyToPostgres, isPostgresInUse } from '../postgres/copy.ts';
import { createTables } from '../schema/tables.ts';
import { sqliteDialect } from '../sqlite/dialect.ts';
import type { Change } from '../store.ts';
import { fill, verifiedSize } from './log.suite.ts';
import { draft, insertCommission, type Place, reading } from './rig.ts';

export function postgresClaims(fresh: () => Promise<Place>): void {
  it('works as a role that may add to the log and never change it', async () => {
    const place = await fresh();
    const store = await place.open();
    await store.commit(reading(0));
    const sessions = await place.sql<{ count: number }>(
      `select count(*)::int as count from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'advisory' and a.datname = current_database()`,
    );
    expect(sessions).toEqual([{ count: 1 }]);
    for (const table of ['entry', 'tile', 'checkpoint', 'cosignature']) {
      const rights = await place.sql<Record<string, boolean>>(`
        select has_table_privilege('kuzot_writer', '${table}', 'insert') as insert,
          has_table_privilege('kuzot_writer', '${table}', 'update') as update,
          has_table_privilege('kuzot_writer', '${table}', 'delete') as delete,
          has_table_privilege('kuzot_writer', '${table}', 'truncate') as truncate,
          has_table_privilege('kuzot_reader', '${table}', 'insert') as reader`);
      expect([table, rights[0]]).toEqual([
        table,
        { insert: true, update: false, delete: false, truncate: false, reader: false },
      ]);
    }
    await expect(place.sql('set role kuzot_writer; alter table entry disable trigger all')).rejects.toThrow(
      'owner',
    );
    await expect(place.sql('truncate entry')).rejects.toThrow('append-only');
  });

  it('loses nothing and goes on when its session is ended under it', async () => {
    const place = await fresh();
    const store = await place.open();
    await store.commit(reading(0));
    await store.checkpoint();
    await place.sql(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())`,
    );
    const answers = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => store.commit(reading(i))));
    const kept = answers.filter((answer) => answer.status === 'fulfilled').length;
    // Whether the loss was met in the middle of a commit or while idle: it is tried again every second.
    await vi.waitUntil(() => store.status().accepting, 60_000);
    expect((await store.commit(reading(9))).seqs).toEqual([kept + 1]);
    expect(await verifiedSize(place)).toBe(kept + 2);
  });

  it('opens once the session of a process that was killed has ended, and not beside one that goes on', async () => {
    const place = await fresh();
    await (await place.open()).close();
    const left = new pg.Client({ connectionString: place.url });
    await left.connect();
    // The lock the writer holds (postgres/engine.ts), as a session does that still works on its last COMMIT.
    await left.query('select pg_advisory_lock(1802861167)');
    await expect(place.open()).rejects.toThrow(AppenderBusy);
    const opening = place.open();
    const asks = `select from pg_stat_activity where query like '%pg_try_advisory_lock%'
      and pid <> pg_backend_pid() and datname = current_database()`;
    while ((await place.sql(asks)).length === 0);
    await left.end();
    const store = await opening;
    expect((await store.commit(reading(0))).seqs).toEqual([0]);
  });

  it('copied to one file and from it into an empty database, holds the same rows, and goes on', async () => {
    const [source, target] = [await fresh(), await fresh()];
    const folder = mkdtempSync(join(tmpdir(), 'kuzot-copy-'));
    const file = join(folder, 'copy');
    const store = await source.open();
    const added = await store.commit({
      changes: [insertCommission('1001'), sealedAttachment],
      entries: [draft(0)],
    });
    expect(added.kind).toBe('done');
    await fill(store, 600);
    await store.checkpoint();
    await store.settled();
    // What was signed last is remembered beside the keys, not in the copy.
    copyFileSync(source.headFile, target.headFile);
    const steps: number[] = [];
    // The store goes on meanwhile: a copy is of one moment.
    await Promise.all([
      copyFromPostgres(source.url, file, 1, (done, total) => steps.push(done / total)),
      fill(store, 50),
    ]);
    expect(steps.at(-1)).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await store.close();
    await source.remove();

    expect(await isPostgresInUse(target.url)).toBe(false);
    await copyToPostgres(file, target.url, 1);
    expect(await isPostgresInUse(target.url)).toBe(true);
    const entries = Number((await target.sql<{ n: number }>('select count(*) as n from entry'))[0]!.n);
    expect(entries).toBeGreaterThanOrEqual(601);
    for (const table of Object.values(createTables(sqliteDialect)).map(getTableName)) {
      const rows = async (place: Place) =>
        (await place.sql<{ row: string }>(`select t::text as row from "${table}" t`))
          .map(({ row }) => row)
          .sort();
      const [before, after] = [await rows(source), await rows(target)];
      // What was added while it was copied may be missing; nothing else, and nothing may differ.
      const grows = [
        'entry',
        'event',
        'trail',
        'trail_hour',
        'trail_count',
        'cursor',
        'checkpoint',
        'meta',
      ].includes(table);
      if (grows) expect([table, after.length > 0]).toEqual([table, true]);
      else expect([table, after]).toEqual([table, before]);
      if (table === 'entry' || table === 'event')
        expect(new Set(before)).toEqual(new Set([...before, ...after]));
    }
    const again = await target.open();
    expect((await again.commit(reading(9))).seqs).toEqual([entries]);
    await again.checkpoint();
    expect(await verifiedSize(target)).toBe(entries + 1);
    rmSync(folder, { recursive: true });
  });

  it('takes all of a copy or nothing', async () => {
    const [source, target] = [await fresh(), await fresh()];
    const folder = mkdtempSync(join(tmpdir(), 'kuzot-copy-'));
    const file = join(folder, 'copy');
    const store = await source.open();
    await fill(store, 20);
    await store.checkpoint();
    await source.remove();
    await copyFromPostgres(source.url, file, 1);
    const db = new Database(file);
    db.exec('drop trigger checkpoint_no_update; update checkpoint set size = size + 100');
    db.close();
    await expect(copyToPostgres(file, target.url, 1)).rejects.toThrow('never pass the log');
    expect(await isPostgresInUse(target.url)).toBe(false);
    rmSync(folder, { recursive: true });
  });
}

/** Bytes that are no text, in a table of the product. */
const sealedAttachment: Change = {
  op: 'insert',
  table: 'attachment',
  row: {
    ...{
      id: 'b',
      application: 'a',
      sha256: '00',
      mediaType: 'application/pdf',
      size: 256,
      addedAt: 1,
      addedBy: 'o',
    },
    content: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  },
};
