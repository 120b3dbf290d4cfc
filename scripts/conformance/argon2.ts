// argon2-kats: the known answers of the Argon2 reference implementation, for the library that hashes passwords here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argon2d, argon2i, argon2id, hash } from 'argon2';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

const types = { Argon2d: argon2d, Argon2i: argon2i, Argon2id: argon2id } as const;

export async function runArgon2(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  let inner = 0;
  for (const file of filesUnder(dir).filter((name) => !name.endsWith('.shasum'))) {
    const text = readFileSync(join(dir, file), 'utf8');
    const known = parseAnswer(text);
    if (known === null) continue;
    inner += text.match(/^(Block \d+ |Pre-hashing digest)/gm)?.length ?? 0;
    await tally.check(file, async () => {
      const tag = await hash(known.password, { ...known.options, raw: true });
      return tag.equals(known.tag) ? null : `the tag is ${tag.toString('hex')}`;
    });
  }
  if (inner > 0) {
    tally.note(
      `${inner} intermediate values (pre-hashing digests, memory blocks) are not shown by the library: not checked`,
    );
  }
  return tally.result('argon2-kats');
}

/** One file: type and version, parameters, hex inputs, and the tag; null for a file of another kind. */
function parseAnswer(text: string) {
  const kind = /^(Argon2(?:d|i|id)) version number (\d+)$/m.exec(text);
  const costs =
    /^Memory: (\d+) KiB, Iterations: (\d+), Parallelism: (\d+) lanes, Tag length: (\d+) bytes$/m.exec(text);
  if (kind === null || costs === null) return null;
  const hex = (label: string) => {
    const found = new RegExp(`^${label}(?:\\[\\d+\\])?: ((?:[0-9a-f]{2} ?)*)$`, 'm').exec(text);
    return Buffer.from((found?.[1] ?? '').replaceAll(' ', ''), 'hex');
  };
  return {
    password: hex('Password'),
    tag: hex('Tag'),
    options: {
      type: types[kind[1] as keyof typeof types],
      version: Number(kind[2]),
      memoryCost: Number(costs[1]),
      timeCost: Number(costs[2]),
      parallelism: Number(costs[3]),
      hashLength: Number(costs[4]),
      salt: hex('Salt'),
      secret: hex('Secret'),
      associatedData: hex('Associated data'),
    },
  };
}
