// `audit-append/raw-group-insert`: entries a second through drafting, hand-over, hashing, tree and durable commit with 256
// callers waiting, against inserting the same rows ready made, 256 to a durable transaction, into the same tables without
// their triggers. `log-bytes/leaf-bytes`: what a long log takes on disk (entries, tiles, checkpoints) against the leaves and
// one hash each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openStore } from '#db/open.ts';
import { createKeys, loadKeys } from '#server/keys.ts';
import { hashBytes, leafHash } from '#server/lib/log/merkle.ts';
import { storeOptions } from '#server/main.ts';
import { draft } from './entries.ts';
import { inTurns, type Ratio } from './ratio.ts';

const waiting = 256;
const entriesATurn = 160 * waiting;

export async function measureAppend(): Promise<Ratio> {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-bench-'));
  createKeys(join(dir, 'keys'), 'bench.kuzot.invalid/log');
  const keys = loadKeys(join(dir, 'keys'));
  const store = await openStore(`sqlite:${join(dir, 'log.sqlite')}`, {
    ...storeOptions(keys, Date.now),
    create: true,
  });
  const raw = new Database(join(dir, 'raw.sqlite'));
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.exec(`create table entry (seq integer primary key, leaf blob not null, leaf_hash blob not null) strict;
    create table event (seq integer primary key, json text not null) strict`);
  const entry = raw.prepare('insert into entry values (?, ?, ?)');
  const event = raw.prepare('insert into event values (?, ?)');
  interface Row {
    leaf: Buffer;
    hash: Buffer;
    json: string;
  }
  const insert = raw.transaction((first: number, rows: readonly Row[]) => {
    for (const [i, { leaf, hash, json }] of rows.entries()) {
      entry.run(first + i, leaf, hash);
      event.run(first + i, json);
    }
  });
  const ready: Row[] = Array.from({ length: entriesATurn }, (_, i) => {
    const { leaf, event: json } = draft(i);
    const bytes = Buffer.from(leaf);
    return { leaf: bytes, hash: Buffer.from(leafHash(bytes)), json };
  });
  try {
    const rates = await inTurns(
      9,
      entriesATurn,
      async (turn) => {
        let next = 0;
        const caller = async () => {
          while (next < entriesATurn)
            await store.commit({ changes: [], entries: [draft(turn * entriesATurn + next++)] });
        };
        await Promise.all(Array.from({ length: waiting }, caller));
      },
      (turn) => {
        for (let i = 0; i < entriesATurn; i += waiting)
          insert(turn * entriesATurn + i, ready.slice(i, i + waiting));
      },
      // What is projected behind the acknowledgement belongs to neither turn; audited-get-cpu counts it.
      () => store.settled(),
    );
    return { name: 'audit-append/raw-group-insert', ...rates, goal: 0.85, unit: 'entries/s' };
  } finally {
    raw.close();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const longLog = 100_000;

/** Pages of the database that hold the log for ever; what of it may be erased or rebuilt is not counted. */
export async function measureLogBytes(): Promise<Ratio> {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-bench-'));
  createKeys(join(dir, 'keys'), 'bench.kuzot.invalid/log');
  const keys = loadKeys(join(dir, 'keys'));
  const path = join(dir, 'log.sqlite');
  const store = await openStore(`sqlite:${path}`, { ...storeOptions(keys, Date.now), create: true });
  let leafBytes = 0;
  try {
    for (let from = 0; from < longLog; from += waiting)
      await Promise.all(
        Array.from({ length: Math.min(waiting, longLog - from) }, (_, i) => {
          const entry = draft(from + i);
          leafBytes += Buffer.byteLength(entry.leaf) + hashBytes;
          return store.commit({ changes: [], entries: [entry] });
        }),
      );
    await store.checkpoint();
  } finally {
    await store.close();
  }
  const closed = new Database(path, { readonly: true });
  const onDisk = closed
    .prepare(
      "select sum(pgsize) from dbstat where name in ('entry', 'tile', 'checkpoint', 'sqlite_autoindex_tile_1')",
    )
    .pluck()
    .get() as number;
  closed.close();
  rmSync(dir, { recursive: true, force: true });
  return {
    name: 'log-bytes/leaf-bytes',
    ours: onDisk,
    peer: leafBytes,
    ratio: onDisk / leafBytes,
    goal: 1.15,
    atMost: true,
    unit: 'bytes',
  };
}
