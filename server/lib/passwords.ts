// Hashing of passwords: argon2id with a pepper, never more than a few at once, behind bounded queues, so that a flood of
// log-ins can neither exhaust memory nor starve everything else. Strangers wait in a queue of their own, each network in a
// part of it: those with a session or a known device go first and are never refused for what strangers do. Judges no
// password; keeps none.
import { argon2id, hash as argonHash, verify as argonVerify } from 'argon2';

export interface Hasher {
  /** PHC string of the password. @throws HashingBusy when too many wait. */
  hash(password: string): Promise<string>;
  /**
   * Exact comparison: case and every character count.
   * @param stranger the network of somebody who has neither a session nor a known device
   * @throws HashingBusy when too many wait
   */
  verify(hash: string, password: string, stranger?: string): Promise<boolean>;
  /** Whether a verification would be refused now: asked before anything else is done for an attempt. */
  isBusy(stranger?: string): boolean;
  /** Takes as long as a verification and is never true: what an unknown account is answered with. */
  verifyNothing(password: string, stranger?: string): Promise<false>;
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
  /** Hashings that may wait, of strangers and of the others each. */
  queue?: number;
  /** Of one network's strangers. */
  perNetwork?: number;
  /** The algorithm itself. */
  argon2?: { hash: typeof argonHash; verify: typeof argonVerify };
}

/** OWASP's argon2id floor: 19 MiB, two passes, one lane. About 40 ms here. */
const cost = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Of nobody's password, at the same cost; it only takes the time. */
const nobodys = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`;

/** NFC, so that й typed as one or two code points is the same password (SP 800-63B-4, 3.1.1.2). */
const normal = (password: string) => password.normalize('NFC');

export function createHasher({
  pepper,
  atOnce = 2,
  queue = 64,
  perNetwork = 16,
  argon2 = { hash: argonHash, verify: argonVerify },
}: HasherOptions): Hasher {
  if (pepper.length < 32) throw new RangeError('the pepper has at least 32 bytes');
  interface Waiting {
    go: () => void;
    network: string | undefined;
  }
  const known: Waiting[] = [];
  const strangers: Waiting[] = [];
  let running = 0;

  function isBusy(network?: string): boolean {
    if (running < atOnce) return false;
    if (network === undefined) return known.length >= queue;
    const ofNetwork = strangers.filter((one) => one.network === network).length;
    return strangers.length >= queue || ofNetwork >= perNetwork;
  }

  function line(network: string | undefined): Promise<void> {
    if (isBusy(network)) throw new HashingBusy('too many passwords are waiting to be hashed');
    const waiting = network === undefined ? known : strangers;
    return new Promise((go) => waiting.push({ go, network }));
  }

  async function inTurn<T>(work: () => Promise<T>, network?: string): Promise<T> {
    if (running >= atOnce) await line(network);
    else running += 1;
    try {
      return await work();
    } finally {
      const next = known.shift() ?? strangers.shift();
      if (next) next.go();
      else running -= 1;
    }
  }

  const hash = (password: string) => inTurn(() => argon2.hash(normal(password), { ...cost, secret: pepper }));
  const verify = (stored: string, password: string, stranger?: string) =>
    inTurn(() => argon2.verify(stored, normal(password), { secret: pepper }), stranger);

  return {
    hash,
    verify,
    isBusy,
    async verifyNothing(password, stranger) {
      await verify(nobodys, password, stranger);
      return false;
    },
  };
}
