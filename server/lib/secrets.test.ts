// Field encryption: what it must refuse (ASVS 11.3.3, 11.3.4).
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSealer, SealBroken } from './secrets.ts';

const key = randomBytes(32);
const place = { table: 'officer', column: 'totp_seed', id: 'a1' };
const sealer = createSealer(key, 7);
const secret = Buffer.from('twenty bytes of seed');

describe('a sealed value', () => {
  test('opens where it was sealed, empty ones too', () => {
    expect(sealer.open(place, sealer.seal(place, secret))).toEqual(secret);
    expect(sealer.open(place, sealer.seal(place, Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
  });

  test('11.3.3 any flipped bit refuses it', () => {
    const sealed = sealer.seal(place, secret);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => sealer.open(place, changed)).toThrow(SealBroken);
    }
  });

  test('a shortened one is refused, at every length', () => {
    const sealed = sealer.seal(place, secret);
    for (let n = 0; n < sealed.length; n++)
      expect(() => sealer.open(place, sealed.subarray(0, n))).toThrow(SealBroken);
  });

  test('moved to another table, column or row it does not open', () => {
    const sealed = sealer.seal(place, secret);
    for (const other of [{ table: 'voter' }, { column: 'password_hash' }, { id: 'a2' }])
      expect(() => sealer.open({ ...place, ...other }, sealed)).toThrow(SealBroken);
  });

  test('names that run together are still two places', () => {
    const sealed = sealer.seal({ table: 'a', column: 'b","c', id: 'd' }, secret);
    expect(() => sealer.open({ table: 'a', column: 'b', id: 'c","d' }, sealed)).toThrow(SealBroken);
  });

  test('11.3.4 nonces differ: the same secret never looks the same', () => {
    const seen = new Set(
      Array.from({ length: 2000 }, () => sealer.seal(place, secret).subarray(5, 17).toString('hex')),
    );
    expect(seen.size).toBe(2000);
  });

  test('13.3.4 after a rotation old values open with the retired key, and only with it', () => {
    const sealed = sealer.seal(place, secret);
    const next = randomBytes(32);
    const rotated = createSealer(next, 8, new Map([[7, key]]));
    expect(rotated.open(place, sealed)).toEqual(secret);
    expect(rotated.seal(place, secret).readUInt32BE(1)).toBe(8);
    expect(() => createSealer(next, 8).open(place, sealed)).toThrow(SealBroken);
    expect(() => createSealer(next, 7).open(place, sealed)).toThrow(SealBroken);
  });

  test('says which column does not open, and nothing of the value', () => {
    const message = (() => {
      try {
        sealer.open(place, Buffer.from('hello'));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toBe('a value of officer.totp_seed does not open');
  });

  test('keys of another length are refused', () => {
    expect(() => createSealer(Buffer.alloc(16), 1)).toThrow(RangeError);
    expect(() => createSealer(key, 1, new Map([[0, Buffer.alloc(31)]]))).toThrow(RangeError);
  });
});
