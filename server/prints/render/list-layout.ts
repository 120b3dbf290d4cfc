/**
 * Where everything on a printed list goes: wrapping, row heights, pages. Pure geometry in points on A4; the widths
 * of words come from outside, so this knows no font and draws nothing. A row is never divided between two pages.
 */
import { birthText, editionOf, type ListVoter, type PrecinctList } from './precinct-list.ts';

/** A4 in points. The left margin leaves room for the binding. */
export const PAGE = { width: 595.28, height: 841.89, left: 48, right: 36, top: 36, bottom: 54 } as const;
export const CONTENT_WIDTH = PAGE.width - PAGE.left - PAGE.right;

export type Weight = 'regular' | 'bold';
export type Word = { text: string; weight: Weight };
export type Line = { text: string; weight: Weight }[];
/** Width in points of a text at a size. */
export type Measure = (text: string, weight: Weight, size: number) => number;

export type ColumnName =
  | 'number'
  | 'name'
  | 'surname'
  | 'givenName'
  | 'patronymic'
  | 'birth'
  | 'address'
  | 'signature';
export type Column = { name: ColumnName; width: number; size: number; align: 'left' | 'right' };

export type Row = { cells: Line[][]; height: number };
export type ListPage = { rows: Row[]; top: number };

export const CELL = { padX: 4, padY: 3.4, leading: 1.22 } as const;

/** One size a table, so that a row's cells share their baseline. */
const COLUMNS: Record<'posted' | 'working', Column[]> = {
  posted: [
    { name: 'number', width: 36, size: 9.5, align: 'right' },
    { name: 'surname', width: 166, size: 9.5, align: 'left' },
    { name: 'givenName', width: 138, size: 9.5, align: 'left' },
    { name: 'patronymic', width: CONTENT_WIDTH - 36 - 166 - 138, size: 9.5, align: 'left' },
  ],
  working: [
    { name: 'number', width: 32, size: 8.6, align: 'right' },
    { name: 'name', width: 168, size: 8.6, align: 'left' },
    { name: 'birth', width: 56, size: 8.6, align: 'left' },
    { name: 'address', width: CONTENT_WIDTH - 32 - 168 - 56 - 94, size: 8.6, align: 'left' },
    { name: 'signature', width: 94, size: 8.6, align: 'left' },
  ],
};
/** A hand signs in 20 points, not in 14. */
const LEAST_ROW = { posted: 15.5, working: 20 } as const;

export function listColumns(input: Pick<PrecinctList, 'list' | 'edition'>): Column[] {
  return COLUMNS[editionOf(input)];
}

/** What has no shape of its own, or turns the direction of reading. A joiner would only be seen in scripts no list is in. */
const UNSEEN = /[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** Accents beyond what any alphabet stacks: drawn, they would cover the rows around. */
const STACK = /(\p{M}{3})\p{M}+/gu;

/**
 * A text fit for one cell of paper: composed (NFC), blanks and line breaks folded to one space, without control
 * characters, what nobody sees and the marks that reverse reading order (a name must not rearrange its row); of stacked accents
 * three, and U+FFFD for the rest. Letters stay as given.
 */
export function printable(text: string): string {
  return text
    .normalize('NFC')
    .replace(UNSEEN, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(STACK, '$1\ufffd')
    .trim();
}

/** Words of one weight. */
export function words(text: string, weight: Weight = 'regular'): Word[] {
  const clean = printable(text);
  return clean === '' ? [] : clean.split(' ').map((part) => ({ text: part, weight }));
}

/**
 * Breaks words into lines no wider than `width`. A word too long for any line is divided, after a hyphen where it
 * has one, otherwise between characters; nothing is cut off. Words of the same weight on a line are joined.
 */
export function wrap(given: readonly Word[], width: number, size: number, measure: Measure): Line[] {
  const lines: Line[] = [];
  let line: Line = [];
  let used = 0;
  const space = measure(' ', 'regular', size);
  const close = () => {
    if (line.length > 0) lines.push(line);
    line = [];
    used = 0;
  };
  for (const word of given) {
    let rest = word.text;
    while (rest !== '') {
      const room = width - (line.length > 0 ? used + space : 0);
      let piece = rest;
      if (measure(rest, word.weight, size) > room) {
        piece = afterHyphen(rest, room, word.weight, size, measure);
        if (piece === '' && line.length > 0) {
          close();
          continue;
        }
        if (piece === '') piece = longestFitting(rest, width, word.weight, size, measure);
      }
      const pieceWidth = measure(piece, word.weight, size);
      const last = line.at(-1);
      if (last?.weight === word.weight) last.text += ` ${piece}`;
      else line.push({ text: last ? ` ${piece}` : piece, weight: word.weight });
      used += (used > 0 ? space : 0) + pieceWidth;
      rest = rest.slice(piece.length);
      if (rest !== '') close();
    }
  }
  close();
  return lines;
}

/** The longest beginning that ends in a hyphen between letters and fits, or '' (`56-батир` stays together). */
function afterHyphen(text: string, room: number, weight: Weight, size: number, measure: Measure): string {
  for (let at = text.lastIndexOf('-', text.length - 2); at > 0; at = text.lastIndexOf('-', at - 1)) {
    const piece = text.slice(0, at + 1);
    if (/\p{L}-$/u.test(piece) && measure(piece, weight, size) <= room) return piece;
  }
  return '';
}

/** The longest beginning that fits, at least one character; never divides a surrogate pair or a combining mark. */
function longestFitting(text: string, width: number, weight: Weight, size: number, measure: Measure): string {
  const characters = text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? [text];
  let piece = '';
  for (const character of characters) {
    if (piece !== '' && measure(piece + character, weight, size) > width) break;
    piece += character;
  }
  return piece;
}

function cellWords(voter: ListVoter, column: ColumnName): Word[] {
  switch (column) {
    case 'number':
      return words(String(voter.number));
    case 'name':
      return [...words(voter.surname, 'bold'), ...words(voter.givenName), ...words(voter.patronymic)];
    case 'surname':
      return words(voter.surname, 'bold');
    case 'givenName':
      return words(voter.givenName);
    case 'patronymic':
      return words(voter.patronymic);
    case 'birth':
      return words(birthText(voter));
    case 'address':
      return words(voter.address ?? '');
    case 'signature':
      return [];
  }
}

/** Height of wrapped lines with the cell's padding. */
export function cellHeight(lines: number, size: number): number {
  return lines * size * CELL.leading + 2 * CELL.padY;
}

/** The rows of the table in order, each as high as its highest cell. */
export function layRows(input: PrecinctList, measure: Measure): Row[] {
  const columns = listColumns(input);
  const least = LEAST_ROW[editionOf(input)];
  return input.voters.map((voter) => {
    const cells = columns.map((column) =>
      wrap(cellWords(voter, column.name), column.width - 2 * CELL.padX, column.size, measure),
    );
    const heights = cells.map((lines, index) => cellHeight(lines.length, columns[index]?.size ?? 0));
    return { cells, height: Math.max(least, ...heights) };
  });
}

/**
 * Fills pages with rows. `firstTop` and `nextTop` are where the table's body begins on the first and on every other
 * page, `closing` the height kept free under the last row; when the closing does not fit, it gets a page of its own
 * together with the last row, so that signatures never stand on a sheet without voters.
 */
export function layPages(
  rows: readonly Row[],
  firstTop: number,
  nextTop: number,
  closing: number,
): { pages: ListPage[] } {
  const bottom = PAGE.height - PAGE.bottom;
  const pages: ListPage[] = [{ rows: [], top: firstTop }];
  let y = firstTop;
  for (const row of rows) {
    const page = pages.at(-1);
    if (page && page.rows.length > 0 && y + row.height > bottom) {
      pages.push({ rows: [], top: nextTop });
      y = nextTop;
    }
    pages.at(-1)?.rows.push(row);
    y += row.height;
  }
  const last = pages.at(-1);
  if (last && y + closing > bottom) {
    const carried = last.rows.length > 1 ? last.rows.splice(-1) : [];
    pages.push({ rows: carried, top: nextTop });
  }
  return { pages };
}
