/**
 * The command line for tests of what commands do: the same program in this process, which is spared a start of two seconds each
 * time. What only a process of its own can show (exit, signals, a kill, a broken pipe) is started as one: `spawnKuzot`.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { format } from 'node:util';
import { useDatabaseKeys } from '#db/sqlite/cipher.ts';
import { codeAt, stepSeconds } from '#server/lib/totp.ts';
import { untilTomorrow } from '#server/test/no-midnight.ts';
import { bareEnv } from './bare-env.ts';
import { runKuzot } from './program.ts';

export interface Typist {
  password: string;
  seed: Buffer;
}

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export interface Around {
  /** Lines of standard input. */
  input?: string;
  /** Beside what every command sees (bare-env.ts). */
  env?: Record<string, string>;
  /** By how much the clock is ahead. */
  aheadMs?: number;
}

const root = resolve(import.meta.dirname, '../..');
/** Beyond every step of a code that the command before may have used up. */
const betweenMs = 3 * stepSeconds * 1000;

/** One command line in a process of its own. */
export function spawnKuzot(args: readonly string[], { input = '', env = {} }: Around = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/kuzot.ts'), ...args], {
    encoding: 'utf8',
    input,
    env: { ...bareEnv, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

/** One command line, here; a bug ends it as it would a process: 1, and its stack. One at a time. */
export const kuzot = (args: readonly string[], around: Around = {}): Promise<Ran> =>
  asProcess(() => runKuzot(args), around);

/** Runs work that takes the process for its own: what it reads of it is given, what it writes is caught, what it leaves is undone. */
export async function asProcess(work: () => Promise<number>, around: Around = {}): Promise<Ran> {
  const { input = '', env = {}, aheadMs = 0 } = around;
  const out: string[] = [];
  const err: string[] = [];
  const heard = (said: string[]) => (text: string | Uint8Array) => said.push(String(text)) > 0;
  const back = [
    replace(console, 'log', (...said: unknown[]) => void out.push(format(...said), '\n')),
    replace(console, 'error', (...said: unknown[]) => void err.push(format(...said), '\n')),
    replace(process.stdout, 'write', heard(out)),
    replace(process.stderr, 'write', heard(err)),
    replace(process, 'stdin', Readable.from(input === '' ? [] : [input]) as typeof process.stdin),
    replace(process, 'env', { ...bareEnv, ...env }),
    replace(globalThis, 'Date', aheadMs === 0 ? Date : aheadBy(aheadMs)),
  ];
  // As in a process that has just begun, and again once it has ended.
  useDatabaseKeys([]);
  const before = process.exitCode;
  process.exitCode = undefined;
  const ran = (code: number) => ({ code, out: out.join(''), err: err.join('') });
  try {
    return ran(await work());
  } catch (error) {
    err.push(error instanceof Error ? (error.stack ?? String(error)) : String(error), '\n');
    return ran(1);
  } finally {
    process.exitCode = before;
    useDatabaseKeys([]);
    for (const undo of back.toReversed()) undo();
  }
}

/** Puts something in the place of a property; the answer puts it back. */
function replace<O extends object, K extends keyof O>(of: O, name: K, by: O[K]): () => void {
  const before = Object.getOwnPropertyDescriptor(of, name);
  Object.defineProperty(of, name, { value: by, configurable: true, enumerable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(of, name, before);
    else Reflect.deleteProperty(of, name);
  };
}

function aheadBy(ms: number): DateConstructor {
  const Real = Date;
  return class extends Real {
    constructor(...given: [] | [string | number | Date]) {
      if (given.length === 0) super(Real.now() + ms);
      else super(...(given as [number]));
    }
    static override now(): number {
      return Real.now() + ms;
    }
  } as DateConstructor;
}

/**
 * Each command begins, by its own clock, with a half minute, and later than the one before: a code is good once, nobody waits for
 * the next, and those typed are accepted for a whole minute at least.
 */
export function terminal() {
  const stepMs = stepSeconds * 1000;
  let ended = 0;
  let begins: number | null = null;
  function beginning(): number {
    const now = Date.now();
    begins ??= Math.ceil(Math.max(now + untilTomorrow(now), ended + betweenMs) / stepMs) * stepMs;
    return begins;
  }
  return {
    /** What somebody types for the next command: the password, then so many codes, each a step after the other. */
    typed({ password, seed }: Typist, codes: number): string {
      const lines = Array.from({ length: codes }, (_, n) => codeAt(seed, beginning() + n * stepMs));
      return `${[password, ...lines].join('\n')}\n`;
    },
    async run(args: readonly string[], input = '') {
      const aheadMs = beginning() - Date.now();
      const ran = await kuzot(args, { input, aheadMs });
      ended = Date.now() + aheadMs;
      begins = null;
      return ran;
    },
  };
}
