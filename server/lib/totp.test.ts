// One-time codes against the vectors of RFC 6238, Appendix B (SHA-1; the last six of its eight digits).
import { describe, expect, test } from 'vitest';
import { codeAt, seedAddress, seedText, stepOfCode } from './totp.ts';

const seed = Buffer.from('12345678901234567890');

describe('one-time codes', () => {
  test.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('RFC 6238: at %i seconds the code is %s', (seconds, code) => {
    expect(codeAt(seed, seconds * 1000)).toBe(code);
    expect(stepOfCode(seed, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  test('names the step the code belongs to, one to either side and no more', () => {
    const now = 1_234_567_890_000;
    const step = Math.floor(now / 30_000);
    const code = (drift: number) => codeAt(seed, now + drift * 30_000);
    for (const drift of [-1, 0, 1]) expect(stepOfCode(seed, code(drift), now)).toBe(step + drift);
    for (const drift of [-3, -2, 2, 3]) expect(stepOfCode(seed, code(drift), now)).toBeNull();
  });

  test('what is not six plain digits belongs to no step', () => {
    for (const text of ['', '28708', '2870820', ' 28708', '28708a', '２８７０８２'])
      expect(stepOfCode(seed, text, 59_000)).toBeNull();
  });

  test('the seed reads as apps expect it', () => {
    expect(seedText(seed)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(codeAt(seedText(seed), 59_000)).toBe('287082');
    const address = new URL(seedAddress(seed, 'Kuzot', 'person1'));
    expect([address.protocol, address.host]).toEqual(['otpauth:', 'totp']);
    expect(address.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(address.searchParams.get('issuer')).toBe('Kuzot');
  });
});
