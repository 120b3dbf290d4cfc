import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../canonical.ts';
import { bindingLine, formatCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign } from './cosignature.ts';
import { exportDirectory, type LogSource } from './directory.ts';
import { leafHash, merkleRoot } from './merkle.ts';
import { formatVkey, generateSigner, type Signer } from './note.ts';
import { policyWithoutWitnesses } from './policy.ts';
import { verifyDirectory } from './verify-directory.ts';

const signer = generateSigner('log.example/kuzot');
const witness = generateSigner('witness.example/court', 4);
const other = generateSigner('witness.example/party', 4);
const leaf = (i: number) =>
  Buffer.from(canonicalJson({ act: 'voter.view', n: 1, t: 1_700_000_000_000 + i, v: 1 }));

type Making = {
  size: number;
  key?: Signer;
  policyText?: string;
  leafOf?: (i: number) => Buffer;
  cosigners?: Signer[];
};

function logOf({ size, key = signer, policyText, leafOf = leaf, cosigners = [] }: Making): LogSource {
  const vkey = formatVkey(key.verifier);
  const policy = policyText ?? policyWithoutWitnesses(key.verifier);
  const leaves = Array.from({ length: size }, (_, i) => leafOf(i));
  const checkpoint = {
    origin: key.verifier.name,
    size,
    root: merkleRoot(leaves.map(leafHash)),
    extensions: [bindingLine(`${vkey}\n`, policy)],
  };
  const lines = cosigners.map((by) => cosign(formatCheckpoint(checkpoint), 1_700_000_000, by));
  return {
    note: signCheckpoint(checkpoint, key) + lines.join(''),
    vkey,
    policyText: policy,
    readLeaves: (from, to) => leaves.slice(from, to),
  };
}

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kuzot-log-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function exported(source: LogSource): Promise<string> {
  const dir = join(root, `log-${count++}`);
  expect(await exportDirectory(source, dir)).toMatchObject({ kind: 'ok' });
  return dir;
}

const filesOf = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name).slice(dir.length + 1))
    .sort();

/** Verifies with one bit changed, then puts it back. */
async function withFlip(dir: string, file: string, bit: number) {
  const fd = openSync(join(dir, file), 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, bit >> 3);
    writeSync(fd, Buffer.of(byte[0]! ^ (1 << (bit & 7))), 0, 1, bit >> 3);
    const verdict = await verifyDirectory(dir);
    writeSync(fd, byte, 0, 1, bit >> 3);
    return verdict;
  } finally {
    closeSync(fd);
  }
}

describe('an exported log', () => {
  it('has the files of tlog-tiles and is found whole, at every kind of size', async () => {
    for (const size of [0, 1, 5, 255, 256, 257, 512, 700]) {
      const source = logOf({ size });
      const progress: number[] = [];
      const dir = await exported(source);
      const verdict = await verifyDirectory(dir, { onProgress: (done) => progress.push(done) });
      expect(verdict, String(size)).toMatchObject({
        kind: 'ok',
        size,
        origin: 'log.example/kuzot',
        quorumMet: true,
      });
      expect(progress.at(-1) ?? 0).toBe(size);
    }
    expect(filesOf(await exported(logOf({ size: 700 })))).toEqual([
      'checkpoint',
      'policy',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/188',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/188',
      'vkey',
    ]);
  });

  it('gives away every single flipped bit, and the file it is in', { timeout: 60_000 }, async () => {
    const dir = await exported(logOf({ size: 5, leafOf: (i) => Buffer.from(`{"n":${i}}`) }));
    let positions = 0;
    for (const file of filesOf(dir)) {
      for (let bit = 0; bit < readFileSync(join(dir, file)).length * 8; bit++, positions++) {
        const verdict = await withFlip(dir, file, bit);
        expect(verdict.kind === 'broken' && verdict.where, `${file} bit ${bit}`).toContain(file);
      }
    }
    expect(positions).toBeGreaterThan(4000);
    expect(await verifyDirectory(dir)).toMatchObject({ kind: 'ok' });
  });

  it('names the entry, or the hash, in which a bit was flipped', { timeout: 60_000 }, async () => {
    const source = logOf({ size: 700, leafOf: (i) => Buffer.from(`{"n":${1000 + i}}`) });
    const dir = await exported(source);
    const bytesPerEntry = 2 + '{"n":1000}'.length;
    const entry = fc.nat(699);
    await fc.assert(
      fc.asyncProperty(entry, fc.nat(bytesPerEntry * 8 - 1), async (index, bit) => {
        const width = index < 512 ? '' : '.p/188';
        const file = `tile/entries/00${Math.floor(index / 256)}${width}`;
        expect(await withFlip(dir, file, (index % 256) * bytesPerEntry * 8 + bit)).toMatchObject({
          kind: 'broken',
          where: `${file}, entry ${index}`,
        });
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(entry, fc.nat(255), async (index, bit) => {
        const file = `tile/0/00${Math.floor(index / 256)}${index < 512 ? '' : '.p/188'}`;
        expect(await withFlip(dir, file, (index % 256) * 256 + bit)).toMatchObject({
          kind: 'broken',
          where: `${file}, hash of entry ${index}`,
        });
      }),
      { numRuns: 100 },
    );
    expect(await withFlip(dir, 'tile/1/000.p/2', 300)).toMatchObject({ where: 'tile/1/000.p/2, hash 1' });
    expect(await verifyDirectory(dir)).toMatchObject({ kind: 'ok' });
  });

  it('gives away files that are missing, shortened, lengthened, too many or no plain files', async () => {
    const whole = await exported(logOf({ size: 300 }));
    const changed = async (change: (dir: string) => void) => {
      const dir = join(root, `log-${count++}`);
      cpSync(whole, dir, { recursive: true });
      change(dir);
      const verdict = await verifyDirectory(dir);
      return verdict.kind === 'broken' ? verdict.where : 'whole';
    };
    for (const file of filesOf(whole)) {
      expect(await changed((dir) => rmSync(join(dir, file)))).toContain(file.replace(/\/[^/]*$/, ''));
      expect(await changed((dir) => appendFileSync(join(dir, file), '\n'))).toContain(file);
      const bytes = readFileSync(join(whole, file)).length;
      expect(await changed((dir) => truncateSync(join(dir, file), bytes - 1))).toContain(file);
    }
    expect(await changed((dir) => writeFileSync(join(dir, 'notes.txt'), ''))).toBe('notes.txt');
    expect(await changed((dir) => writeFileSync(join(dir, 'tile/entries/002'), ''))).toBe('tile/entries/002');
    expect(await changed((dir) => mkdirSync(join(dir, 'tile/3')))).toBe('tile/3/');
    expect(await changed((dir) => symlinkSync('checkpoint', join(dir, 'tile/0/002')))).toBe('tile/0/002');
    const link = (dir: string) => {
      rmSync(join(dir, 'policy'));
      symlinkSync(join(whole, 'policy'), join(dir, 'policy'));
    };
    expect(await changed(link)).toBe('policy');
    // A stranger's stick: what would be waited for or read without an end is not opened.
    for (const file of ['vkey', 'policy', 'checkpoint']) {
      const pipe = (dir: string) => {
        rmSync(join(dir, file));
        execFileSync('mkfifo', [join(dir, file)]);
      };
      expect(await changed(pipe)).toBe(file);
      expect(await changed((dir) => truncateSync(join(dir, file), 3e9))).toBe(file);
    }
    expect(await changed((dir) => truncateSync(join(dir, 'tile/entries/000'), 5e10))).toBe(
      'tile/entries/000',
    );
    expect(await changed((dir) => truncateSync(join(dir, 'tile/0/000'), 5e10))).toBe('tile/0/000');
    const deep = 'a/'.repeat(12);
    expect(await changed((dir) => mkdirSync(join(dir, deep), { recursive: true }))).toBe(deep.slice(0, 20));
  });

  it('is caught by a key and a checkpoint kept outside when it was rewritten consistently', async () => {
    const before = logOf({ size: 300 });
    const grown = await exported(logOf({ size: 700 }));
    const vkey = formatVkey(signer.verifier);
    const checkpointFile = join(root, 'kept-checkpoint');
    writeFileSync(checkpointFile, before.note);
    const keyFile = join(root, 'kept-keys');
    writeFileSync(keyFile, `${formatVkey(generateSigner('log.example/kuzot').verifier)}\n${vkey}\n`);
    expect(await verifyDirectory(grown, { vkey, checkpoint: before.note })).toMatchObject({ kind: 'ok' });
    expect(await verifyDirectory(grown, { checkpoint: before.note.trimEnd() })).toMatchObject({ kind: 'ok' });
    expect(await verifyDirectory(grown, { vkey: keyFile, checkpoint: checkpointFile })).toMatchObject({
      kind: 'ok',
    });

    const rewritten = await exported(
      logOf({ size: 700, leafOf: (i) => (i === 17 ? leaf(99_999) : leaf(i)) }),
    );
    expect(await verifyDirectory(rewritten)).toMatchObject({ kind: 'ok' });
    expect(await verifyDirectory(rewritten, { vkey, checkpoint: before.note })).toMatchObject({
      kind: 'broken',
      where: 'entries 0 to 299',
    });
    const unsigned = join(root, `log-${count++}`);
    cpSync(rewritten, unsigned, { recursive: true });
    cpSync(join(grown, 'checkpoint'), join(unsigned, 'checkpoint'));
    expect(await verifyDirectory(unsigned)).toMatchObject({ kind: 'broken', where: 'checkpoint' });
    const shortened = await exported(logOf({ size: 299 }));
    expect(await verifyDirectory(shortened, { vkey, checkpoint: before.note })).toMatchObject({
      where: 'checkpoint',
    });
    const resigned = await exported(logOf({ size: 700, key: generateSigner('log.example/kuzot') }));
    expect(await verifyDirectory(resigned)).toMatchObject({ kind: 'ok' });
    expect(await verifyDirectory(resigned, { vkey })).toMatchObject({ kind: 'broken', where: 'vkey' });
    expect(await verifyDirectory(grown, { vkey: 'nonsense' })).toMatchObject({ where: 'the key given' });
    expect(await verifyDirectory(grown, { checkpoint: 'nonsense' })).toMatchObject({
      where: 'the checkpoint given',
    });
  });

  it('counts only cosignatures of witnesses its policy names, and refuses those it cannot explain', async () => {
    const keys = [witness, other].map((key, i) => `witness w${i} ${formatVkey(key.verifier)}\n`).join('');
    const policyText = `log ${formatVkey(signer.verifier)}\n${keys}group both 2 w0 w1\nquorum both\n`;
    const one = await exported(logOf({ size: 3, policyText, cosigners: [witness] }));
    expect(await verifyDirectory(one)).toMatchObject({
      kind: 'ok',
      quorumMet: false,
      witnesses: [{ name: witness.verifier.name, timeSeconds: 1_700_000_000 }],
    });
    const two = await exported(logOf({ size: 3, policyText, cosigners: [other, witness] }));
    expect(await verifyDirectory(two)).toMatchObject({ kind: 'ok', quorumMet: true });
    const stranger = await exported(logOf({ size: 3, cosigners: [witness] }));
    expect(await verifyDirectory(stranger)).toMatchObject({ kind: 'broken', where: 'checkpoint' });
    const bytes = readFileSync(join(two, 'checkpoint'));
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      expect(await withFlip(two, 'checkpoint', bit)).toMatchObject({ kind: 'broken', where: 'checkpoint' });
    }
  });

  it('is not made from entries that do not fit the signed checkpoint', async () => {
    const source = logOf({ size: 300 });
    const refuse = async (changed: Partial<LogSource>, why: string) => {
      const verdict = await exportDirectory({ ...source, ...changed }, join(root, `log-${count++}`));
      expect(verdict).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
    };
    await refuse(
      { readLeaves: (from, to) => [...(source.readLeaves(from, to - 1) as Buffer[])] },
      'only 299 of the 300',
    );
    await refuse(
      { readLeaves: () => Array.from({ length: 300 }, () => leaf(1)) },
      'the root that was signed',
    );
    await refuse({ readLeaves: () => Array.from({ length: 301 }, (_, i) => leaf(i)) }, 'more entries');
    await refuse({ policyText: 'quorum none\n' }, 'another key or policy');
    await refuse({ vkey: formatVkey(generateSigner('log.example/kuzot').verifier) }, 'the checkpoint');
    const dir = await exported(source);
    expect(await exportDirectory(source, dir)).toMatchObject({ kind: 'refused' });
  });
});
