/** Officers at a terminal, for tests of the command line. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { codeAt, stepSeconds } from '#server/lib/totp.ts';
import { bareEnv } from './bare-env.ts';

export interface Typist {
  password: string;
  seed: Buffer;
}

const root = resolve(import.meta.dirname, '../..');
/** Beyond every step of a code that the command before may have used up. */
const betweenMs = 3 * stepSeconds * 1000;

/** Each command runs so much later, by its own clock, than the one before: a code is good once, and nobody waits for the next. */
export function terminal() {
  let later = 0;
  return {
    /** What somebody types for the next command: the password, then so many codes, each accepted a step early. */
    typed({ password, seed }: Typist, codes: number): string {
      const now = Date.now() + later;
      const lines = Array.from({ length: codes }, (_, n) => codeAt(seed, now + n * stepSeconds * 1000));
      return `${[password, ...lines].join('\n')}\n`;
    },
    run(args: readonly string[], input = '') {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', join(import.meta.dirname, 'later.ts'), join(root, 'scripts/kuzot.ts'), ...args],
        { encoding: 'utf8', input, env: { ...bareEnv, KUZOT_TEST_LATER: String(later) } },
      );
      later += betweenMs;
      return { code: status, out: stdout, err: stderr };
    },
  };
}
