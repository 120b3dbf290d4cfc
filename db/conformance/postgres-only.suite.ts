/** Claims that only a server of its own can break: its rights, and the writer's session ending under it. */
import { expect, it } from 'vitest';
import { verifiedSize } from './log.suite.ts';
import { type Place, reading } from './rig.ts';

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
    expect((await store.commit(reading(9))).seqs).toEqual([kept + 1]);
    expect(await verifiedSize(place)).toBe(kept + 2);
  });
}
