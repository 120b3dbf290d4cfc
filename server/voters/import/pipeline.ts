/**
 * An import from the first byte to the last: decode, read records, validate and fold rows, hand them over in batches, write
 * what was refused to the error file. Knows neither the store nor the audit log: the sink does, and must make each batch
 * durable together with its entry before it answers. Memory stays bounded whatever the file's length: one batch is being
 * written while the next is being read, and reading waits for writing.
 */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { Lang } from '#server/lib/dates.ts';
import { createCsvReader } from './csv.ts';
import { decoderOf, markOf } from './encoding.ts';
import { createErrorFile, type ErrorFile } from './errors.ts';
import { seenIdentifiers } from './identifiers.ts';
import { findColumns, type Mapping } from './mapping.ts';
import { describeReason } from './reasons.ts';
import { createRowReader, type RowOutcome, type VoterImportRow } from './rows.ts';

export interface SinkOutcome {
  /** Rows of the batch that the store refuses, by their index; the others were taken. See ImportReason; other words pass. */
  rejected: readonly { index: number; reason: string; field?: string }[];
}

export interface VoterSink {
  /** Takes a batch durably. `throughRow`: every row up to it is dealt with; an import resumed goes on after it. */
  write(batch: readonly VoterImportRow[], throughRow: number): Promise<SinkOutcome>;
  /** What `write` would refuse, changing nothing: so that a dry run gives a real run's totals. */
  check?(batch: readonly VoterImportRow[]): Promise<SinkOutcome>;
}

export interface ImportOptions {
  input: { path: string } | { stream: AsyncIterable<Uint8Array>; size?: number };
  mapping: Mapping;
  /** Codes of the precincts there are. */
  precincts: ReadonlySet<string>;
  sink: VoterSink;
  /** Today in Bishkek, YYYY-MM-DD. */
  today: string;
  errorsPath?: string;
  /** Language of the reasons in the error file; English unless told. */
  lang?: Lang;
  dryRun?: boolean;
  /** Bytes read, bytes in all (0 when unknown), rows seen; once per piece read. */
  onProgress?: (bytesDone: number, bytesTotal: number, rows: number) => void;
  /** First row to take, when an interrupted import goes on; rows before it are read only to know their identifiers. */
  startRow?: number;
  batchSize?: number;
}

export type ImportOutcome =
  | { kind: 'imported'; rows: number; accepted: number; rejected: number; flagged: Record<string, number> }
  /** The list as a whole cannot be imported; rows handed over before this was known are counted. */
  | { kind: 'refused'; faults: string[]; accepted: number };

export const MAX_RECORD_LENGTH = 65_536;
const PIECE_BYTES = 1 << 18;
/** So many unclosed or endless records mean the file is not what the mapping says; each costs a look ahead. */
const MAX_OVERRUNS = 100;

/**
 * Imports a voter list. Returns the totals of this run (`rows` = accepted + rejected; rows before `startRow` not counted), or
 * why the list was refused. Throws what the file system or the sink throws; batches answered before that stay taken.
 */
export async function importVoters(options: ImportOptions): Promise<ImportOutcome> {
  const { mapping, sink, startRow = 2, batchSize = 5000, lang = 'en' } = options;
  const totals = { rows: 0, accepted: 0, rejected: 0 };
  const flagged: Record<string, number> = {};
  const faults: string[] = [];
  let readRow: ((fields: string[], row: number) => RowOutcome) | undefined;
  let errors: ErrorFile | undefined;
  let batch: Pending = { rows: [], sources: [], numbers: [] };
  let lastRow = 0;
  let writing: Promise<void> = Promise.resolve();

  const reader = createCsvReader({
    delimiter: mapping.delimiter,
    maxRecordLength: MAX_RECORD_LENGTH,
    sink: {
      record(fields, row) {
        if (readRow === undefined) return takeHeader(fields);
        const outcome = readRow(fields, row);
        lastRow = row;
        if (row < startRow) return;
        totals.rows++;
        if (outcome.kind === 'rejected') {
          refuse(row, describeReason(outcome.reason, outcome.field, lang, outcome.firstRow), fields);
        } else {
          batch.rows.push(outcome.row);
          batch.sources.push(fields);
          batch.numbers.push(row);
        }
      },
      broken(fault, row, raw) {
        lastRow = row;
        if (row < startRow) return;
        totals.rows++;
        refuse(row, describeReason(fault, null, lang), raw);
      },
    },
  });

  function takeHeader(header: string[]): void {
    if (faults.length > 0) return;
    // Old spreadsheets end lines with CR alone: the whole list would be its own header.
    if (header.some((name) => name.includes('\r'))) {
      faults.push('the lines end with CR alone; save the list as CSV with ordinary line ends (LF or CRLF)');
      return;
    }
    const found = findColumns(mapping, header);
    if (found.kind === 'refused') {
      faults.push(...found.faults);
      return;
    }
    const { precincts, today, errorsPath } = options;
    const seen = seenIdentifiers(mapping.identifier.scheme === 'kg-pin');
    readRow = createRowReader({ mapping, columns: found.columns, precincts, today, seen });
    if (errorsPath !== undefined) {
      const { delimiter, encoding } = mapping;
      errors = createErrorFile({ path: errorsPath, header, delimiter, encoding, append: startRow > 2 });
    }
  }

  function refuse(row: number, reason: string, fields: readonly string[] | string): void {
    totals.rejected++;
    errors?.add(row, reason, fields);
  }

  async function handOver(taken: Pending, throughRow: number): Promise<void> {
    const answer = options.dryRun
      ? ((await sink.check?.(taken.rows)) ?? { rejected: [] })
      : await sink.write(taken.rows, throughRow);
    const refused = new Set<number>();
    for (const {
      index,
      reason,
      field = reason === 'already-registered' ? 'identifier' : null,
    } of answer.rejected) {
      refused.add(index);
      refuse(taken.numbers[index]!, describeReason(reason, field, lang), taken.sources[index]!);
    }
    taken.rows.forEach((row, index) => {
      if (refused.has(index)) return;
      totals.accepted++;
      for (const flag of row.flags) flagged[flag] = (flagged[flag] ?? 0) + 1;
    });
  }

  /** Starts writing the batch once the one before it is answered; rows refused before it are in their file by then. */
  async function passOn(): Promise<void> {
    await writing;
    const taken = batch;
    batch = { rows: [], sources: [], numbers: [] };
    writing = handOver(taken, lastRow);
    // A failure is met at the next await; until then it must not end the process as unhandled.
    writing.catch(() => undefined);
  }

  try {
    const { pieces, bytesTotal } = await openInput(options);
    const decode = decoderOf(mapping.encoding);
    let bytesDone = 0;
    for await (const piece of pieces) {
      if (bytesDone === 0 && !mapping.encoding.startsWith('utf-16') && markOf(piece) !== null)
        faults.push(
          'the list is UTF-16; say "encoding": "utf-16" in its mapping, or save it as CSV in UTF-8',
        );
      bytesDone += piece.length;
      if (faults.length === 0) reader.push(decode(piece, false));
      if (reader.overruns() > MAX_OVERRUNS)
        faults.push('too many rows never end; check the delimiter and the quotes');
      if (faults.length > 0) break;
      await errors?.flush();
      if (batch.rows.length >= batchSize) await passOn();
      options.onProgress?.(bytesDone, bytesTotal, totals.rows);
    }
    if (faults.length === 0) {
      reader.push(decode(new Uint8Array(0), true));
      reader.end();
      if (readRow === undefined && faults.length === 0)
        faults.push('the list is empty; its first row must name the columns');
    }
    await errors?.flush();
    if (batch.rows.length > 0 && faults.length === 0) await passOn();
    await writing;
  } finally {
    await Promise.allSettled([writing]);
    await errors?.close();
  }
  if (faults.length > 0) return { kind: 'refused', faults, accepted: totals.accepted };
  return { kind: 'imported', ...totals, flagged };
}

interface Pending {
  rows: VoterImportRow[];
  /** The fields each row was read from, for the error file, should the store refuse it. */
  sources: string[][];
  numbers: number[];
}

async function openInput({ input, errorsPath }: ImportOptions) {
  if ('stream' in input) return { pieces: input.stream, bytesTotal: input.size ?? 0 };
  if (errorsPath !== undefined && (await isSameFile(input.path, errorsPath))) {
    throw new RangeError('the error file would overwrite the list that is being read; name another');
  }
  const { size } = await stat(input.path);
  const pieces: AsyncIterable<Uint8Array> = createReadStream(input.path, { highWaterMark: PIECE_BYTES });
  return { pieces, bytesTotal: size };
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.allSettled([realpath(one), realpath(other)]);
  return first.status === 'fulfilled' && second.status === 'fulfilled' && first.value === second.value;
}
