/**
 * The list of commissions: CSV → the tree of them, parents before children whatever the file's order, or the reason why a row
 * is no part of it. Jurisdiction is read off this tree (who may see which voters), so a row that would make it anything
 * but a tree is refused, and every row below a refused one with it. Writes nothing but the error file.
 */
import { createReadStream } from 'node:fs';
import { type Level, levels } from '#server/contract/vocabulary.ts';
import type { Lang } from '#server/lib/dates.ts';
import { type CommissionFault, describeCommissionFault } from './commissionreasons.ts';
import { createCsvReader } from './csv.ts';
import { decoderOf, markOf } from './encoding.ts';
import { createErrorFile } from './errors.ts';
import { MAX_RECORD_LENGTH } from './pipeline.ts';
import { textFault } from './rows.ts';

export const COMMISSION_COLUMNS = [
  'code',
  'level',
  'parent',
  'name_ky',
  'name_ru',
  'name_en',
  'address',
] as const;
type CommissionColumn = (typeof COMMISSION_COLUMNS)[number];

export interface CommissionImportRow {
  code: string;
  level: Level;
  /** Code of the commission above; null for the central one only. */
  parent: string | null;
  nameKy: string;
  nameRu: string;
  nameEn: string;
  address: string;
}

export interface RejectedCommission {
  kind: 'rejected';
  /** As a spreadsheet shows it: the header is row 1. */
  row: number;
  reason: CommissionFault;
  field: CommissionColumn | null;
}

export type CommissionsOutcome =
  | { kind: 'read'; rows: number; accepted: CommissionImportRow[]; rejected: RejectedCommission[] }
  | { kind: 'refused'; faults: string[] };

export interface CommissionsOptions {
  input: { path: string } | { stream: AsyncIterable<Uint8Array> };
  /** Commissions there are already: code → level. */
  known: ReadonlyMap<string, Level>;
  errorsPath?: string;
  lang?: Lang;
}

const CODE = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,19}$/u;
/** No country has as many; more means that the file is another one. */
const MAX_COMMISSIONS = 200_000;

interface Read {
  row: number;
  fields: string[] | string;
  outcome: CommissionImportRow | { reason: CommissionFault; field: CommissionColumn | null };
}

/**
 * Reads a commissions file in our own layout (columns in any order, comma-delimited UTF-8). `accepted` stands in an order in
 * which each parent comes before its children. Throws what the file system throws.
 */
export async function readCommissions(options: CommissionsOptions): Promise<CommissionsOutcome> {
  const { known, errorsPath, lang = 'en' } = options;
  const reads: Read[] = [];
  const faults: string[] = [];
  let header: string[] | undefined;
  let indexes: number[] = [];
  const reader = createCsvReader({
    delimiter: ',',
    maxRecordLength: MAX_RECORD_LENGTH,
    sink: {
      record(fields, row) {
        if (header === undefined) {
          header = fields;
          indexes = findColumns(fields, faults);
        } else if (faults.length === 0)
          reads.push({ row, fields, outcome: readRow(fields, header.length, indexes) });
      },
      broken: (reason, row, raw) => reads.push({ row, fields: raw, outcome: { reason, field: null } }),
    },
  });
  const decode = decoderOf('utf-8');
  let isFirst = true;
  const pieces: AsyncIterable<Uint8Array> =
    'stream' in options.input ? options.input.stream : createReadStream(options.input.path);
  for await (const piece of pieces) {
    if (isFirst && markOf(piece) !== null) faults.push('the list is UTF-16; save it as CSV in UTF-8');
    isFirst = false;
    if (faults.length === 0) reader.push(decode(piece, false));
    if (reads.length > MAX_COMMISSIONS)
      faults.push('the list has more rows than any country has commissions');
    if (faults.length > 0) break;
  }
  reader.push(decode(new Uint8Array(0), true));
  reader.end();
  if (header === undefined && faults.length === 0)
    faults.push('the list is empty; its first row must name the columns');
  if (header === undefined || faults.length > 0) return { kind: 'refused', faults };

  const { accepted, rejected } = placeInTree(reads, known);
  if (errorsPath !== undefined) {
    const byRow = new Map(reads.map((read) => [read.row, read.fields]));
    const file = createErrorFile({
      path: errorsPath,
      header,
      delimiter: ',',
      encoding: 'utf-8',
      append: false,
    });
    for (const { row, reason, field } of rejected) {
      file.add(row, describeCommissionFault(reason, field, lang), byRow.get(row) ?? []);
    }
    await file.close();
  }
  return { kind: 'read', rows: reads.length, accepted, rejected };
}

function findColumns(header: readonly string[], faults: string[]): number[] {
  const names = header.map((name) => name.trim());
  return COMMISSION_COLUMNS.map((column) => {
    const index = names.indexOf(column);
    if (index < 0) faults.push(`column "${column}" is missing: the first row must name it`);
    else if (names.includes(column, index + 1))
      faults.push(`column "${column}" appears more than once: rename all but one`);
    return index;
  });
}

function readRow(fields: readonly string[], count: number, indexes: readonly number[]): Read['outcome'] {
  if (fields.length !== count) return { reason: 'column-count', field: null };
  const texts = indexes.map((index) => fields[index]!.trim());
  for (const [at, field] of COMMISSION_COLUMNS.entries()) {
    const fault = textFault(texts[at]!, 400);
    if (fault !== null) return { reason: fault, field };
    if (texts[at] === '' && field !== 'parent' && field !== 'address') return { reason: 'missing', field };
  }
  const [code, level, parent, nameKy, nameRu, nameEn, address] = texts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!CODE.test(code)) return { reason: 'code-malformed', field: 'code' };
  if (!isLevel(level)) return { reason: 'level-unknown', field: 'level' };
  if (level === 'CEC' && parent !== '') return { reason: 'centre-has-parent', field: 'parent' };
  if (level !== 'CEC' && parent === '') return { reason: 'missing', field: 'parent' };
  return { code, level, parent: parent === '' ? null : parent, nameKy, nameRu, nameEn, address };
}

function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text);
}

/** Judges each row once, from its topmost ancestor down; so parents are accepted before their children. */
function placeInTree(reads: readonly Read[], known: ReadonlyMap<string, Level>) {
  const accepted: CommissionImportRow[] = [];
  const rejected: RejectedCommission[] = [];
  const placed = new Map<string, Level>();
  const byCode = new Map<string, { row: number; commission: CommissionImportRow }>();
  const refusedCodes = new Set<string>();
  let hasCentre = [...known.values()].includes('CEC');

  const reject = (row: number, reason: CommissionFault, field: CommissionColumn | null) =>
    rejected.push({ kind: 'rejected', row, reason, field });

  for (const { row, outcome } of reads) {
    if ('reason' in outcome) reject(row, outcome.reason, outcome.field);
    else if (known.has(outcome.code)) reject(row, 'already-registered', 'code');
    else if (byCode.has(outcome.code)) reject(row, 'code-repeated', 'code');
    else if (outcome.level === 'CEC' && hasCentre) {
      reject(row, 'second-centre', 'level');
      refusedCodes.add(outcome.code);
    } else {
      if (outcome.level === 'CEC') hasCentre = true;
      byCode.set(outcome.code, { row, commission: outcome });
    }
  }

  const settled = new Set<string>();
  for (const { commission: start } of byCode.values()) {
    const chain: string[] = [];
    const onChain = new Set<string>();
    let code: string | null = start.code;
    while (code !== null && byCode.has(code) && !settled.has(code) && !onChain.has(code)) {
      chain.push(code);
      onChain.add(code);
      code = byCode.get(code)!.commission.parent;
    }
    const cycleFrom = code === null || !onChain.has(code) ? chain.length : chain.indexOf(code);
    for (let at = chain.length - 1; at >= 0; at--) {
      const { row, commission } = byCode.get(chain[at]!)!;
      const fault = at >= cycleFrom ? 'cycle' : parentFault(commission);
      settled.add(commission.code);
      if (fault === null) {
        accepted.push(commission);
        placed.set(commission.code, commission.level);
      } else {
        reject(row, fault, 'parent');
        refusedCodes.add(commission.code);
      }
    }
  }

  function parentFault({ parent, level }: CommissionImportRow): CommissionFault | null {
    if (parent === null) return null;
    const above = placed.get(parent) ?? known.get(parent);
    if (above === undefined) return refusedCodes.has(parent) ? 'parent-refused' : 'parent-unknown';
    return levels.indexOf(above) < levels.indexOf(level) ? null : 'level-order';
  }

  rejected.sort((one, other) => one.row - other.row);
  return { accepted, rejected };
}
