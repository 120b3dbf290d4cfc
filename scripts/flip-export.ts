// Flips single bits of an exported log and counts those a check does not notice: `node scripts/flip-export.ts DIR`. Works on
// a copy. Every bit of the head files (vkey, policy, checkpoint, last newlines included) is flipped, and as many random
// ones of the rest as asked for, each tile and bundle at least once. Exit code 1 when one was missed.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';

export interface Flip {
  file: string;
  bit: number;
}

export type Check = (dir: string) => Promise<boolean> | boolean;

const heads = ['vkey', 'policy', 'checkpoint'];

/** Every bit of the head files and `more` random ones of the others; of `heads`, one in `step`. */
export function chooseFlips(dir: string, more: number, step = 1): Flip[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => relative(dir, join(item.parentPath, item.name)))
    .sort();
  const bitsOf = (file: string) => readFileSync(join(dir, file)).length * 8;
  const chosen = heads.flatMap((file) => {
    const bits = bitsOf(file);
    const first = step === 1 ? 0 : randomInt(step);
    const some = Array.from({ length: Math.ceil((bits - first) / step) }, (_, i) => first + i * step);
    // The last newline is easily forgotten.
    return [...new Set([...some, bits - 1])].map((bit) => ({ file, bit }));
  });
  const rest = files.filter((file) => !heads.includes(file));
  const each = rest.map((file) => ({ file, bit: randomInt(bitsOf(file)) }));
  const random = Array.from({ length: Math.max(0, more - each.length) }, () => {
    const file = rest[randomInt(rest.length)]!;
    return { file, bit: randomInt(bitsOf(file)) };
  });
  return [...chosen, ...each.slice(0, more), ...random];
}

/** Those flips that `isRight` takes for a whole log. @throws when it finds fault with the copy as it stands */
export async function missedFlips(
  dir: string,
  flips: readonly Flip[],
  isRight: Check,
  onProgress: (done: number) => void = () => undefined,
): Promise<Flip[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kuzot-flips-'));
  const copy = join(folder, 'log');
  const missed: Flip[] = [];
  try {
    cpSync(dir, copy, { recursive: true });
    if (!(await isRight(copy))) throw new Error('the export is not right to begin with');
    for (const [i, { file, bit }] of flips.entries()) {
      const path = join(copy, file);
      const bytes = readFileSync(path);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      if (await isRight(copy)) missed.push({ file, bit });
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, bytes);
      onProgress(i + 1);
    }
    if (!(await isRight(copy))) throw new Error('the copy is not what it was');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return missed;
}

/** This program's own check, with the quorum of the log's policy. */
export const ownCheck: Check = async (dir) => {
  const result = await verifyDirectory(dir);
  return result.kind === 'ok' && result.quorumMet;
};

/** The interpreter itself: on some machines a script stands for it that takes longer than the check. */
export const python3 =
  spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout?.trim() ||
  'python3';

/** The check in Python; exit code 2 means that it could not be made. */
export const pythonCheck: Check = (dir) => {
  const script = join(import.meta.dirname, 'check-export.py');
  const { status, stderr } = spawnSync(python3, [script, dir], { encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`check-export.py: ${status} ${stderr}`);
  return status === 0;
};

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { flips: { type: 'string', default: '1000' }, with: { type: 'string', default: 'kuzot' } },
  });
  const [dir] = positionals;
  const checks: Record<string, Check> = { kuzot: ownCheck, python: pythonCheck };
  const check = checks[values.with];
  if (dir === undefined || check === undefined || !/^\d+$/.test(values.flips)) {
    console.error('node scripts/flip-export.ts DIR [--flips 1000] [--with kuzot|python]');
    process.exit(2);
  }
  const flips = chooseFlips(dir, Number(values.flips), values.with === 'python' ? 16 : 1);
  const missed = await missedFlips(dir, flips, check, (done) => {
    if (done % 500 === 0) console.error(`${done} of ${flips.length}`);
  });
  for (const { file, bit } of missed) console.log(`missed: ${file} bit ${bit}`);
  console.log(
    `${flips.length} single-bit flips, ${flips.length - missed.length} found, ${missed.length} missed`,
  );
  process.exitCode = missed.length === 0 ? 0 : 1;
}
