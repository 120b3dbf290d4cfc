/**
 * Reads back what this room's PDFs say, for its tests: pages in order, every placed text through the embedded
 * character maps, and whether it is marked as an artifact. Knows only the PDFs `paper.ts` writes; never used to
 * read a file from outside.
 */
import { inflateSync } from 'node:zlib';

/** `x`, `y`: the baseline's start in points from the page's lower left corner (unrotated texts only). */
export type PlacedText = {
  text: string;
  x: number;
  y: number;
  size: number;
  font: string;
  artifact: boolean;
};
export type ProbedPdf = { pages: PlacedText[][]; fonts: string[]; title: string };

type PdfObject = { body: string; stream: Buffer | null };

function objectsOf(bytes: Buffer): Map<number, PdfObject> {
  const text = bytes.toString('latin1');
  const objects = new Map<number, PdfObject>();
  const start = /(\d+) 0 obj\n/g;
  for (let found = start.exec(text); found; found = start.exec(text)) {
    const from = start.lastIndex;
    const ends = /\bstream\n|\bendobj\b/g;
    ends.lastIndex = from;
    const end = ends.exec(text);
    if (!end) throw new Error(`object ${found[1]} does not end`);
    const body = text.slice(from, end.index);
    let stream: Buffer | null = null;
    start.lastIndex = ends.lastIndex;
    if (end[0].startsWith('stream')) {
      const length = Number(/\/Length (\d+)/.exec(body)?.[1]);
      const raw = bytes.subarray(ends.lastIndex, ends.lastIndex + length);
      stream = body.includes('/FlateDecode') ? inflateSync(raw) : raw;
      start.lastIndex = ends.lastIndex + length;
    }
    objects.set(Number(found[1]), { body, stream });
  }
  return objects;
}

const utf16 = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex').swap16().toString('utf16le');

/** Glyph number → text, from a ToUnicode map of arrays (`<from> <to> [<utf-16> …]`). */
function characterMap(cmap: string): Map<number, string> {
  const map = new Map<number, string>();
  for (const range of cmap.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g)) {
    const first = Number.parseInt(range[1] ?? '', 16);
    for (const [offset, unit] of [...(range[2] ?? '').matchAll(/<([0-9a-f ]*)>/g)].entries()) {
      map.set(first + offset, utf16(unit[1] ?? ''));
    }
  }
  return map;
}

const TOKEN =
  /\/(F\d+) ([\d.]+) Tf|1 0 0 1 ([\d.-]+) ([\d.-]+) Tm|\[([^\]]*)\] TJ|\/(\w+)(?: <<[^>]*>>)? (?:BDC|BMC)|\b(EMC)\b/g;

function textsOf(content: string, fonts: Map<string, Map<number, string>>): PlacedText[] {
  const texts: PlacedText[] = [];
  const marks: string[] = [];
  let at = { font: '', size: 0, x: 0, y: 0 };
  for (const [, font, size, x, y, shown, mark, end] of content.matchAll(TOKEN)) {
    if (font) at = { ...at, font, size: Number(size) };
    else if (x) at = { ...at, x: Number(x), y: Number(y) };
    else if (mark) marks.push(mark);
    else if (end) marks.pop();
    else if (shown !== undefined) {
      const hex = [...shown.matchAll(/<([0-9a-f]*)>/g)].map((part) => part[1]).join('');
      const text = (hex.match(/.{4}/g) ?? [])
        .map((glyph) => fonts.get(at.font)?.get(Number.parseInt(glyph, 16)) ?? '\ufffd')
        .join('');
      texts.push({ ...at, text, artifact: marks.includes('Artifact') });
    }
  }
  return texts;
}

/** Reads a PDF of `paper.ts`; throws when its structure is not what that file writes. */
export function probePdf(bytes: Buffer): ProbedPdf {
  const objects = objectsOf(bytes);
  const get = (id: string | undefined): PdfObject => {
    const object = objects.get(Number(id));
    if (!object) throw new Error(`object ${id} is missing`);
    return object;
  };
  const tree = [...objects.values()].find((object) => object.body.includes('/Type /Pages'));
  const kids = [...(/\/Kids \[([^\]]*)\]/.exec(tree?.body ?? '')?.[1] ?? '').matchAll(/(\d+) 0 R/g)];
  const names = new Set<string>();
  const pages = kids.map(([, id]) => {
    const page = get(id).body;
    const resources = get(/\/Resources (\d+) 0 R/.exec(page)?.[1]).body;
    const fonts = new Map<string, Map<number, string>>();
    for (const [, name = '', font] of resources.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const body = get(font).body;
      names.add(/\/BaseFont \/(\S+)/.exec(body)?.[1] ?? '');
      fonts.set(
        name,
        characterMap(get(/\/ToUnicode (\d+) 0 R/.exec(body)?.[1]).stream?.toString('latin1') ?? ''),
      );
    }
    return textsOf(get(/\/Contents (\d+) 0 R/.exec(page)?.[1]).stream?.toString('latin1') ?? '', fonts);
  });
  const info = [...objects.values()].find((object) => object.body.includes('/Producer'))?.body ?? '';
  const raw = Buffer.from(
    get(/\/Title (\d+) 0 R/.exec(info)?.[1])
      .body.trim()
      .slice(1, -1),
    'latin1',
  );
  const title = raw
    .subarray(2, raw.length & ~1)
    .swap16()
    .toString('utf16le');
  return { pages, fonts: [...names].sort(), title };
}
