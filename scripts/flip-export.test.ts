// An export against tools that are not ours, and against single-bit flips. Where python3 or openssl is missing the tests that
// need them say so in their names and are reported as skipped, never as passed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '#server/lib/canonical.ts';
import { bindingLine, formatCheckpoint, signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { cosign } from '#server/lib/log/cosignature.ts';
import { exportDirectory } from '#server/lib/log/directory.ts';
import { leafHash, merkleRoot } from '#server/lib/log/merkle.ts';
import { formatVkey, generateSigner } from '#server/lib/log/note.ts';
import { chooseFlips, missedFlips, ownCheck, python3, pythonCheck } from './flip-export.ts';

const tools = (['python3', 'openssl'] as const).filter(
  (tool) => spawnSync(tool, [tool === 'openssl' ? 'version' : '--version']).status !== 0,
);
const needs = tools.length === 0 ? '' : ` (NOT RUN: ${tools.join(' and ')} missing on this machine)`;
const testWithTools = test.skipIf(tools.length > 0);

const log = generateSigner('log.example/kuzot');
const witnesses = ['court', 'party'].map((name) => generateSigner(`${name}.example/w`, 4));
const script = join(import.meta.dirname, 'check-export.py');
let folder: string;
let dir: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kuzot-check-'));
  dir = join(folder, 'export');
  const leaves = Array.from({ length: 700 }, (_, i) =>
    Buffer.from(canonicalJson({ act: 'voter.view', n: 1, purpose: 'тизме', t: 1_700_000_000_000 + i, v: 1 })),
  );
  const vkey = formatVkey(log.verifier);
  const named = witnesses.map(({ verifier }, i) => `witness w${i} ${formatVkey(verifier)}\n`).join('');
  const policyText = `log ${vkey}\n${named}group all all w0 w1\nquorum all\n`;
  const checkpoint = {
    origin: log.verifier.name,
    size: leaves.length,
    root: merkleRoot(leaves.map(leafHash)),
    extensions: [bindingLine(`${vkey}\n`, policyText)],
  };
  const lines = witnesses.map((by) => cosign(formatCheckpoint(checkpoint), 1_700_000_000, by));
  const note = signCheckpoint(checkpoint, log) + lines.join('');
  const source = { note, vkey, policyText, readLeaves: (from: number, to: number) => leaves.slice(from, to) };
  expect(await exportDirectory(source, dir)).toMatchObject({ kind: 'ok' });
});
afterAll(() => rmSync(folder, { recursive: true }));

const python = (...args: string[]) => spawnSync(python3, [script, ...args], { encoding: 'utf8' });

/** A copy with one file changed. */
function changed(file: string, change: (bytes: Buffer) => Buffer | string): string {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(dir, copy, { recursive: true });
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file))));
  return copy;
}

describe('an export with witnesses', () => {
  test('gives away each of a thousand flipped bits, in every file', { timeout: 300_000 }, async () => {
    const flips = chooseFlips(dir, 500, 8);
    expect(flips.length).toBeGreaterThan(1_000);
    expect(await missedFlips(dir, flips, ownCheck)).toEqual([]);
  });

  test('is not flipped in vain: a check that sees nothing misses every flip', async () => {
    const flips = chooseFlips(dir, 10, 512);
    expect(await missedFlips(dir, flips, () => true)).toEqual(flips);
  });

  testWithTools(`is accepted by a checker that shares no code with it${needs}`, () => {
    const own = python(dir, formatVkey(log.verifier));
    expect(own.stderr).toBe('');
    expect(own.stdout).toContain('ok: 700 entries of log.example/kuzot');
    expect(own.stdout).toContain('cosigned by court.example/w at 1700000000');
    expect(own.status).toBe(0);
    expect(python(dir).stdout).toContain('taken from the directory itself');
    expect(python(dir, join(dir, 'vkey')).status).toBe(0);
  });

  testWithTools(
    `is refused by that checker with another key, fewer witnesses or one file too many${needs}`,
    () => {
      const other = formatVkey(generateSigner('log.example/kuzot').verifier);
      expect(python(dir, other)).toMatchObject({ status: 1, stderr: expect.stringContaining('another key') });
      const alone = changed(
        'checkpoint',
        (bytes) => `${bytes.toString().trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      );
      expect(python(alone)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('too few witnesses'),
      });
      const more = changed('vkey', (bytes) => bytes);
      writeFileSync(join(more, 'tile/0/009'), 'x');
      expect(python(more)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('tile/0/009 does not'),
      });
      const stranger = changed('vkey', (bytes) => bytes);
      symlinkSync(dir, join(stranger, 'tile\n\u001b[2Kok: 700 entries'));
      expect(python(stranger)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^wrong: tile\\n\\x1b\[2Kok: 700 entries does not belong.*\n$/),
      });
      rmSync(join(stranger, 'vkey'));
      spawnSync('mkfifo', [join(stranger, 'vkey')]);
      expect(python(stranger)).toMatchObject({ status: 1, stderr: expect.stringContaining('no plain file') });
      expect(python(join(folder, 'nowhere')).status).toBe(1);
      expect(python().status).toBe(2);
    },
  );

  testWithTools(`gives away flipped bits to that checker too${needs}`, { timeout: 600_000 }, async () => {
    const flips = chooseFlips(dir, 8, 768);
    expect(await missedFlips(dir, flips, pythonCheck)).toEqual([]);
  });

  testWithTools(`is signed as the document lets anybody see with openssl alone${needs}`, () => {
    const document = readFileSync(join(import.meta.dirname, '../server/audit/CHECKING.md'), 'utf8');
    const recipe = /## The signature, by hand[\s\S]*?```sh\n([\s\S]*?)```/.exec(document)![1]!;
    const byHand = (cwd: string) => {
      const scratch = mkdtempSync(join(folder, 'by-hand-'));
      return spawnSync('bash', ['-ec', recipe.replaceAll('/tmp/', `${scratch}/`)], { cwd, encoding: 'utf8' });
    };
    expect(byHand(dir).stdout).toContain('Signature Verified Successfully');
    const forged = changed('checkpoint', (bytes) => bytes.toString().replace('\n700\n', '\n701\n'));
    expect(byHand(forged).stdout).not.toContain('Successfully');
  });
});
