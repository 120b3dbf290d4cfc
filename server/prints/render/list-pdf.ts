/**
 * A precinct's voter list on paper: heading with a QR code, a table whose heading repeats, on every page who took
 * it, when and under which log entry, on the last one the signatures and the signed checkpoint in words. Decides
 * nothing: whoever calls has the approvals and the entry. Equal input makes equal bytes.
 */
import { formatDateTime } from '#server/lib/dates.ts';
import {
  CELL,
  CONTENT_WIDTH,
  cellHeight,
  type Line,
  type ListPage,
  layPages,
  layRows,
  listColumns,
  PAGE,
  words,
  wrap,
} from './list-layout.ts';
import { LIST_WORDS, type ListWords } from './list-words.ts';
import { openPaper, type Paper } from './paper.ts';
import { editionOf, type PrecinctList } from './precinct-list.ts';
import { qrBytes } from './qr.ts';

/** Grey that a copier still shows, light enough to read a name over it. */
const WATERMARK = '#d2d2d2';
const FRAME = '#555555';
const HAIR = '#9a9a9a';
const HEAD_FILL = '#e9e9e9';
const QR_SIDE = 104;
/** Version 13 at level M: modules of half a millimetre in QR_SIDE, which survives a photocopy. */
const QR_PAYLOAD_BYTES = 331;
const HEAD_SIZE = 8;
const NOTE_SIZE = 6.5;

type Sheet = { input: PrecinctList; paper: Paper; say: ListWords; stamp: string };

/**
 * Renders the list as a PDF (A4). Throws only on bugs; bounds are `listFault`'s and are checked before.
 * The QR code holds `KUZOT-LIST-1`, `entry N`, `copy N` and the checkpoint note, or the note's first three lines
 * (origin, size, root) where the whole one would be too fine to scan.
 */
export async function renderPrecinctListPdf(input: PrecinctList): Promise<Buffer> {
  const say = LIST_WORDS[input.lang];
  const title = `${say.title[input.list]} — ${say.precinct(input.precinct.code)}`;
  const paper = openPaper({ title, lang: input.lang, madeAt: input.generatedAt });
  const { login, at, entry } = input.watermark;
  const stamp = `${login} · ${formatDateTime(at)} · ${say.entry(entry)}`;
  const sheet: Sheet = { input, paper, say, stamp };

  const heading = layHeading(sheet);
  const headHeight = tableHeadHeight(sheet);
  const closing = layClosing(sheet);
  const rows = layRows(input, paper.measure);
  const runningTop = PAGE.top + 18;
  const { pages } = layPages(
    rows,
    PAGE.top + heading.height + headHeight,
    runningTop + headHeight,
    rows.length === 0 ? closing.height + EMPTY_HEIGHT : closing.height,
  );

  for (const [index, page] of pages.entries()) {
    paper.newPage();
    paper.watermark(stamp, WATERMARK);
    if (index === 0) heading.draw();
    else drawRunningHead(sheet);
    const bottom = drawTable(sheet, page, page.top - headHeight, headHeight, rows.length === 0);
    if (index === pages.length - 1) closing.draw(bottom, pages.length > 1);
    drawFoot(sheet, index + 1, pages.length);
  }
  return paper.finish();
}

const EMPTY_HEIGHT = 40;

/** What the QR code says; see renderPrecinctListPdf. */
export function qrPayload(input: Pick<PrecinctList, 'watermark' | 'copyNumber' | 'checkpointNote'>): string {
  const head = `KUZOT-LIST-1\nentry ${input.watermark.entry}\ncopy ${input.copyNumber}\n`;
  const whole = head + input.checkpointNote;
  if (qrBytes(whole) <= QR_PAYLOAD_BYTES) return whole;
  const short = head + input.checkpointNote.split('\n').slice(0, 3).join('\n');
  // A log's name has no bound of its own: then size and root alone, which name the state without it.
  return qrBytes(short) <= QR_PAYLOAD_BYTES
    ? short
    : head + input.checkpointNote.split('\n').slice(1, 3).join('\n').slice(0, 100);
}

/** What of a cosigned note fits on paper: a long signature (ML-DSA) is cut, its witness named; so are very many. */
function witnessedLines(note: string): string {
  const lines = note
    .trimEnd()
    .split('\n')
    .map((line) => (line.length > 400 ? `${line.slice(0, 200)}…` : line));
  return (lines.length > 30 ? [...lines.slice(0, 30), '…'] : lines).join('\n');
}

/** Title, precinct, the facts of the list, and the QR code at the right. */
function layHeading(sheet: Sheet): { height: number; draw: () => void } {
  const { input, paper, say } = sheet;
  const { precinct, lang } = input;
  const room = CONTENT_WIDTH - QR_SIDE - 14;
  const name = { ky: precinct.nameKy, ru: precinct.nameRu, en: precinct.nameEn }[lang];
  const blocks: { lines: Line[]; size: number; after: number }[] = [];
  const block = (given: Parameters<typeof wrap>[0], size: number, after: number) =>
    blocks.push({ lines: wrap(given, room, size, paper.measure), size, after });
  if (editionOf(input) === 'working') block(words(say.confidential, 'bold'), 8.5, 4);
  block(words(say.title[input.list], 'bold'), 16, 2);
  block(words(say.precinct(precinct.code), 'bold'), 12, 1);
  if (name.trim() !== '' && name !== precinct.code) block(words(name), 10.5, 5);
  const fact = (label: string, value: string) =>
    block([...words(`${label}:`), ...words(value, 'bold')], 9, 1);
  fact(say.territory, input.territoryName);
  fact(say.pollingStation, precinct.address);
  fact(say.total, String(input.voters.length));
  fact(say.made, formatDateTime(input.generatedAt));
  block(words(say.copy(input.copyNumber), 'bold'), 9, 0);
  const textHeight = blocks.reduce((sum, b) => sum + b.lines.length * b.size * 1.3 + b.after, 0);
  return {
    height: Math.max(textHeight, QR_SIDE + 22) + 12,
    draw: () => {
      let y: number = PAGE.top;
      for (const { lines, size, after } of blocks) {
        for (const line of lines) {
          paper.line(line, PAGE.left, y, { size });
          y += size * 1.3;
        }
        y += after;
      }
      const right = PAGE.width - PAGE.right;
      paper.qr(qrPayload(input), right - QR_SIDE, PAGE.top, QR_SIDE);
      let captionY = PAGE.top + QR_SIDE + 2;
      for (const line of wrap(words(say.scan), QR_SIDE, 6.4, paper.measure)) {
        paper.line(line, right - QR_SIDE / 2, captionY, { size: 6.4, align: 'center' });
        captionY += 8;
      }
    },
  };
}

function drawRunningHead({ input, paper, say }: Sheet): void {
  const text = `${say.title[input.list]} · ${say.precinct(input.precinct.code)} · ${say.copy(input.copyNumber)}`;
  const aside = editionOf(input) === 'working' ? say.confidential : '';
  const room = CONTENT_WIDTH - paper.measure(aside, 'regular', 8) - 12;
  paper.text(text, PAGE.left, PAGE.top, { size: 8, weight: 'bold', room });
  paper.text(aside, PAGE.width - PAGE.right, PAGE.top, { size: 8, align: 'right' });
}

function columnTitles({ input, say }: Sheet): string[] {
  const years = input.voters.length > 0 && input.voters.every((voter) => !voter.birthDate?.includes('-'));
  const titles = { ...say.columns, birth: years ? say.columns.birthYear : say.columns.birthDate };
  return listColumns(input).map((column) => titles[column.name]);
}

function headLines(sheet: Sheet): Line[][] {
  const columns = listColumns(sheet.input);
  return columnTitles(sheet).map((title, index) =>
    wrap(words(title, 'bold'), (columns[index]?.width ?? 0) - 2 * CELL.padX, HEAD_SIZE, sheet.paper.measure),
  );
}

function tableHeadHeight(sheet: Sheet): number {
  return Math.max(...headLines(sheet).map((lines) => cellHeight(lines.length, HEAD_SIZE)));
}

/** The page's part of the table; answers the y of its lower edge. */
function drawTable(sheet: Sheet, page: ListPage, top: number, headHeight: number, empty: boolean): number {
  const { input, paper, say } = sheet;
  const columns = listColumns(input);
  const right = PAGE.left + CONTENT_WIDTH;
  if (empty) {
    paper.rule(PAGE.left, top, right, top, FRAME, 0.8);
    paper.text(say.empty, PAGE.left, top + 14, { size: 11 });
    return top + EMPTY_HEIGHT;
  }
  paper.fill(PAGE.left, top, CONTENT_WIDTH, headHeight, HEAD_FILL);
  const drawCells = (cells: Line[][], y: number, sizes: (index: number) => number) => {
    let x = PAGE.left;
    for (const [index, column] of columns.entries()) {
      const size = sizes(index);
      const toRight = column.align === 'right';
      const at = toRight ? x + column.width - CELL.padX : x + CELL.padX;
      for (const [row, line] of (cells[index] ?? []).entries()) {
        paper.line(line, at, y + CELL.padY + row * size * CELL.leading, {
          size,
          align: toRight ? 'right' : 'left',
        });
      }
      x += column.width;
    }
  };
  drawCells(headLines(sheet), top, () => HEAD_SIZE);
  let y = top + headHeight;
  paper.rule(PAGE.left, top, right, top, FRAME, 0.8);
  paper.rule(PAGE.left, y, right, y, FRAME, 0.8);
  for (const [index, row] of page.rows.entries()) {
    drawCells(row.cells, y, (column) => columns[column]?.size ?? HEAD_SIZE);
    y += row.height;
    const last = index === page.rows.length - 1;
    paper.rule(PAGE.left, y, right, y, last ? FRAME : HAIR, last ? 0.8 : 0.4);
  }
  let x = PAGE.left;
  for (const width of [0, ...columns.map((column) => column.width)]) {
    x += width;
    paper.rule(x, top, x, y, HAIR, 0.4);
  }
  return y;
}

/** Total, signatures (working edition), and the checkpoint in words with its QR code. */
function layClosing(sheet: Sheet): { height: number; draw: (top: number, withQr: boolean) => void } {
  const { input, paper, say } = sheet;
  const signed = editionOf(input) === 'working';
  const noteRoom = CONTENT_WIDTH - QR_SIDE - 14;
  const caption = wrap(words(say.checkpoint), noteRoom, 7.5, paper.measure);
  const linesOf = (text: string, room: number) =>
    text.split('\n').flatMap((line) => wrap(words(line), room, NOTE_SIZE, paper.measure));
  const note = linesOf(input.checkpointNote, noteRoom);
  const lineHeight = NOTE_SIZE * 1.3;
  const noteHeight = caption.length * 10 + 3 + note.length * lineHeight;
  const { witnessed } = input;
  const says = witnessed === undefined ? null : witnessed === null ? say.unwitnessed : say.witnessed;
  const witnessCaption = says === null ? [] : wrap(words(says), CONTENT_WIDTH, 7.5, paper.measure);
  const witnessNote = witnessed ? linesOf(witnessedLines(witnessed), CONTENT_WIDTH) : [];
  const witnessHeight = says === null ? 0 : 6 + witnessCaption.length * 10 + witnessNote.length * lineHeight;
  const signatures = signed ? 62 : 0;
  const height = 26 + signatures + Math.max(noteHeight, QR_SIDE) + witnessHeight + 4;
  return {
    height,
    draw: (top, withQr) => {
      let y = top + 9;
      paper.text(`${say.total}: ${input.voters.length}`, PAGE.left, y, { size: 9.5, weight: 'bold' });
      y += 17;
      if (signed) {
        drawSignatures(sheet, y);
        y += signatures;
      }
      if (withQr) paper.qr(qrPayload(input), PAGE.width - PAGE.right - QR_SIDE, y, QR_SIDE);
      const write = (lines: readonly Line[], from: number, size: number, step: number) => {
        for (const [i, line] of lines.entries()) paper.line(line, PAGE.left, from + i * step, { size });
        return from + lines.length * step;
      };
      const below = y + (withQr ? Math.max(noteHeight, QR_SIDE) : noteHeight) + 6;
      write(note, write(caption, y, 7.5, 10) + 3, NOTE_SIZE, lineHeight);
      write(witnessNote, write(witnessCaption, below, 7.5, 10), NOTE_SIZE, lineHeight);
    },
  };
}

function drawSignatures({ paper, say }: Sheet, top: number): void {
  for (const [index, office] of [say.chair, say.secretary].entries()) {
    const y = top + 10 + index * 24;
    paper.text(office, PAGE.left, y, { size: 9 });
    paper.rule(PAGE.left + 130, y + 10, PAGE.left + 400, y + 10, FRAME, 0.6);
  }
  paper.text(say.seal, PAGE.left + 440, top + 22, { size: 9 });
}

function drawFoot({ paper, say, stamp }: Sheet, page: number, pages: number): void {
  const y = PAGE.height - PAGE.bottom + 14;
  const right = PAGE.width - PAGE.right;
  paper.rule(PAGE.left, y - 4, right, y - 4, HAIR, 0.4);
  const number = say.page(page, pages);
  const room = CONTENT_WIDTH - paper.measure(number, 'bold', 8) - 12;
  paper.text(`${say.issuedTo}: ${stamp}`, PAGE.left, y, { size: 7.5, room });
  paper.text(number, right, y, { size: 8, weight: 'bold', align: 'right' });
}
