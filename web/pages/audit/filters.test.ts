/** Claim: a moment in the address is what the server reads back as the same moment. */
import { expect, test } from 'vitest';
import { asked } from './filters.ts';

test('a bar’s own times select exactly its entries', () => {
  for (const text of ['2026-03-05T09:00:00.000', '2026-03-05T09:59:59.999', '2026-03-05T00:00:07.040']) {
    const at = Date.parse(`${text}+06:00`);
    expect(Date.parse(`${asked(at)}+06:00`)).toBe(at);
  }
});
