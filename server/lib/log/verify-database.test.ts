import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../canonical.ts';
import { signCheckpoint } from './checkpoint.ts';
import { type LogDatabaseSource, pageOfEvents, pageOfRows } from './database-source.ts';
import { type EntryRun, entriesOf, type Finding } from './entry-runs.ts';
import { leafHash } from './merkle.ts';
import { generateSigner } from './note.ts';
import { TileBuilder } from './tiles.ts';
import { type DatabaseChecks, verifyDatabaseLog } from './verify-database.ts';

const signer = generateSigner('log.example/kuzot');
const origin = 'log.example/kuzot';
const size = 66_000;

type Tables = {
  entry: { seq: number; leaf: Buffer; leaf_hash: Buffer }[];
  tile: { level: number; idx: number; hashes: Buffer }[];
  checkpoint: { size: number; note: string }[];
  event: { seq: number; json: string }[];
};

const heads = new Map<number, Buffer>();
const whole = makeTables();

function makeTables(): Tables {
  const builder = new TileBuilder();
  const tables: Tables = { entry: [], tile: [], checkpoint: [], event: [] };
  for (let seq = 0; seq < size; seq++) {
    const leaf = Buffer.from(canonicalJson({ act: 'voter.view', n: 1, t: 1_700_000_000_000 + seq, v: 1 }));
    tables.entry.push({ seq, leaf, leaf_hash: builder.appendLeaf(leaf) });
    if (seq % 3 === 0) tables.event.push({ seq, json: '{}' });
    if (seq % 5_000 === 4_321 || seq === 0) {
      const root = builder.root();
      heads.set(builder.size, root);
      tables.checkpoint.push({
        size: builder.size,
        note: signCheckpoint({ origin, size: builder.size, root, extensions: [] }, signer),
      });
    }
  }
  heads.set(size, builder.root());
  tables.tile.push(...builder.takeCompleted());
  return tables;
}

function sourceOf(tables: Tables): LogDatabaseSource {
  const levels = [...new Set(tables.tile.map(({ level }) => level))];
  const page = <T>(rows: readonly T[], limit: number, from: (row: T) => boolean): T[] => {
    const start = rows.findIndex(from);
    return start < 0 ? [] : rows.slice(start, start + limit);
  };
  return {
    counts: () => ({
      entries: tables.entry.length,
      checkpoints: tables.checkpoint.length,
      tiles: levels.map((level) => ({
        level,
        count: tables.tile.filter((tile) => tile.level === level).length,
      })),
    }),
    readEntries: (from, limit) => {
      // Rows stand in order and at most one is missing or too many, so the place is near `from`.
      let start = Math.max(0, from - 2);
      while (start < tables.entry.length && tables.entry[start]!.seq < from) start++;
      return pageOfRows(tables.entry.slice(start, start + limit));
    },
    readTiles: async (level, from, limit) =>
      page(
        tables.tile.filter((tile) => tile.level === level).sort((a, b) => a.idx - b.idx),
        limit,
        ({ idx }) => idx >= from,
      ),
    readCheckpoints: (from, limit) => page(tables.checkpoint, limit, ({ size: at }) => at >= from),
    // One event of `maxBytes` at most: the others follow in runs of their own.
    readEventPage: (from, to, maxBytes) => {
      const rows = tables.event.filter(({ seq }) => seq >= from && seq < to);
      const next = rows.findIndex(({ json }, i) => i > 0 && json.length > maxBytes / 1_024);
      return next < 0 ? pageOfEvents(rows, to) : pageOfEvents(rows.slice(0, next), rows[next]!.seq);
    },
  };
}

async function verify(change: (tables: Tables) => void, checks: Partial<DatabaseChecks> = {}) {
  const tables: Tables = {
    entry: [...whole.entry],
    tile: [...whole.tile],
    checkpoint: [...whole.checkpoint],
    event: [...whole.event],
  };
  change(tables);
  return await verifyDatabaseLog(sourceOf(tables), { origin, verifiers: [signer.verifier], ...checks });
}

const flipped = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 4;
  return copy;
};
/** Puts another leaf in, with the hash that belongs to it. */
const replaced = (seq: number, text: string) => (tables: Tables) => {
  tables.entry[seq] = { seq, leaf: Buffer.from(text), leaf_hash: leafHash(Buffer.from(text)) };
};

describe('the check of a stored log', () => {
  it('finds a whole log whole, up to its unsigned end', async () => {
    const progress: number[] = [];
    const verdict = await verify(() => {}, {
      onProgress: (done) => progress.push(done),
      head: { size, root: heads.get(size)! },
      kept: { origin, size: 4_322, root: heads.get(4_322)!, extensions: [] },
    });
    expect(verdict).toMatchObject({
      kind: 'ok',
      size,
      root: heads.get(size),
      tiles: 258,
      unsigned: size - 64_322,
    });
    expect(progress.at(-1)).toBe(size);
    expect(
      await verifyDatabaseLog(sourceOf({ entry: [], tile: [], checkpoint: [], event: [] }), {
        origin,
        verifiers: [],
      }),
    ).toMatchObject({
      kind: 'ok',
      size: 0,
    });
  });

  it.each<[string, string, string, (tables: Tables) => void]>([
    [
      'a changed leaf',
      'entry 4711',
      'leaf does not match its hash',
      ({ entry }) => {
        entry[4711] = { ...entry[4711]!, leaf: flipped(entry[4711]!.leaf, 20) };
      },
    ],
    [
      'a changed hash',
      'entry 4711',
      'leaf does not match its hash',
      ({ entry }) => {
        entry[4711] = { ...entry[4711]!, leaf_hash: flipped(entry[4711]!.leaf_hash, 31) };
      },
    ],
    [
      'a hash of another length',
      'entry 4711',
      'leaf does not match its hash',
      ({ entry }) => {
        entry[4711] = { ...entry[4711]!, leaf_hash: Buffer.concat([entry[4711]!.leaf_hash, Buffer.of(0)]) };
      },
    ],
    ['a missing entry', 'entry 4711', 'is missing', ({ entry }) => entry.splice(4711, 1)],
    ['a missing first entry', 'entry 0', 'is missing', ({ entry }) => entry.splice(0, 1)],
    [
      'an entry before the first',
      'table entry',
      'has 1 rows outside the run',
      ({ entry }) => entry.unshift({ seq: -1, leaf: Buffer.alloc(1), leaf_hash: Buffer.alloc(32) }),
    ],
    [
      'a leaf that is not canonical',
      'entry 4711',
      'leaf is not canonical JSON',
      replaced(4711, '{"b":1,"a":1}'),
    ],
    ['a leaf that is too long', 'entry 9', 'leaf is longer', replaced(9, `"${'a'.repeat(65_534)}"`)],
    [
      'a rewritten entry under its tile',
      'tile 0/18',
      'hash 103 is not that of entry 4711',
      replaced(4711, '{}'),
    ],
    ['a rewritten entry in no full tile', 'entry 65999', 'head', replaced(65_999, '{}')],
    [
      'a changed tile',
      'tile 0/200',
      'hash 2 is not that of entry 51202',
      ({ tile }) => {
        const at = tile.findIndex(({ level, idx }) => level === 0 && idx === 200);
        tile[at] = { ...tile[at]!, hashes: flipped(tile[at]!.hashes, 70) };
      },
    ],
    [
      'a changed tile above',
      'tile 1/0',
      'hash 255 is not that of tile 0/255',
      ({ tile }) => {
        const at = tile.findIndex(({ level }) => level === 1);
        tile[at] = { ...tile[at]!, hashes: flipped(tile[at]!.hashes, 8191) };
      },
    ],
    [
      'a shortened tile',
      'tile 0/3',
      'has 8191 bytes',
      ({ tile }) => {
        tile[3] = { ...tile[3]!, hashes: tile[3]!.hashes.subarray(1) };
      },
    ],
    ['a missing tile', 'tile 0/70', 'is missing', ({ tile }) => tile.splice(70, 1)],
    [
      'a tile too many',
      'tile 0/257',
      'does not belong',
      ({ tile }) => tile.push({ level: 0, idx: 257, hashes: Buffer.alloc(8192) }),
    ],
    [
      'a level too many',
      'tile 3/0',
      'does not belong',
      ({ tile }) => tile.push({ level: 3, idx: 0, hashes: Buffer.alloc(8192) }),
    ],
    [
      'a changed checkpoint',
      'checkpoint 4322',
      'does not match the text',
      ({ checkpoint }) => {
        checkpoint[1] = { size: 4_322, note: checkpoint[1]!.note.replace('4322', '4323') };
      },
    ],
    [
      'a checkpoint under another size',
      'checkpoint 4322',
      'but signs 9322',
      ({ checkpoint }) => {
        checkpoint[1] = { size: 4_322, note: checkpoint[2]!.note };
      },
    ],
    [
      'a checkpoint of an unknown key',
      'checkpoint 4322',
      'no signature by a known key',
      ({ checkpoint }) => {
        const root = heads.get(4_322)!;
        const note = signCheckpoint({ origin, size: 4_322, root, extensions: [] }, generateSigner(origin));
        checkpoint[1] = { size: 4_322, note };
      },
    ],
    [
      'a signed root the entries do not have',
      'checkpoint 9322',
      'the last one that fits is 4322',
      ({ checkpoint }) => {
        const note = signCheckpoint({ origin, size: 9_322, root: Buffer.alloc(32), extensions: [] }, signer);
        checkpoint[2] = { size: 9_322, note };
      },
    ],
    [
      'a checkpoint beyond the end',
      'checkpoint 70000',
      'the log lost its end',
      ({ checkpoint }) => checkpoint.push({ size: 70_000, note: '' }),
    ],
    [
      'the same size twice',
      'table checkpoint',
      'has 15 rows, of which 14',
      ({ checkpoint }) => checkpoint.unshift({ size: -1, note: '' }),
    ],
  ])('names %s', async (_, where, why, change) => {
    const head = { size, root: heads.get(size)! };
    const verdict = await verify(change, where === 'entry 65999' ? { head } : {});
    // Past the last full tile only a root can tell; it cannot say which entry.
    if (where === 'entry 65999') expect(verdict).toMatchObject({ kind: 'broken', where: 'the head file' });
    else expect(verdict).toMatchObject({ kind: 'broken', where, why: expect.stringContaining(why) });
  });

  it('catches a log that lost its end or was rewritten, by the head file and by a checkpoint kept outside', async () => {
    const cut = ({ entry, tile, checkpoint }: Tables) => {
      entry.length = 60_000;
      checkpoint.pop();
      checkpoint.pop();
      tile.splice(0, tile.length, ...tile.filter(({ level, idx }) => level === 0 && idx < 234));
    };
    expect(await verify(cut)).toMatchObject({ kind: 'ok', size: 60_000 });
    expect(await verify(cut, { head: { size, root: heads.get(size)! } })).toMatchObject({
      where: 'the head file',
    });
    const kept = { origin, size: 64_322, root: heads.get(64_322)!, extensions: [] };
    expect(await verify(cut, { kept })).toMatchObject({ kind: 'broken', where: 'the checkpoint given' });
    const other = { ...kept, size: 10, root: Buffer.alloc(32) };
    expect(await verify(() => {}, { kept: other })).toMatchObject({ where: 'the checkpoint given' });
  });

  it('passes on a failure to read, also of a page it reads ahead', async () => {
    const source = sourceOf(whole);
    const failing: LogDatabaseSource = {
      ...source,
      readEntries: async (from, limit) => {
        if (from > 5_000) throw new Error('the disk is gone');
        return source.readEntries(from, limit);
      },
    };
    const checks = { origin, verifiers: [signer.verifier] };
    await expect(verifyDatabaseLog(failing, checks)).rejects.toThrow('the disk is gone');
    // A fault found first ends the check; the failed read ahead must not surface elsewhere.
    const strange = (run: EntryRun) => find(run, (seq) => (seq === 5_000 ? 'is strange' : null));
    const early = { ...checks, checkEntries: strange };
    expect(await verifyDatabaseLog(failing, early)).toMatchObject({ where: 'entry 5000' });
    // Nor does it hide what another thread is still looking for.
    const late = { ...checks, checkEntries: async (run: EntryRun) => later(strange(run)) };
    expect(await verifyDatabaseLog(failing, late)).toMatchObject({ where: 'entry 5000' });
  });

  it('shows every entry, with its event unless erased, to whoever wants to look inside', async () => {
    const seen: [number, string | null][] = [];
    const verdict = await verify(() => {}, {
      checkEntries: (run) =>
        find(run, (seq, leaf, event) => {
          seen.push([seq, event]);
          return seq === 30_000 && leaf.includes('"t":1700000030000') ? 'opens to another voter' : null;
        }),
    });
    expect(verdict).toEqual({ kind: 'broken', where: 'entry 30000', why: 'opens to another voter' });
    expect(seen.slice(0, 4)).toEqual([
      [0, '{}'],
      [1, null],
      [2, null],
      [3, '{}'],
    ]);
    expect(seen.length).toBe(30_001);
  });

  it('names the first bad place though answers come late, and whatever is found meanwhile', async () => {
    const checkEntries = async (run: EntryRun) =>
      later(find(run, (seq) => (seq === 4_000 || seq === 9_000 ? 'opens to another voter' : null)));
    const place = { kind: 'broken', where: 'entry 4000' };
    expect(await verify(() => {}, { checkEntries })).toMatchObject(place);
    const tornLater = ({ entry }: Tables) => {
      entry[5_500] = { ...entry[5_500]!, leaf: flipped(entry[5_500]!.leaf, 20) };
    };
    expect(await verify(tornLater, { checkEntries })).toMatchObject(place);
    const tornBefore = ({ entry }: Tables) => entry.splice(3_000, 1);
    expect(await verify(tornBefore, { checkEntries })).toMatchObject({ where: 'entry 3000' });
  });

  it('takes large events in runs of their own, none left out', async () => {
    const seen: [number, number][] = [];
    const long = JSON.stringify('a'.repeat(5_000));
    const verdict = await verify(
      ({ event }) => {
        event[200] = { ...event[200]!, json: long };
        event[201] = { ...event[201]!, json: long };
      },
      {
        checkEntries: (run) => {
          seen.push([run.first, run.count]);
          return find(run, (seq, _, json) =>
            (seq % 3 === 0) === (json !== null) && (json === long) === (seq === 600 || seq === 603)
              ? null
              : 'is another one’s',
          );
        },
      },
    );
    expect(verdict).toMatchObject({ kind: 'ok' });
    expect(seen.slice(0, 5)).toEqual([
      [0, 600],
      [600, 3],
      [603, 421],
      [1_024, 1_024],
      [2_048, 1_024],
    ]);
  });
});

function find(
  run: EntryRun,
  why: (seq: number, leaf: string, event: string | null) => string | null,
): Finding | null {
  for (const { seq, leaf, event } of entriesOf(run)) {
    const found = why(seq, leaf, event);
    if (found !== null) return { seq, why: found };
  }
  return null;
}

const later = <T>(value: T) => new Promise<T>((done) => setTimeout(() => done(value), 5));
