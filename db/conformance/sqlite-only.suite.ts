// Claims about the file of the embedded engine.
import { copyFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openSqliteReader } from '../sqlite/read-only.ts';
import { type Place, reading } from './rig.ts';

export function fileClaims(fresh: () => Promise<Place>): void {
  test('is whole once the store is closed, although a reader looked at it to the end', async () => {
    const { url, open } = await fresh();
    const path = url.slice('sqlite:'.length);
    const store = await open();
    for (let i = 0; i < 20; i++) {
      await store.commit(reading(i));
      await store.reader.audit.following(0, 10);
    }
    await store.close();
    if (existsSync(`${path}-wal`)) expect(statSync(`${path}-wal`).size).toBe(0);
    copyFileSync(path, `${path}-alone`);
    const alone = new Database(`${path}-alone`, { readonly: true });
    expect(alone.prepare('select count(*) from entry').pluck().get()).toBe(20);
    alone.close();
  });

  test('opens without what a change of its key left when it was cut short: a copy, perhaps in clear', async () => {
    const { url, open } = await fresh();
    const path = url.slice('sqlite:'.length);
    await (await open()).close();
    const left = ['.rekeyed', '.rekeyed-journal', '.rekeyed-wal'].map((end) => path + end);
    for (const file of left) writeFileSync(file, 'Өмүралиева');
    await (await open()).close();
    for (const file of left) expect(existsSync(file), file).toBe(false);
  });

  test('shows an entry to whoever reads the log the moment its commit is answered', async () => {
    const { open } = await fresh();
    const store = await open();
    for (let i = 0; i < 20; i++) {
      // A view that others hold open must not hide it.
      await store.reader.commissions.byCode('none');
      const answer = await store.commit(reading(i));
      expect(answer.seqs).toEqual([i]);
      expect((await store.reader.audit.entriesAt([i])).map(({ seq }) => seq)).toEqual([i]);
      expect(await store.reader.audit.following(i, 2)).toHaveLength(1);
    }
  });

  test('shows the newest entries to whoever follows the log, also twice in one turn', async () => {
    const { url, open } = await fresh();
    const path = url.slice('sqlite:'.length);
    await (await open()).close();
    const { reader, close } = openSqliteReader(path);
    expect(await reader.audit.following(0, 10)).toEqual([]);
    const writer = new Database(path);
    writer.exec("insert into entry values (0, x'7b7d', zeroblob(32))");
    writer.close();
    expect(await reader.audit.following(0, 10)).toHaveLength(1);
    await close();
  });
}
