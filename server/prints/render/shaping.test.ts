/** Claim: words put together from pairs make the very file that words shaped whole make. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import PDFDocument from 'pdfkit';
import { expect, it } from 'vitest';
import { shapeByPairs } from './shaping.ts';

const font = createRequire(import.meta.url).resolve(
  '@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf',
);

async function drawn(
  texts: readonly string[],
  byPairs: boolean,
): Promise<{ bytes: Buffer; shapedWhole: number }> {
  const doc = new PDFDocument({ font, compress: false, info: { CreationDate: new Date(0) } });
  const inner = doc as unknown as { _font: { font: { layout: (text: string) => unknown } } };
  const layout = inner._font.font.layout.bind(inner._font.font);
  let shapedWhole = 0;
  inner._font.font.layout = (text) => {
    shapedWhole += 1;
    return layout(text);
  };
  if (byPairs) shapeByPairs(doc);
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const [index, text] of texts.entries()) doc.text(text, 20, 20 + 14 * index, { lineBreak: false });
  const ended = new Promise((done) => doc.on('end', done));
  doc.end();
  await ended;
  return { bytes: Buffer.concat(chunks), shapedWhole };
}

it('for kerned, ligated, accented and astral texts alike', async () => {
  const letters = fc.constantFrom(...'ГТРАоауңөүЁйШ.,-0179№ fiflAVTo«»', 'и\u0306', '\u0301', '😀', '字');
  const text = fc.array(letters, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 30 }), async (texts) => {
      expect((await drawn(texts, true)).bytes.equals((await drawn(texts, false)).bytes)).toBe(true);
    }),
    { numRuns: 15 },
  );
});

it('with far less shaping for many names of the same letters', async () => {
  const names = Array.from(
    { length: 400 },
    (_, n) => `Өмүр${'абвг'[n % 4]}${'деёж'[(n >> 2) % 4]}${n.toString(2)}`,
  );
  const pairs = (await drawn(names, true)).shapedWhole;
  const whole = (await drawn(names, false)).shapedWhole;
  expect(whole).toBe(400);
  expect(pairs).toBeLessThan(60);
});
