// Hashing of passwords: argon2id with a pepper, never more than a few at once, behind a bounded queue, so that a flood of
// log-ins can neither exhaust memory nor starve everything else. Judges no password; keeps none.
import { argon2id, hash as argonHash, verify as argonVerify } from 'argon2';

export interface Hasher {
  /** PHC string of the password. @throws HashingBusy when too many wait. */
  hash(password: string): Promise<string>;
  /** Exact comparison: case and every character count. @throws HashingBusy when too many wait. */
  verify(hash: string, password: string): Promise<boolean>;
  /** Takes as long as a verification and is never true: what an unknown account is answered with. */
  verifyNothing(password: string): Promise<false>;
}

/** More passwords are waiting to be hashed than is reasonable. */
export class HashingBusy extends Error {
  override readonly name = 'HashingBusy';
}

export interface HasherOptions {
  /** Secret mixed into every hash, from the keys folder; at least 32 bytes. */
  pepper: Buffer;
  /** Hashings at once. */
  atOnce?: number;
  /** Hashings that may wait. */
  queue?: number;
}

/** OWASP's argon2id floor: 19 MiB, two passes, one lane. About 40 ms here. */
const cost = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Of nobody's password, at the same cost; it only takes the time. */
const nobodys = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`;

/** NFC, so that й typed as one or two code points is the same password (SP 800-63B-4, 3.1.1.2). */
const normal = (password: string) => password.normalize('NFC');

export function createHasher({ pepper, atOnce = 2, queue = 64 }: HasherOptions): Hasher {
  if (pepper.length < 32) throw new RangeError('the pepper has at least 32 bytes');
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= queue) throw new HashingBusy('too many passwords are waiting to be hashed');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  const hash = (password: string) => inTurn(() => argonHash(normal(password), { ...cost, secret: pepper }));
  const verify = (stored: string, password: string) =>
    inTurn(() => argonVerify(stored, normal(password), { secret: pepper }));

  return {
    hash,
    verify,
    async verifyNothing(password) {
      await verify(nobodys, password);
      return false;
    },
  };
}
