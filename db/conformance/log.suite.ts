/** Claims about the log: it only grows, is signed only when durable, and a database put back is refused. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { verifyDatabaseLog } from '#server/lib/log/verify-database.ts';
import { AppenderBusy, DatabaseUnusable, LogDamaged, LogRolledBack, LogUnguarded } from '../errors.ts';
import { openReadOnly } from '../open.ts';
import type { MaintainedStore } from '../opened.ts';
import { readHead, type SignedHead, writeHead } from '../writer/head-file.ts';
import { draft, origin, type Place, reading, signingKeyPem, verifier } from './rig.ts';

export async function fill(store: MaintainedStore, entries: number): Promise<void> {
  await Promise.all(Array.from({ length: entries }, (_, i) => store.commit(reading(i))));
}

/** Everything stored, checked as `kuzot audit verify --db` does; the number of entries. */
export async function verifiedSize(place: Place): Promise<number> {
  const { log, close } = await openReadOnly(place.url);
  const verified = await verifyDatabaseLog(log, { origin, verifiers: [verifier] });
  await close();
  expect(verified).toMatchObject({ kind: 'ok' });
  return verified.kind === 'ok' ? verified.size : -1;
}

/** A head of this log, signed with its key, that no database has. */
function signedHead(size: number): SignedHead {
  const root = Buffer.alloc(32, size);
  const note = signCheckpoint({ origin, size, root, extensions: [] }, signerFromPem(origin, signingKeyPem));
  return { size, root, note, nth: null };
}

async function triggerText(place: Place, name: string): Promise<string> {
  const [found] = await place.sql<{ sql: string }>(`select sql from sqlite_master where name = '${name}'`);
  return found!.sql;
}

export function logClaims(fresh: () => Promise<Place>): void {
  it('verifies whole, tiles and checkpoints included, while the store is open', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 1_300);
    await store.checkpoint();
    await fill(store, 30);
    expect(await verifiedSize(place)).toBe(1_330);
    expect((await place.sql('select idx from tile where level = 0')).length).toBe(5);
  });

  it('signs on demand a checkpoint that covers what was asked, and keeps it outside too', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 3);
    const { size, note } = await store.checkpoint(3);
    const opened = openCheckpoint(note, [verifier]);
    expect(opened).toMatchObject({ kind: 'ok', checkpoint: { size: 3, origin } });
    expect(size).toBe(3);
    expect(readFileSync(place.headFile, 'utf8')).toBe(`3 ${note.split('\n')[2]}\n${note}`);
    expect(await store.checkpoint(2)).toEqual({ size, note });
    await expect(store.checkpoint(4)).rejects.toThrow(RangeError);
  });

  it('signs the empty log, and binds what it is told to', async () => {
    const place = await fresh();
    const store = await place.open({ extensions: ['kuzot-files vkey x policy y'] });
    const { size, note } = await store.checkpoint();
    expect(size).toBe(0);
    expect(note.split('\n')[3]).toBe('kuzot-files vkey x policy y');
  });

  it('goes on after a restart where it stopped, and never signs a size twice', async () => {
    const place = await fresh();
    const first = await place.open();
    await fill(first, 300);
    const signed = await first.checkpoint();
    await first.close();
    const sizes = async () =>
      (await place.sql<{ size: number | string }>('select size from checkpoint order by size')).map((row) =>
        Number(row.size),
      );
    // A slow machine signs once more while the log grows, so what was signed before is read, not assumed.
    const before = await sizes();
    expect(before.at(-1)).toBe(300);
    const second = await place.open();
    expect(await second.checkpoint()).toEqual(signed);
    expect((await second.commit(reading(9))).seqs).toEqual([300]);
    await second.close();
    expect(await sizes()).toEqual([...before, 301]);
    expect(await verifiedSize(place)).toBe(301);
  });

  it('lets one process append, and tells the second what to do', async () => {
    const place = await fresh();
    const store = await place.open();
    await expect(place.open()).rejects.toThrow(AppenderBusy);
    await store.commit(reading(0));
    await store.close();
    await expect(store.commit(reading(1))).rejects.toThrow('closed');
    expect((await (await place.open()).commit(reading(1))).seqs).toEqual([1]);
  });

  it.each(['entry', 'tile', 'checkpoint', 'cosignature'])(
    'refuses plain SQL that changes or deletes from %s',
    async (table) => {
      const place = await fresh();
      const store = await place.open();
      await fill(store, 300);
      const { size } = await store.checkpoint();
      await store.commit({
        changes: [{ op: 'insert', table: 'cosignature', row: { size, witness: 'w', line: 'l' } }],
        entries: [draft(0)],
      });
      const column = { entry: 'leaf', tile: 'hashes', checkpoint: 'note', cosignature: 'line' }[table];
      await expect(place.sql(`delete from ${table}`)).rejects.toThrow('append-only');
      await expect(place.sql(`update ${table} set ${column} = ${column}`)).rejects.toThrow('append-only');
    },
  );

  it('refuses plain SQL that adds an entry out of turn, a tile out of turn or a smaller checkpoint', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 5);
    await store.checkpoint();
    const bytes = place.engine === 'sqlite' ? "x'00'" : "'\\x00'";
    for (const seq of [4, 6, -1]) {
      await expect(place.sql(`insert into entry values (${seq}, ${bytes}, ${bytes})`)).rejects.toThrow();
    }
    await expect(place.sql(`insert into tile values (0, 1, ${bytes})`)).rejects.toThrow('without gaps');
    for (const size of [4, 5, 6]) {
      await expect(place.sql(`insert into checkpoint values (${size}, '')`)).rejects.toThrow('sizes grow');
    }
  });

  it('refuses to start on a database shorter than what was signed', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 5);
    const { note } = await store.checkpoint();
    await store.close();
    const before = readFileSync(place.headFile);
    await writeHead(place.headFile, signedHead(6));
    const refusal = await place.open().catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(LogRolledBack);
    expect((refusal as Error).message).toMatch(
      /holds 5 entries.*6 were already signed.*5 to 5 are missing.*audit recover/s,
    );
    writeFileSync(place.headFile, before);
    await (await place.open()).close();
    expect(readFileSync(place.headFile, 'utf8')).toBe(`5 ${note.split('\n')[2]}\n${note}`);
  });

  it('refuses to start when the head file is gone from a log that was signed', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 5);
    await store.checkpoint();
    await store.close();
    const head = readFileSync(place.headFile);
    rmSync(place.headFile);
    const refusal = await place.open().catch((error: Error) => error);
    expect(refusal).toBeInstanceOf(LogRolledBack);
    expect((refusal as Error).message).toMatch(/checkpoint of 5.*head file.*is gone.*audit recover/s);
    expect(existsSync(place.headFile)).toBe(false);
    writeFileSync(place.headFile, head);
    await (await place.open()).close();
  });

  it('takes no entry that was written past it: not at the start, not beside it', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 3);
    await store.checkpoint();
    const forge = async (seq: number) => {
      await place.sql(
        `insert into entry (seq, leaf, leaf_hash) select ${seq}, leaf, leaf_hash from entry where seq = 1`,
      );
      await place.sql(`insert into event (seq, json) select ${seq}, json from event where seq = 1`);
    };
    await forge(3);
    await expect(store.commit(reading(4))).rejects.toThrow(/1 entries from 3 on.*written past it/);
    await expect(store.checkpoint(4)).rejects.toThrow();
    expect(store.status()).toMatchObject({ accepting: false });
    await store.close();
    await expect(place.open()).rejects.toThrow(/1 entries from 3 on.*restore the newest untouched copy/);
    expect((await readHead(place.headFile, [verifier]))?.size).toBe(3);
  });

  it('misses every checkpoint taken out of the table, also after it went on; but for the last, as after a kill', async () => {
    const place = await fresh();
    const sign = async (from: number, until: number) => {
      const store = await place.open();
      for (let n = from; n <= until; n++) {
        await fill(store, 2);
        await store.checkpoint();
      }
      await store.close();
    };
    const guard = place.engine === 'sqlite' ? 'checkpoint_no_delete' : null;
    const takeOut = async (where: string) => {
      const text = guard === null ? '' : await triggerText(place, guard);
      await place.sql(guard ? `drop trigger ${guard}` : 'alter table checkpoint disable trigger all');
      await place.sql(`delete from checkpoint where ${where}`);
      await place.sql(guard ? text : 'alter table checkpoint enable trigger all');
    };
    const missing = async () => {
      const head = await readHead(place.headFile, [verifier]);
      const { log, close } = await openReadOnly(place.url);
      const verified = await verifyDatabaseLog(log, { origin, verifiers: [verifier], head });
      await close();
      return verified.kind === 'ok' ? verified.missingCheckpoints : verified;
    };
    await sign(1, 6);
    expect(await missing()).toBeNull();
    await takeOut('size = 12');
    expect(await missing()).toBeNull();
    await sign(7, 8);
    expect(await missing()).toBeNull();
    await takeOut('size in (4, 8)');
    expect(await missing()).toEqual({ before: 6, count: 1 });
    await takeOut('size > 4');
    expect(await missing()).toEqual({ before: 16, count: 6 });
    // The last one is signed again at the start, as after a kill.
    await sign(9, 9);
    expect(await missing()).toEqual({ before: 16, count: 6 });
    await takeOut('size > 0');
    expect(await missing()).toEqual({ before: 18, count: 8 });
  });

  it('refuses a head file with any bit flipped', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 5);
    await store.checkpoint();
    await store.close();
    const head = readFileSync(place.headFile);
    for (let at = 0; at < head.length; at += 7) {
      const flipped = Buffer.from(head);
      flipped[at]! ^= 1;
      writeFileSync(place.headFile, flipped);
      await expect(readHead(place.headFile, [verifier]), `byte ${at}`).rejects.toThrow(LogDamaged);
    }
    await expect(place.open()).rejects.toThrow(LogDamaged);
  });

  it('lets no second database be signed with the same head file', async () => {
    const [one, other] = [await fresh(), await fresh()];
    await one.open();
    await expect(other.open({ headFile: one.headFile })).rejects.toThrow(AppenderBusy);
  });

  it('signs nothing more once the head file shows that somebody else signed, and takes no entries', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 5);
    await store.checkpoint();
    await writeHead(place.headFile, signedHead(9));
    await store.commit(reading(5));
    await expect(store.checkpoint()).rejects.toThrow(/9 entries were signed elsewhere.*another server/s);
    await expect(store.commit(reading(6))).rejects.toThrow();
    expect((await place.sql('select size from checkpoint where size > 5')).length).toBe(0);
  });

  it('refuses to start without its guards, naming the first that is not as it was made', async () => {
    const attacks = {
      sqlite: [
        'drop trigger entry_no_update',
        'drop trigger tile_next; create trigger tile_next before insert on tile begin select 1; end',
        'create trigger quiet after insert on entry begin select 1; end',
      ],
      postgres: [
        'drop trigger entry_append_only on entry',
        'alter table tile disable trigger tile_append_only',
        "create or replace function kuzot_refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        'create trigger quiet after insert on entry for each row execute function kuzot_refuse_change()',
      ],
    };
    for (const attack of attacks[(await fresh()).engine]) {
      const place = await fresh();
      await (await place.open()).close();
      await place.sql(attack);
      const refusal = await place.open().catch((error: Error) => error);
      expect(refusal, attack).toBeInstanceOf(LogUnguarded);
      expect((refusal as Error).message).toMatch(/^The trigger \w+.*audit recover/s);
      const { guardFault, close } = await openReadOnly(place.url);
      expect(await guardFault()).toMatch(/^The trigger \w+/);
      await close();
    }
  });

  it('refuses to start on a database with another history of the signed size', async () => {
    const [one, other] = [await fresh(), await fresh()];
    for (const [place, n] of [
      [one, 1],
      [other, 2],
    ] as const) {
      const store = await place.open();
      await store.commit(reading(n));
      await store.checkpoint();
      await store.close();
    }
    writeFileSync(one.headFile, readFileSync(other.headFile));
    await expect(one.open()).rejects.toThrow(LogRolledBack);
  });

  it('refuses to start when a stored leaf no longer gives its hash', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 300);
    await store.close();
    // A careful hand: the guard is put back afterwards as it was.
    const [off, on] =
      place.engine === 'sqlite'
        ? ['drop trigger entry_no_update', await triggerText(place, 'entry_no_update')]
        : ['alter table entry disable trigger user', 'alter table entry enable trigger user'];
    await place.sql(off);
    const bytes = place.engine === 'sqlite' ? "x'7b7d'" : "'\\x7b7d'";
    await place.sql(`update entry set leaf = ${bytes} where seq = 290`);
    await place.sql(on);
    await expect(place.open()).rejects.toThrow(LogDamaged);
  });

  it('refuses another log’s name', async () => {
    const place = await fresh();
    await (await place.open()).close();
    await expect(place.open({ origin: 'other.example/log' })).rejects.toThrow(DatabaseUnusable);
  });
}
