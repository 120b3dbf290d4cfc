// `group-commit/naive-commit`: entries a second through the store's group commit, 64 at a time, against one durable
// transaction an entry on the same tables. `audit-verify/hash-limit`: entries a second of the full offline check of an
// exported log, every byte of every file, against hashing the same leaves, already in memory, into their tree.
// `audit-verify-database/openings-limit`: the full check of the database, which also holds every event to its leaf, against the hashes
// no such check can do without, from memory and in one thread: the leaves into their tree, and each opening's commitment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openReadOnly, openStore } from '#db/open.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import { commitment, type StoredEvent, subjectsRoot } from '#server/gate/leaf.ts';
import { createKeys, loadKeys } from '#server/keys.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { exportDirectory } from '#server/lib/log/directory.ts';
import { Frontier, leafHash } from '#server/lib/log/merkle.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import { storeOptions } from '#server/main.ts';
import { draft } from './entries.ts';
import { inTurns, type Ratio } from './ratio.ts';

function place() {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-bench-'));
  createKeys(join(dir, 'keys'), 'bench.kuzot.invalid/log');
  return { dir, keys: loadKeys(join(dir, 'keys')), path: join(dir, 'log.sqlite') };
}

export async function measureGroupCommit(): Promise<Ratio> {
  const { dir, keys, path } = place();
  const store = await openStore(`sqlite:${path}`, { ...storeOptions(keys, Date.now), create: true });
  const naivePath = join(dir, 'naive.sqlite');
  const naive = new Database(naivePath);
  naive.pragma('journal_mode = WAL');
  naive.pragma('synchronous = FULL');
  naive.exec(`create table entry (seq integer primary key, leaf blob not null, leaf_hash blob not null) strict;
    create table event (seq integer primary key, json text not null) strict`);
  const entry = naive.prepare('insert into entry values (?, ?, ?)');
  const event = naive.prepare('insert into event values (?, ?)');
  const one = naive.transaction((seq: number, leaf: Buffer, json: string) => {
    entry.run(seq, leaf, leafHash(leaf));
    event.run(seq, json);
  });
  const n = 4_000;
  let seq = 0;
  try {
    const rates = await inTurns(
      5,
      n,
      async (turn) => {
        let next = 0;
        const client = async () => {
          while (next < n) await store.commit({ changes: [], entries: [draft(turn * n + next++)] });
        };
        await Promise.all(Array.from({ length: 64 }, client));
      },
      (turn) => {
        for (let i = 0; i < n; i++) {
          const { leaf, event: json } = draft(turn * n + i);
          one(seq++, Buffer.from(leaf), json);
        }
      },
    );
    return { name: 'group-commit/naive-commit', ...rates, goal: 4, unit: 'entries/s' };
  } finally {
    naive.close();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const verified = 100_000;

/** A log of so many entries in a database, signed; it was closed. */
async function filled({ keys, path }: Pick<ReturnType<typeof place>, 'keys' | 'path'>) {
  const store = await openStore(`sqlite:${path}`, { ...storeOptions(keys, Date.now), create: true });
  for (let from = 0; from < verified; from += 1_000)
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => store.commit({ changes: [], entries: [draft(from + i)] })),
    );
  // What is searched of the log is held to it, too.
  await store.settled();
  const { note } = await store.checkpoint();
  await store.close();
  return note;
}

export async function measureVerify(): Promise<Ratio> {
  const { dir, keys, path } = place();
  const n = verified;
  const note = await filled({ keys, path });
  const read = await openReadOnly(`sqlite:${path}`);
  const leaves: Uint8Array[] = [];
  for await (const leaf of read.log.readLeaves(0, n)) leaves.push(Uint8Array.from(leaf));
  const exported = join(dir, 'export');
  const made = await exportDirectory(
    {
      note,
      vkey: keys.vkeyText.trimEnd(),
      policyText: keys.policyText,
      readLeaves: (from, to) => read.log.readLeaves(from, to),
    },
    exported,
  );
  if (made.kind !== 'ok') throw new Error('the log did not export');
  await verifyDirectory(exported);
  try {
    const rates = await inTurns(
      5,
      n,
      async () => {
        const result = await verifyDirectory(exported);
        if (result.kind !== 'ok') throw new Error(`${result.where}: ${result.why}`);
      },
      () => {
        const tree = new Frontier();
        for (const leaf of leaves) tree.append(leafHash(leaf));
        tree.root();
      },
    );
    return { name: 'audit-verify/hash-limit', ...rates, goal: 0.8, unit: 'entries/s' };
  } finally {
    await read.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function measureVerifyDatabase(): Promise<Ratio> {
  const { dir, keys, path } = place();
  await filled({ keys, path });
  const { log, close } = await openReadOnly(`sqlite:${path}`);
  const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
  const leaves: Uint8Array[] = [];
  for await (const leaf of log.readLeaves(0, verified)) leaves.push(Uint8Array.from(leaf));
  const openings = (await log.readEvents(0, verified)).map(({ json }) => {
    const { detail, subjects } = JSON.parse(json) as Required<Pick<StoredEvent, 'detail'>> & {
      subjects: [{ id: string; salt: string }];
    };
    const salt = (hex: string) => Buffer.from(hex, 'hex');
    const [{ id, salt: hex }] = subjects;
    return {
      salts: [salt(detail.salt), salt(hex)] as const,
      texts: [canonicalJson(detail.json as never), id] as const,
    };
  });
  try {
    const rates = await inTurns(
      5,
      verified,
      async () => {
        const result = await verifyAudit(log, { origin: keys.origin, verifiers: [verifier], trail: log });
        if (result.kind !== 'ok') throw new Error(`${result.where}: ${result.why}`);
      },
      () => {
        const tree = new Frontier();
        for (const leaf of leaves) tree.append(leafHash(leaf));
        tree.root();
        for (const { salts, texts } of openings) {
          commitment(salts[0], texts[0]);
          subjectsRoot([commitment(salts[1], texts[1])]);
        }
      },
    );
    return { name: 'audit-verify-database/openings-limit', ...rates, goal: 0.4, unit: 'entries/s' };
  } finally {
    await close();
    rmSync(dir, { recursive: true, force: true });
  }
}
