// Hashing of passwords: peppered, exact, bounded.
import { verify } from 'argon2';
import { describe, expect, test } from 'vitest';
import { createHasher, HashingBusy } from './passwords.ts';

const pepper = Buffer.alloc(32, 5);

describe('the hasher', () => {
  test('argon2id with 19 MiB, two passes, one lane, and a fresh salt each time', async () => {
    const hasher = createHasher({ pepper });
    const [a, b] = [await hasher.hash('Walnut-Orbit-2291'), await hasher.hash('Walnut-Orbit-2291')];
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$|^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(a).not.toBe(b);
    expect(await hasher.verify(a, 'Walnut-Orbit-2291')).toBe(true);
    expect(await hasher.verify(a, 'walnut-orbit-2291')).toBe(false);
  });

  test('a stolen table is worth nothing without the pepper', async () => {
    const hash = await createHasher({ pepper }).hash('Walnut-Orbit-2291');
    expect(await verify(hash, 'Walnut-Orbit-2291')).toBe(false);
    expect(await createHasher({ pepper: Buffer.alloc(32, 6) }).verify(hash, 'Walnut-Orbit-2291')).toBe(false);
  });

  test('й typed as one or two code points is the same password', async () => {
    const hasher = createHasher({ pepper });
    expect(await hasher.verify(await hasher.hash('Kx7#\u0439aaa'), 'Kx7#\u0438\u0306aaa')).toBe(true);
  });

  test('nothing is cut off: 128 characters count to the last', async () => {
    const hasher = createHasher({ pepper });
    const hash = await hasher.hash(`${'a'.repeat(127)}b`);
    expect(await hasher.verify(hash, `${'a'.repeat(127)}c`)).toBe(false);
  });

  test('beyond the queue it refuses at once instead of piling up, and then goes on', async () => {
    const hasher = createHasher({ pepper, atOnce: 1, queue: 2 });
    const settled = await Promise.allSettled(
      Array.from({ length: 6 }, () => hasher.hash('Walnut-Orbit-2291')),
    );
    expect(settled.map((one) => one.status)).toEqual([
      ...Array(3).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(HashingBusy);
    await expect(hasher.hash('Walnut-Orbit-2291')).resolves.toContain('$argon2id$');
  });

  test('one network fills its own part of the queue only; the known go before all strangers', async () => {
    const order: string[] = [];
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const verify = async (_hash: string, password: string | Buffer) => {
      await opened;
      order.push(String(password));
      return true;
    };
    const argon2 = { hash: async () => '', verify } as unknown as NonNullable<
      Parameters<typeof createHasher>[0]['argon2']
    >;
    const hasher = createHasher({ pepper, atOnce: 1, queue: 4, perNetwork: 2, argon2 });
    const running = hasher.verify('h', 'first', '10.0.0.1');
    const waiting = [hasher.verify('h', 'a1', '10.0.0.1'), hasher.verify('h', 'a2', '10.0.0.1')];
    await expect(hasher.verify('h', 'a3', '10.0.0.1')).rejects.toBeInstanceOf(HashingBusy);
    waiting.push(hasher.verify('h', 'b1', '10.0.0.2'), hasher.verify('h', 'b2', '10.0.0.2'));
    await expect(hasher.verify('h', 'c1', '10.0.0.3')).rejects.toBeInstanceOf(HashingBusy);
    waiting.push(hasher.verify('h', 'known'));
    open();
    await Promise.all([running, ...waiting]);
    expect(order).toEqual(['first', 'known', 'a1', 'a2', 'b1', 'b2']);
  });

  test('verifying nothing waits its turn like a verification and is never true', async () => {
    const hasher = createHasher({ pepper, atOnce: 1, queue: 0 });
    const first = hasher.verifyNothing('Walnut-Orbit-2291');
    await expect(hasher.verifyNothing('Walnut-Orbit-2291')).rejects.toBeInstanceOf(HashingBusy);
    expect(await first).toBe(false);
  });

  test('a short pepper is refused', () => {
    expect(() => createHasher({ pepper: Buffer.alloc(31) })).toThrow(RangeError);
  });
});
