/**
 * The error file: rows that were not taken, for a person to correct and import again. It holds voters' data in clear, so
 * it is made with mode 0600 and never followed through a symbolic link; it is the only place such data go on failure.
 *
 * Shape: the list's own header and rows, in its delimiter and encoding, with two columns in front: `row` (as in the first
 * list; the header is row 1) and `reason`. An import finds columns by name, so a corrected error file goes in by the same
 * mapping, the two extra columns being passed over; they are replaced, not doubled, if rows fail again. A record whose quotes
 * are broken is given as one text behind the two: it stays refused until someone sets it right.
 * Cells are not made harmless to spreadsheets here: that would change the data that come back.
 */
import { constants, createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createCsvReader } from './csv.ts';
import { decoderOf, encoderOf, type ListEncoding } from './encoding.ts';

const LEADING_COLUMNS = ['row', 'reason'];

export interface ErrorFile {
  /** Adds one row; `fields` as read, or the raw text of a record that could not be read. */
  add(row: number, reason: string, fields: readonly string[] | string): void;
  /** Writes out what has been added since: before the store is told that these rows are dealt with. */
  flush(): Promise<void>;
  /** Writes the rest and closes; the file exists only if something was added. */
  close(): Promise<void>;
}

export interface ErrorFileOptions {
  path: string;
  header: readonly string[];
  delimiter: string;
  encoding: ListEncoding;
  /** Add to an error file that an interrupted import began, instead of starting anew. */
  append: boolean;
}

/** The error file of one import; nothing touches the disk before the first row that fails. */
export function createErrorFile({ path, header, delimiter, encoding, append }: ErrorFileOptions): ErrorFile {
  const encode = encoderOf(encoding);
  const dropped = hasLeadingColumns(header) ? LEADING_COLUMNS.length : 0;
  let pending: { row: number; text: string }[] = [];
  let file: FileHandle | undefined;
  let present: ReadonlySet<number> = new Set();

  function line(fields: readonly string[]): string {
    return `${fields.map((field) => quoted(field, delimiter)).join(delimiter)}\r\n`;
  }

  async function write(): Promise<void> {
    if (pending.length === 0) return;
    if (file === undefined) {
      if (append) present = await rowsIn(path, delimiter, encoding);
      file = await openPrivate(path, append);
      const isEmpty = (await file.stat()).size === 0;
      if (isEmpty) await file.write(encode(line([...LEADING_COLUMNS, ...header.slice(dropped)])));
    }
    // An import reads ahead of what it has made durable: rows behind the place it goes on from may be here already.
    const text = pending.flatMap((one) => (present.has(one.row) ? [] : [one.text])).join('');
    pending = [];
    if (text !== '') await file.write(encode(text));
  }

  return {
    add(row, reason, fields) {
      const cells = typeof fields === 'string' ? [fields] : fields.slice(dropped);
      pending.push({ row, text: line([String(row), reason, ...cells]) });
    },
    flush: write,
    async close() {
      await write();
      await file?.close();
    },
  };
}

/** Numbers of the rows that an interrupted import has written; a last one that was cut off is not among them. */
async function rowsIn(path: string, delimiter: string, encoding: ListEncoding): Promise<Set<number>> {
  const rows = new Set<number>();
  if (!existsSync(path)) return rows;
  const decode = decoderOf(encoding);
  let last = 0;
  let tail = '';
  const reader = createCsvReader({
    delimiter,
    maxRecordLength: 200_000,
    sink: {
      record([number = '']) {
        last = /^\d+$/.test(number) ? Number(number) : 0;
        if (last > 0) rows.add(last);
      },
      broken: () => {
        last = 0;
      },
    },
  });
  for await (const piece of createReadStream(path)) {
    const text = decode(piece as Buffer, false);
    tail = (tail + text).slice(-2);
    reader.push(text);
  }
  reader.end();
  if (tail !== '' && tail !== '\r\n') rows.delete(last);
  return rows;
}

/** Whether a list is itself an error file, come back. */
function hasLeadingColumns(header: readonly string[]): boolean {
  return LEADING_COLUMNS.every((name, at) => header[at]?.trim() === name);
}

/** The mode given to open counts for new files only, so an existing file is narrowed before anything is written. */
async function openPrivate(path: string, append: boolean): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | (append ? O_APPEND : O_TRUNC), 0o600);
  await file.chmod(0o600);
  return file;
}

function quoted(field: string, delimiter: string): string {
  const isPlain = !(field.includes(delimiter) || /["\r\n]/.test(field)) && field.trim() === field;
  return isPlain ? field : `"${field.replaceAll('"', '""')}"`;
}
