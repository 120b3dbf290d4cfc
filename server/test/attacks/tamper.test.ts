// Somebody with the database file in their hands: the log refuses to be changed through SQL, and whoever gets past that is
// found by the check of the database, which names the place. A log put back to an older state is not taken up again.
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly, openStore } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import { checkOpenings } from '#server/gate/opening-check.ts';
import { type Keys, loadKeys } from '#server/keys.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { storeOptions } from '#server/main.ts';
import { openConsole } from '../console-rig.ts';
import { begin } from './scene.ts';

let dir: string;
let path: string;
let keys: Keys;
const entries = 300;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kuzot-tamper-'));
  const rig = await openConsole();
  const member = await rig.logIn('precinct-member', '1001');
  const voter = await rig.addVoter('1001');
  await begin(member, voter.id);
  await rig.store.checkpoint();
  while (rig.size() < entries)
    await Promise.all(Array.from({ length: 20 }, () => member.get(`/api/voters/${voter.id}`)));
  await member.post('/api/voters/search', { q: 'Төлөгөнова', purpose: 'list-check' });
  path = join(dir, 'kuzot.sqlite');
  // Closed first, and copied by the database itself: the file alone lacks what its write-ahead log still holds.
  await rig.app.close();
  await rig.rooms.detection.close();
  await rig.rooms.access.close();
  await rig.store.close();
  cpSync(join(rig.dir, 'keys'), join(dir, 'keys'), { recursive: true });
  chmodSync(join(dir, 'keys'), 0o700);
  keys = loadKeys(join(dir, 'keys'));
  const db = new DatabaseSync(rig.path);
  db.exec(`vacuum into '${path}'`);
  db.close();
  rmSync(rig.dir, { recursive: true, force: true });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let copies = 0;
/** A copy of the whole log for one attack, its triggers dropped: the owner of the file can do that. */
function stolen(attack: (db: DatabaseSync) => void): string {
  const copy = join(dir, `copy-${copies++}.sqlite`);
  copyFileSync(path, copy);
  const db = new DatabaseSync(copy);
  const triggers = db.prepare("select name, sql from sqlite_master where type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) db.exec(`drop trigger "${name}"`);
  attack(db);
  // Put back as they were: a careful hand leaves nothing lying about.
  for (const { sql } of triggers) db.exec(sql);
  db.close();
  return copy;
}

async function verify(file: string) {
  const store = await openReadOnly(`sqlite:${file}`);
  try {
    const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
    const head = await readHead(keys.headFile, [verifier]);
    const { log, guardFault } = store;
    return await verifyAudit(log, {
      origin: keys.origin,
      verifiers: [verifier],
      head,
      guardFault,
      trail: log,
    });
  } finally {
    await store.close();
  }
}

const reopen = (file: string) =>
  openStore(
    `sqlite:${file}`,
    storeOptions(keys, () => Date.UTC(2025, 10, 4)),
  );

/** Flips the lowest bit of one byte; 0x01 keeps a text valid UTF-8 wherever it stands. */
const flip = (bytes: Uint8Array, at: number, bit = 1) => {
  const changed = Buffer.from(bytes);
  changed[at]! ^= bit;
  return changed;
};

describe('through SQL', () => {
  test.each([
    "update entry set leaf = x'00' where seq = 3",
    'update entry set leaf_hash = leaf where seq = 3',
    'update entry set seq = seq + 1000 where seq = 3',
    'delete from entry where seq = 3',
    'delete from entry',
    "insert into entry values (9999, x'00', x'00')",
    "insert or replace into entry values (3, x'00', x'00')",
    'update tile set hashes = zeroblob(8192)',
    'delete from tile',
    "update checkpoint set note = 'x'",
    'delete from checkpoint',
    "insert or replace into checkpoint select size, 'x' from checkpoint",
    "insert into checkpoint values (999999, 'x')",
  ])('%s is refused', (sql) => {
    const copy = join(dir, `sql-${copies++}.sqlite`);
    copyFileSync(path, copy);
    const db = new DatabaseSync(copy);
    try {
      expect(() => db.exec(sql)).toThrow(/append-only|gaps|grow|constraint/i);
    } finally {
      db.close();
    }
  });
});

describe('past the triggers', () => {
  test('untouched, the log is in order', async () => {
    expect(await verify(path)).toMatchObject({ kind: 'ok', erased: 0, unsigned: 0 });
    expect(await verify(stolen(() => {}))).toMatchObject({ kind: 'ok' });
  });

  const attacks: [string, (db: DatabaseSync) => void, RegExp][] = [
    ['a bit of a leaf', (db) => change(db, 'entry', 'leaf', 'seq = 7', (b) => flip(b, 20)), /^entry 7$/],
    [
      'a bit of a leaf’s hash',
      (db) => change(db, 'entry', 'leaf_hash', 'seq = 7', (b) => flip(b, 31)),
      /^entry 7$/,
    ],
    [
      'leaf and hash of another entry',
      (db) =>
        db.exec(
          'update entry set (leaf, leaf_hash) = (select leaf, leaf_hash from entry where seq = 8) where seq = 7',
        ),
      /./,
    ],
    [
      'a bit of a tile',
      (db) => change(db, 'tile', 'hashes', 'level = 0 and idx = 0', (b) => flip(b, 5_000)),
      /tile/,
    ],
    [
      'a bit of a checkpoint',
      (db) =>
        changeText(db, 'checkpoint', 'note', 'size = (select max(size) from checkpoint)', (b) => flip(b, 30)),
      /checkpoint/,
    ],
    [
      'a checkpoint’s signature',
      (db) =>
        changeText(db, 'checkpoint', 'note', 'size = (select max(size) from checkpoint)', (b) =>
          flip(b, b.length - 20),
        ),
      /checkpoint/,
    ],
    ['an entry gone', (db) => db.exec('delete from entry where seq = 7'), /^entry 7$/],
    ['the last entries gone', (db) => db.exec('delete from entry where seq > 290'), /./],
    ['a tile gone', (db) => db.exec('delete from tile'), /tile/],
    [
      'an entry too many',
      (db) => db.exec('insert into entry select seq + 100000, leaf, leaf_hash from entry where seq = 7'),
      /./,
    ],
    [
      'who was looked at',
      (db) => changeEvent(db, 'subjects', (text) => text.replace('voter-2-0000', 'voter-9-0000')),
      /^entry \d+$/,
    ],
    [
      'what was searched',
      (db) => changeEvent(db, 'query', (text) => text.replace('Төлөгөнова', 'Төлөгөнов')),
      /^entry \d+$/,
    ],
    [
      'from where',
      (db) => changeEvent(db, '10.0.0.1', (text) => text.replace('10.0.0.1', '10.0.0.2')),
      /^entry \d+$/,
    ],
    [
      'a part hidden under another name',
      (db) => changeEvent(db, '"subjects"', (text) => text.replace('"subjects"', '"subjectr"')),
      /^entry \d+$/,
    ],
    [
      'a salt in another writing',
      (db) =>
        changeEvent(db, '"salt":"', (text) =>
          text.replace(/"salt":"(\d*[a-f])/, (m) => m.toUpperCase().replace('SALT', 'salt')),
        ),
      /^entry \d+$/,
    ],
  ];
  test.each(attacks)('16.4.2 %s changed is found and its place named', async (_name, attack, place) => {
    const result = await verify(stolen(attack));
    expect(result.kind).toBe('broken');
    if (result.kind === 'broken') expect(result.where).toMatch(place);
  });

  test('every single bit of an event is held by its leaf', () => {
    const db = new DatabaseSync(path, { readOnly: true });
    const rows = db
      .prepare(
        "select cast(leaf as text) as leaf, json from entry join event using (seq) where json like '%subjects%' and (json like '%query%' or json like '%case%') limit 2",
      )
      .all() as { leaf: string; json: string }[];
    db.close();
    expect(rows).toHaveLength(2);
    const unseen: string[] = [];
    for (const { leaf, json } of rows) {
      expect(checkOpenings(leaf, json)).toBeNull();
      const bytes = Buffer.from(json);
      for (let at = 0; at < bytes.length; at++)
        for (let bit = 1; bit < 256; bit <<= 1)
          if (checkOpenings(leaf, flip(bytes, at, bit).toString('utf8')) === null)
            unseen.push(json.slice(Math.max(0, at - 10), at + 10));
    }
    expect(unseen).toEqual([]);
  });
});

describe('besides the rows', () => {
  const bare = (attack: (db: DatabaseSync) => void) => {
    const copy = join(dir, `bare-${copies++}.sqlite`);
    copyFileSync(path, copy);
    const db = new DatabaseSync(copy);
    attack(db);
    db.close();
    return copy;
  };

  test.each([
    'entry_no_update',
    'entry_no_delete',
    'entry_next',
    'tile_no_update',
    'checkpoint_no_delete',
    'cosignature_next',
  ])('the trigger %s taken off is named by the check and stops the start', async (name) => {
    const copy = bare((db) => db.exec(`drop trigger ${name}`));
    expect(await verify(copy)).toMatchObject({
      kind: 'broken',
      where: expect.stringMatching(new RegExp(`^The trigger ${name}, .* is missing`)),
    });
    await expect(reopen(copy)).rejects.toThrow(new RegExp(`${name}.*audit recover`, 's'));
  });

  test('a trigger emptied of what it did is named too', async () => {
    const copy = bare((db) =>
      db.exec(
        'drop trigger entry_no_update; create trigger entry_no_update before update on entry begin select 1; end',
      ),
    );
    expect(await verify(copy)).toMatchObject({ where: expect.stringContaining('entry_no_update') });
    await expect(reopen(copy)).rejects.toThrow('was changed');
  });

  test.each([
    'entry',
    'tile',
    'checkpoint',
    'cosignature',
    'event',
    'trail',
    'trail_voter',
    'trail_hour',
    'trail_count',
    'cursor',
  ])('the table %s taken away is named, by the check and at the start', async (table) => {
    const copy = bare((db) => db.exec(`drop table ${table}`));
    const result = await verify(copy).catch((error: Error) => error);
    const told = result instanceof Error ? result.message : 'why' in result ? result.why : 'ok';
    expect(told).toMatch(new RegExp(`no such table: ${table}\\. .*restore the newest backup`, 's'));
    if (result instanceof Error) expect(result.name).toBe('LogDamaged');
    await expect(reopen(copy)).rejects.toThrow(
      new RegExp(`The table ${table} is missing.*restore the newest backup`),
    );
  });

  test('a list of migrations that was emptied is told, not tried upon the tables', async () => {
    const copy = bare((db) => db.exec('delete from migration'));
    await expect(reopen(copy)).rejects.toThrow(/^Migration 1 .*already exists.*restore the newest backup/s);
  });

  test('pages written over are told as damage, by the check and at the start, with what to do', async () => {
    const bytes = readFileSync(path);
    const pageBytes = bytes.readUInt16BE(16);
    let found = 0;
    for (let page = 3; page * pageBytes < bytes.length; page += 3) {
      const copy = join(dir, `page-${copies++}.sqlite`);
      const damaged = Buffer.from(bytes);
      damaged.fill(0xa5, page * pageBytes, (page + 1) * pageBytes);
      writeFileSync(copy, damaged);
      // A page of another table or a free one is none of the log's; what is said otherwise names the place.
      const result = await verify(copy).catch((error: Error) => error);
      if (result instanceof Error) expect(result.name).toBe('LogDamaged');
      else if (result.kind === 'broken') expect(result.where).not.toBe('');
      else continue;
      found += 1;
      rmSync(copy);
    }
    expect(found).toBeGreaterThan(5);
    const torn = join(dir, 'torn.sqlite');
    const damaged = Buffer.from(bytes);
    damaged.fill(0xa5, pageBytes, 8 * pageBytes);
    writeFileSync(torn, damaged);
    await expect(reopen(torn)).rejects.toThrow(/damaged.*restore the newest backup/s);
  });
});

describe('put back', () => {
  test('a database that lost its end is not taken up, and says why', async () => {
    const shorter = stolen((db) => {
      db.exec('delete from entry where seq > 290');
      db.exec('delete from event where seq > 290');
      db.exec('delete from checkpoint where size > 291');
    });
    await expect(reopen(shorter)).rejects.toThrow(/already signed|older state/);
  });

  test('a database of yesterday, consistent in itself, is not taken up', async () => {
    const old = stolen((db) => {
      const [{ size: signed }] = db.prepare('select min(size) as size from checkpoint').all() as [
        { size: number },
      ];
      db.exec(`delete from entry where seq >= ${signed}`);
      db.exec(`delete from event where seq >= ${signed}`);
      db.exec(`delete from checkpoint where size > ${signed}`);
      db.exec('delete from tile');
    });
    await expect(reopen(old)).rejects.toThrow(/already signed|older state/);
    expect(await verify(old)).toMatchObject({ kind: 'broken' });
  });

  test('a rewritten entry with a matching hash is not taken up', async () => {
    const rewritten = stolen((db) => {
      db.exec(
        'update entry set (leaf, leaf_hash) = (select leaf, leaf_hash from entry where seq = 298) where seq = 299',
      );
    });
    await expect(reopen(rewritten)).rejects.toThrow(/rewritten|contradict|tree|hash/);
  });

  test('untouched it is taken up and goes on where it stood', async () => {
    const copy = join(dir, 'untouched.sqlite');
    copyFileSync(path, copy);
    const store = await reopen(copy);
    expect(store.status()).toMatchObject({ accepting: true });
    await store.close();
  });
});

function change(
  db: DatabaseSync,
  table: string,
  column: string,
  where: string,
  to: (bytes: Uint8Array) => Uint8Array,
) {
  const row = db.prepare(`select ${column} as value from ${table} where ${where}`).get() as {
    value: Uint8Array;
  };
  db.prepare(`update ${table} set ${column} = ? where ${where}`).run(to(row.value));
}

function changeText(
  db: DatabaseSync,
  table: string,
  column: string,
  where: string,
  to: (bytes: Uint8Array) => Uint8Array,
) {
  const row = db.prepare(`select ${column} as value from ${table} where ${where}`).get() as { value: string };
  db.prepare(`update ${table} set ${column} = ? where ${where}`).run(
    Buffer.from(to(Buffer.from(row.value))).toString('utf8'),
  );
}

/** The newest event that holds `part`. */
function changeEvent(db: DatabaseSync, part: string, to: (text: string) => string) {
  const row = db
    .prepare('select seq, json from event where instr(json, ?) > 0 order by seq desc limit 1')
    .get(part) as { seq: number; json: string };
  const json = to(row.json);
  if (json === row.json) throw new Error('the attack changes nothing');
  db.prepare('update event set json = ? where seq = ?').run(json, row.seq);
}
