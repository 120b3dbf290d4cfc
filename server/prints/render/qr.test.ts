/** Claims: the path fills exactly the dark modules, and a text too long for paper is refused, not shrunk. */
import { encode } from 'uqr';
import { expect, it } from 'vitest';
import { QR_MAX_BYTES, QR_QUIET_MODULES, qrCode, qrSvgPath } from './qr.ts';

it('runs cover every dark module once and no light one', () => {
  const text = 'K7QM3-WXD9A-BC4EF — ңөү';
  const { size, runs } = qrCode(text);
  const expected = encode([...Buffer.from(text, 'utf8')], { ecc: 'M', border: 0 });
  const filled = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const { x, y, width } of runs) for (let dx = 0; dx < width; dx += 1) filled[y]![x + dx]! += 1;
  expect(filled).toEqual(expected.data.map((row) => row.map(Number)));
});

it('the SVG path is commands and numbers only, inside its quiet zone', () => {
  const { side, path } = qrSvgPath('K7QM3-WXD9A-BC4EF');
  expect(path).toMatch(/^(M\d+ \d+h\d+v1h-\d+z)+$/);
  const starts = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].map((m) => [
    Number(m[1]),
    Number(m[2]),
    Number(m[3]),
  ]);
  for (const [x = 0, y = 0, width = 0] of starts) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(QR_QUIET_MODULES);
    expect(Math.max(x + width, y + 1)).toBeLessThanOrEqual(side - QR_QUIET_MODULES);
  }
});

it('refuses what would need modules too fine for a photocopy', () => {
  expect(() => qrCode('a'.repeat(QR_MAX_BYTES + 1))).toThrow(RangeError);
  expect(() => qrCode('ң'.repeat(QR_MAX_BYTES / 2 + 1))).toThrow(RangeError);
});
