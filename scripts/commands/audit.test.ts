import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { bindingLine, formatCheckpoint, signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { cosign } from '#server/lib/log/cosignature.ts';
import { exportDirectory } from '#server/lib/log/directory.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import { formatVkey, generateSigner, signerFromPem } from '#server/lib/log/note.ts';
import { openProofFile } from '#server/lib/log/proof-file.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { auditCommand } from './audit.ts';

let rig: WatchRig;
let clerk: Officer;

beforeAll(async () => {
  rig = await openWatch();
  clerk = await rig.logIn('precinct-member', '1001');
  for (let i = 0; i < 300; i++) await rig.act(clerk, 'voter.view', { subjects: [`voter-${i}-0000`] });
});
afterAll(() => rig.close());

const verifier = () => signerFromPem(rig.keys.origin, rig.keys.signingKeyPem).verifier;
const place = () => ['--db', `sqlite:${rig.path}`, '--keys', join(rig.dir, 'keys')];

describe('kuzot audit', () => {
  const said: string[] = [];
  const told: string[] = [];
  async function run(...args: string[]): Promise<number> {
    said.length = 0;
    told.length = 0;
    const out = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
    const err = vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
    const raw = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
    try {
      process.exitCode = undefined;
      await auditCommand().exitOverride().parseAsync(args, { from: 'user' });
      return Number(process.exitCode ?? 0);
    } finally {
      for (const spy of [out, err, raw]) spy.mockRestore();
      process.exitCode = undefined;
    }
  }
  afterEach(() => vi.restoreAllMocks());

  test('verify reads the database of a running server, and says 1 for a kept checkpoint the log is not', async () => {
    const { note } = await rig.store.checkpoint();
    const kept = join(rig.dir, 'kept');
    writeFileSync(kept, note);
    expect(await run('verify', ...place(), '--checkpoint', kept), told.join('\n')).toBe(0);
    expect(said[0]).toContain(`ok: ${rig.size()} entries of ${rig.keys.origin}`);
    writeFileSync(kept, note.replace(/^\d+$/m, '7'));
    expect(await run('verify', ...place(), '--checkpoint', kept)).toBe(1);
    expect(told[0]).toContain('the checkpoint given');
  });

  test('verify says that the head file is gone: without it an older database looks as good', async () => {
    await rig.store.checkpoint();
    const head = join(rig.dir, 'keys', 'log-head');
    renameSync(head, `${head}.away`);
    try {
      expect(await run('verify', ...place())).toBe(1);
      expect(told[0]).toMatch(/^wrong: the head file: .*log-head.* is gone.*kuzot audit recover/s);
      expect(said[0]).toMatch(/^every entry is as it was signed/);
    } finally {
      renameSync(`${head}.away`, head);
    }
    expect(await run('verify', ...place()), told.join()).toBe(0);
  });

  test('verify says how many checkpoints were taken out of their table, and what still holds', async () => {
    for (let n = 0; n < 3; n++) {
      await rig.act(clerk, 'voter.view', { subjects: ['voter-1-0000'] });
      await rig.store.checkpoint();
    }
    await rig.store.settled();
    const copy = join(rig.dir, 'copy.sqlite');
    const verifyWithout = async (where: string, more = 'select 1') => {
      rmSync(copy, { force: true });
      const live = new Database(rig.path);
      live.exec(`vacuum into '${copy}'`);
      live.close();
      const db = new Database(copy);
      const guard = "select sql from sqlite_master where name = 'checkpoint_no_delete'";
      const sql = db.prepare(guard).pluck().get() as string;
      db.exec('drop trigger checkpoint_no_delete');
      db.exec(`delete from checkpoint where ${where}`);
      db.exec(more);
      db.exec(sql);
      db.close();
      return run('verify', '--db', `sqlite:${copy}`, '--keys', join(rig.dir, 'keys'));
    };
    const newest = '(select max(size) from checkpoint)';
    expect(await verifyWithout(`size = (select max(size) from checkpoint where size < ${newest})`)).toBe(1);
    expect(told[0]).toMatch(/^wrong: the checkpoints: 1 that were signed are gone.*security officer$/s);
    expect(said[0]).toMatch(/^every entry is as it was signed/);
    expect(await verifyWithout('size > 0')).toBe(1);
    expect(told[0]).toMatch(/^wrong: the checkpoints: [1-9]\d* that were signed are gone/);
    expect(
      await verifyWithout('size < 0', 'insert into entry select max(seq) + 1, leaf, leaf_hash from entry'),
    ).toBe(1);
    expect(told[0]).toMatch(/^wrong: the end of the log: The 1 entries from .* written past it/);
    // As a kill leaves it: said, and no fault.
    expect(await verifyWithout(`size = ${newest}`), told.join()).toBe(0);
    expect(said.join('\n')).toContain('stands in the head file alone');
  });

  test('a path or a number that cannot be meant is a wrong call, and says what could', async () => {
    const file = join(rig.dir, 'a-file');
    writeFileSync(file, '');
    for (const [args, says] of [
      [['verify', join(rig.dir, 'nowhere')], 'There is no folder'],
      [['verify', join(file, 'within')], 'There is no folder'],
      [['verify', file], 'is a file, not a folder'],
      [['proof', '5', '--from', '3', ...place()], 'two proofs'],
      [['proof', '--voter', 'v', '--from', '3', ...place()], 'two proofs'],
      [['proof', '5', '--to', '9', ...place()], '--from'],
    ] as const) {
      expect([args, await run(...args)]).toEqual([args, 2]);
      expect(told.join()).toContain(says);
    }
    expect(await run('verify', ...place(), '--policy', join(rig.dir, 'nowhere'))).toBe(1);
    expect(told[0]).toContain('neither a file nor a witness policy');
    const { size } = await rig.store.checkpoint();
    expect(await run('proof', '--from', '5', '--to', String(size + 1_000), ...place())).toBe(1);
    expect(told[0]).toContain(`the newest one has ${size}`);
  });

  test('an export beside a running server stops with a hint, and goes on only when told to', async () => {
    const dir = join(rig.dir, 'export-2');
    expect(await run('export', dir, ...place())).toBe(1);
    expect(told[0]).toMatch(/server is running[\s\S]*--offline/);
    await rig.store.checkpoint();
    expect(await run('export', dir, ...place(), '--offline'), told.join('\n')).toBe(0);
    expect(await run('verify', dir)).toBe(0);
    const tile = join(dir, 'tile/entries/000');
    const bytes = readFileSync(tile);
    bytes[500]! ^= 1;
    writeFileSync(tile, bytes);
    expect(await run('verify', dir)).toBe(1);
    expect(told[0]).toContain('tile/entries/000');
  });

  test('proof gives a file that leads from the entry to the signed root', async () => {
    await rig.store.checkpoint();
    expect(await run('proof', '17', ...place())).toBe(0);
    const [entry] = await rig.store.reader.audit.entriesAt([17]);
    expect(openProofFile(said.join(''), leafHash(entry!.leaf), [verifier()])).toMatchObject({
      kind: 'ok',
      index: 17,
    });
    expect(await run('proof', '99999', ...place())).toBe(1);
  });

  test('each proof it writes is checked offline with the verifier key alone, and no changed one', async () => {
    const older = await rig.store.checkpoint();
    await rig.act(clerk, 'voter.view', {});
    const newer = await rig.store.checkpoint();
    const vkey = rig.keys.vkeyText.trimEnd();
    const kept = join(rig.dir, 'kept-2');
    writeFileSync(kept, older.note);
    const check = (file: string, ...more: string[]) => run('proof', '--check', file, '--key', vkey, ...more);
    const made = async (name: string, ...args: string[]) => {
      const file = join(rig.dir, name);
      expect(await run('proof', ...args, ...place(), '--out', file), told.join('\n')).toBe(0);
      expect(await check(file), told.join('\n')).toBe(0);
      return file;
    };
    const inclusion = await made('a.tlog-proof', '17');
    expect(said[0]).toContain(`entry 17 of ${rig.keys.origin}`);
    const draft = await made('b.tlog-proof', '17', '--draft');
    expect(readFileSync(draft, 'utf8')).toMatch(/^c2sp.org\/tlog-proof\nindex 17\nhint /);
    const growth = await made('c', '--from', String(older.size), '--to', String(newer.size));
    expect(said[0]).toContain(`the ${older.size} entries of`);
    expect(said[0]).toContain('signed as well');
    // The log is signed once a second, too, at whatever size it has by then.
    const { log, close } = await openReadOnly(`sqlite:${rig.path}`);
    const signed = (await log.readCheckpoints(0, 10_000)).map(({ size }) => size);
    await close();
    let unsigned = older.size - 1;
    while (signed.includes(unsigned)) unsigned -= 1;
    await made('d', '--from', String(unsigned));
    expect(said[0]).toContain('not signed itself');
    await made('e', '--from', kept);
    // The entry itself, and another.
    const leaf = join(rig.dir, 'leaf');
    const [entry, other] = await rig.store.reader.audit.entriesAt([17, 18]);
    writeFileSync(leaf, entry!.leaf);
    expect(await check(inclusion, '--leaf', leaf)).toBe(0);
    writeFileSync(leaf, other!.leaf);
    expect(await check(inclusion, '--leaf', leaf)).toBe(1);
    for (const file of [inclusion, draft, growth]) {
      const text = readFileSync(file, 'utf8');
      const changed = join(rig.dir, 'changed');
      for (const [from, to] of [
        [/\n(index|old) 1?/, '\n$1 2'],
        [/[A-Z](?=[A-Za-z0-9+/]+=\n\n)/, 'x'],
        [`\n${newer.size}\n`, `\n${newer.size + 1}\n`],
      ] as const) {
        expect(text.replace(from, to)).not.toBe(text);
        writeFileSync(changed, text.replace(from, to));
        expect(await check(changed), `${file} ${from}`).toBe(1);
      }
    }
    expect(await check(inclusion, '--policy', `log ${vkey}\nquorum none\n`)).toBe(0);
    expect(said[1]).toContain('no quorum');
    const court = formatVkey(generateSigner('court.example', 4).verifier);
    expect(await check(inclusion, '--policy', `witness court ${court}\nquorum court\n`)).toBe(1);
    expect(told[0]).toContain('the policy asks for court');
    // What cannot be proven says why.
    expect(await run('proof', '--from', '99999', ...place())).toBe(1);
    expect(await run('proof', '--from', '5', '--to', '99999', ...place())).toBe(1);
    expect(told[0]).toContain('No checkpoint has 99999 entries; the newest one has');
    expect(await run('proof', ...place())).toBe(2);
  });

  test('verify says 1 for an export whose witnesses are too few, by its own policy or the one given', async () => {
    const log = generateSigner('log.example/kuzot');
    const court = generateSigner('court.example/w', 4);
    const vkey = formatVkey(log.verifier);
    const policyText = `log ${vkey}\nwitness court ${formatVkey(court.verifier)}\nquorum court\n`;
    const leaf = Buffer.from('{}');
    const extensions = [bindingLine(`${vkey}\n`, policyText)];
    const checkpoint = { origin: log.verifier.name, size: 1, root: leafHash(leaf), extensions };
    const note = signCheckpoint(checkpoint, log);
    const line = cosign(formatCheckpoint(checkpoint), 1_700_000_000, court);
    const made = async (name: string, text: string) => {
      const dir = join(rig.dir, name);
      await exportDirectory({ note: text, vkey, policyText, readLeaves: () => [leaf] }, dir);
      return dir;
    };
    const cosigned = await made('cosigned', note + line);
    expect(await run('verify', cosigned, '--key', vkey)).toBe(0);
    expect(said.join()).toMatch(
      /^ok: 1 entries.*cosigned by court.example\/w at 2023-11-14T.*quorum is met: court/,
    );
    const alone = await made('alone', note);
    expect(await run('verify', alone)).toBe(1);
    expect(said[0]).toContain('every byte agrees');
    expect(told[0]).toContain('too few witnesses cosigned it: the policy asks for court');
    expect(await run('verify', alone, '--policy', 'quorum none\n')).toBe(0);
    const other = formatVkey(generateSigner('other.example/w', 4).verifier);
    expect(await run('verify', cosigned, '--policy', `witness other ${other}\nquorum other\n`)).toBe(1);
  });

  test('no name in a stranger’s folder begins a line of its own or moves the cursor', async () => {
    const { note } = await rig.store.checkpoint();
    const dir = join(rig.dir, 'stranger');
    mkdirSync(dir);
    const head = { vkey: rig.keys.vkeyText, policy: rig.keys.policyText, checkpoint: note };
    for (const [file, text] of Object.entries(head)) writeFileSync(join(dir, file), text);
    writeFileSync(join(dir, '\u001b[2K\rok: 7 entries\nok: \u202eall'), '');
    expect(await run('verify', dir)).toBe(1);
    expect(told).toEqual([
      expect.stringMatching(
        /^wrong: \\u\{1b\}\[2K\\u\{d\}ok: 7 entries\\u\{a\}ok: \\u\{202e\}all: does not belong/,
      ),
    ]);
  });

  test('rebuild builds the same again on a stopped server, and is an entry', async () => {
    const own = await openWatch();
    const clerk = await own.logIn('precinct-member', '1001');
    for (let i = 0; i < 30; i++) await own.act(clerk, 'voter.view', { subjects: [`voter-${i}-0000`] });
    await own.store.settled();
    const at = ['--db', `sqlite:${own.path}`, '--keys', join(own.dir, 'keys')];
    expect(await run('rebuild', ...at)).toBe(1);
    expect(told[0]).toMatch(/running/);
    await own.store.close();
    const read = () => {
      const db = new Database(own.path);
      try {
        const size = own.size();
        const perEntry = ['trail', 'trail_voter'].map((table) =>
          db.prepare(`select * from ${table} where seq < ${size}`).all(),
        );
        const perHour = ['trail_hour', 'trail_count'].map((table) =>
          db.prepare(`select * from ${table}`).all(),
        );
        return [...perEntry, ...perHour];
      } finally {
        db.close();
      }
    };
    const [trail, voters] = read();
    const db = new Database(own.path);
    db.exec(
      "update trail set act = 'voter.reveal'; delete from trail_voter; delete from trail_hour; delete from trail_count",
    );
    db.close();
    expect(await run('rebuild', ...at), told.join('\n')).toBe(0);
    expect(said.at(-1)).toBe(`rebuilt what is read of ${own.size() + 1} entries`);
    const [again, votersAgain, hours, counts] = read();
    expect(again).toEqual(trail);
    expect(votersAgain).toEqual(voters);
    for (const counted of [hours, counts] as { entries: number }[][])
      expect(counted.reduce((sum, hour) => sum + hour.entries, 0)).toBe(own.size() + 1);
    await own.close();
  });

  test('verify names accounts and commissions that were written past the server', async () => {
    const own = await openWatch();
    const insider = await own.logIn('precinct-member', '1001');
    await own.rooms.detection.start();
    await own.rooms.detection.close();
    await own.store.checkpoint();
    await own.store.settled();
    const at = ['--db', `sqlite:${own.path}`, '--keys', join(own.dir, 'keys')];
    expect(await run('verify', ...at), told.join()).toBe(0);
    const db = new Database(own.path);
    db.prepare("update officer set role = 'central-admin' where id = ?").run(insider.id);
    db.close();
    expect(await run('verify', ...at)).toBe(1);
    expect(told[0]).toMatch(/^wrong: who may do what: the account .* opens nothing/);
    expect(told[0]).toContain(insider.login);
    expect(said[0]).toMatch(/^every entry is as it was signed/);
    await own.close();
  });

  test('evidence verify says which bundle is genuine, and where another is wrong', async () => {
    const auditor = await rig.logIn('auditor', 'CEC');
    const reply = await auditor.withFactor('/api/audit/evidence', { act: 'voter.view', purpose: 'review' });
    const file = join(rig.dir, 'evidence.txt');
    writeFileSync(file, reply.rawPayload);
    expect(await run('evidence', 'verify', file, '--key', rig.keys.vkeyText.trimEnd()), told.join()).toBe(0);
    expect(said[0]).toMatch(/^ok: 30\d entries of test\.kuzot\.invalid\/log/);
    expect(told).toEqual([]);
    expect(await run('evidence', 'verify', file)).toBe(0);
    expect(told[0]).toContain('compare it with one kept elsewhere');
    writeFileSync(file, reply.body.replace('"purpose":"review"', '"purpose":"alert"'));
    expect(await run('evidence', 'verify', file)).toBe(1);
    expect(told[0]).toMatch(/^wrong: the body: /);
    expect(await run('evidence', 'verify', join(rig.dir, 'no-such-file'))).toBe(2);
  });

  test('verify without a database named is a wrong call', async () => {
    expect(await run('verify', '--db', 'nonsense')).toBe(2);
  });
});
