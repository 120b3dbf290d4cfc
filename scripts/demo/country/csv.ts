/**
 * Commissions and voters as RFC 4180 text: a header, CRLF after every record, quotes only where a field needs them.
 * Cells are written as they are: making formulas harmless belongs to exports people open, not to files we import.
 */
import type { Commission, VoterRow } from './types.ts';

/** Large enough that writing is not the slow part, small enough to stay off the heap's old ground. */
const CHUNK_CHARS = 1 << 16;

/** RFC 4180 section 2, rules 5–7; fields with edge spaces are quoted too, for readers that trim. */
function field(value: string): string {
  return /[",\r\n]|^\s|\s$/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The commissions file in chunks of whole lines; the central commission's parent is empty. */
export function* commissionsCsv(units: Iterable<Commission>): Generator<string, void, undefined> {
  let chunk = 'code,level,parent,name_ky,name_ru,name_en,address\r\n';
  for (const { code, level, parent, nameKy, nameRu, nameEn, address } of units) {
    chunk += `${[code, level, parent ?? '', nameKy, nameRu, nameEn, address].map(field).join(',')}\r\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** The voters file in chunks of whole lines. */
export function* votersCsv(rows: Iterable<VoterRow>): Generator<string, void, undefined> {
  let chunk = 'pin,surname,given_name,patronymic,birth_date,sex,address,precinct\r\n';
  for (const row of rows) {
    chunk += `${row.pin},${field(row.surname)},${field(row.given_name)},${field(row.patronymic)},`;
    chunk += `${row.birth_date},${row.sex},${field(row.address)},${row.precinct}\r\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
