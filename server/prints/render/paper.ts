/**
 * A PDF document as this room uses it: A4, Noto Sans embedded as a subset with its character map (so ң ө ү are drawn
 * and can be found again), fixed metadata, words placed one by one. Reads no clock and no time zone: equal calls make
 * equal bytes.
 */
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { type Line, type Measure, PAGE, printable, type Weight } from './list-layout.ts';
import { QR_QUIET_MODULES, qrCode } from './qr.ts';
import { shapeByPairs } from './shaping.ts';

const resolve = createRequire(import.meta.url).resolve;
const FONTS: Record<Weight, string> = {
  regular: resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'),
  bold: resolve('@expo-google-fonts/noto-sans/600SemiBold/NotoSans_600SemiBold.ttf'),
};
/** Where the baseline lies under the top of a line, as a share of the size. */
const BASELINE = 0.92;

export type TextStyle = {
  size: number;
  weight?: Weight;
  colour?: string;
  align?: 'left' | 'right' | 'center';
  /** Points at hand: a longer text is set smaller, never cut. */
  room?: number;
};

export type Paper = {
  measure: Measure;
  newPage: () => void;
  /** One line of text; (x, y) is its top left, right or centre, by `align`. Never wraps, never clips. */
  text: (text: string, x: number, y: number, style: TextStyle) => void;
  /** A wrapped line whose parts may differ in weight. */
  line: (line: Line, x: number, y: number, style: TextStyle) => void;
  rule: (x1: number, y1: number, x2: number, y2: number, colour: string, width: number) => void;
  fill: (x: number, y: number, width: number, height: number, colour: string) => void;
  /** A QR code in a white square of that side, quiet zone inside. */
  qr: (text: string, x: number, y: number, side: number) => void;
  /** The text across the page, behind what is drawn afterwards; marked as an artifact, so readers skip it. */
  watermark: (text: string, colour: string) => void;
  finish: () => Promise<Buffer>;
};

/** Opens a document. `madeAt` (epoch ms) is the only date in its metadata. */
export function openPaper(meta: { title: string; lang: string; madeAt: number }): Paper {
  const doc = new PDFDocument({
    pdfVersion: '1.7',
    autoFirstPage: false,
    size: 'A4',
    margin: 0,
    font: FONTS.regular,
    lang: meta.lang,
    displayTitle: true,
    info: { Title: meta.title, Creator: 'Kuzot', Producer: 'Kuzot', CreationDate: new Date(meta.madeAt) },
  });
  // Fonts are named by their path: under a registered name pdfkit parses the whole file again at every change.
  for (const weight of ['regular', 'bold'] as const) shapeByPairs(doc.font(FONTS[weight]));
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));

  // Widths are sums of characters' advances, each asked once at size 1000. Kerning, which shaping every distinct name
  // for its width would add, costs twice the whole rendering and moves a line by less than a cell's padding.
  const advances: Record<Weight, Map<string, number>> = { regular: new Map(), bold: new Map() };
  const measure: Measure = (text, weight, size) => {
    let width = 0;
    for (const character of text) {
      let advance = advances[weight].get(character);
      if (advance === undefined) {
        advance = doc.font(FONTS[weight]).fontSize(1000).widthOfString(character);
        advances[weight].set(character, advance);
      }
      width += advance;
    }
    return (width * size) / 1000;
  };

  const place = (text: string, x: number, y: number, size: number, weight: Weight, colour: string) => {
    doc.font(FONTS[weight]).fontSize(size).fillColor(colour);
    doc.text(text, x, y + size * BASELINE, { lineBreak: false, baseline: 'alphabetic' });
  };
  const startOf = (x: number, width: number, align: TextStyle['align']) =>
    align === 'right' ? x - width : align === 'center' ? x - width / 2 : x;

  const paper: Paper = {
    measure,
    newPage: () => {
      doc.addPage({ size: 'A4', margin: 0 });
    },
    text: (text, x, y, { size, weight = 'regular', colour = '#000000', align }) => {
      const clean = printable(text);
      if (clean !== '')
        place(clean, startOf(x, measure(clean, weight, size), align), y, size, weight, colour);
    },
    line: (line, x, y, { size, colour = '#000000', align }) => {
      let at = startOf(
        x,
        line.reduce((sum, part) => sum + measure(part.text, part.weight, size), 0),
        align,
      );
      for (const part of line) {
        place(part.text, at, y, size, part.weight, colour);
        at += measure(part.text, part.weight, size);
      }
    },
    rule: (x1, y1, x2, y2, colour, width) => {
      doc.lineWidth(width).strokeColor(colour).moveTo(x1, y1).lineTo(x2, y2).stroke();
    },
    fill: (x, y, width, height, colour) => {
      doc.rect(x, y, width, height).fill(colour);
    },
    qr: (text, x, y, side) => {
      const { size, runs } = qrCode(text);
      const module = side / (size + 2 * QR_QUIET_MODULES);
      paper.fill(x, y, side, side, '#ffffff');
      const left = x + QR_QUIET_MODULES * module;
      const top = y + QR_QUIET_MODULES * module;
      for (const run of runs) {
        doc.rect(left + run.x * module, top + run.y * module, run.width * module, module);
      }
      doc.fill('#000000');
    },
    watermark: (text, colour) => {
      const clean = printable(text);
      // As large as the diagonal allows, within reason: a long login must not run off the sheet.
      const size = Math.min(26, 560 / measure(clean, 'bold', 1));
      doc.markContent('Artifact', { type: 'Pagination' });
      for (const share of [0.22, 0.52, 0.82]) {
        const x = PAGE.width / 2;
        const y = PAGE.height * share;
        doc.save();
        doc.rotate(-30, { origin: [x, y] });
        paper.text(clean, x, y - size / 2, { size, weight: 'bold', colour, align: 'center' });
        doc.restore();
      }
      doc.endMarkedContent();
    },
    finish: () =>
      new Promise((done, failed) => {
        doc.on('end', () => done(Buffer.concat(chunks)));
        doc.on('error', failed);
        doc.end();
      }),
  };
  return paper;
}
