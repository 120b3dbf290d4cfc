/**
 * A precinct's list as CSV (RFC 4180): CRLF, every cell in quotes, quotes doubled, one heading row. Besides the list each
 * row says under which entry it left and which signed checkpoint covers that entry, as every print does: a row cut out of
 * the file still leads to the log. Who took it is kept there, beside the file's hash.
 *
 * A spreadsheet runs a cell that begins like a formula (ASVS 5.0 1.2.10, OWASP "CSV Injection"). Quotes alone do
 * not stop it, so here:
 * - NUL and the other control characters, which some programs drop before looking, become U+FFFD: visible, not
 *   silently gone;
 * - an apostrophe goes before `=`, `+`, `-`, `@`, their full-width, small and raised forms, U+FFFD, a tab or a carriage return,
 *   wherever a program could see a cell begin: at the start (leading blanks do not hide it) and after `;`, `|`, tab
 *   or a line break inside the cell, which another locale's spreadsheet takes for the end of a cell.
 * To get the original back, take one apostrophe away in those same places. Apostrophes already there are kept and
 * get one more, so that this is exact.
 */

import { sha256 } from '#server/lib/digest.ts';
import { birthText, editionOf, type ListEdition, type ListKind, type ListVoter } from './precinct-list.ts';

/** Column names are those of the voters file, so that an export can be read by the import. */
const COLUMNS = {
  number: (voter) => String(voter.number),
  pin: (voter) => voter.pin ?? '',
  surname: (voter) => voter.surname,
  given_name: (voter) => voter.givenName,
  patronymic: (voter) => voter.patronymic,
  birth_date: (voter) => voter.birthDate?.trim() || birthText(voter),
  address: (voter) => voter.address ?? '',
  precinct: (_voter, input) => input.precinct.code,
  polling_station: (_voter, input) => input.precinct.address,
  log_entry: (_voter, input) => String(input.log.entry),
  log_checkpoint: (_voter, input) => input.log.checkpoint,
  log_witnessed: (_voter, input) => input.log.witnessed ?? '',
} satisfies Record<string, (voter: ListVoter, input: CsvInput) => string>;

export type CsvColumn = keyof typeof COLUMNS;

export type CsvInput = {
  list: ListKind;
  edition?: ListEdition;
  precinct: { code: string; address: string };
  voters: readonly ListVoter[];
  /**
   * The entry that authorised it, and the checkpoint that covers it: name of the log, size, root. Where witnesses are asked
   * for: the same of the newest one their quorum cosigned, or `none`.
   */
  log: { entry: number; checkpoint: string; witnessed?: string };
  /** Adds the PIN, when the approval says so. */
  withPin?: boolean;
  /** A byte order mark, by which Excel recognises UTF-8. */
  bom?: boolean;
};

/** `sha256` (hex) is of the file's UTF-8 bytes, the byte order mark included: the `artifact` of the log. */
export type CsvFile = { csv: string; sha256: string };

const LOGGED: readonly CsvColumn[] = ['log_entry', 'log_checkpoint'];
const POSTED: readonly CsvColumn[] = [
  'surname',
  'given_name',
  'patronymic',
  'precinct',
  'polling_station',
  ...LOGGED,
];
const WORKING: readonly CsvColumn[] = [
  'number',
  'surname',
  'given_name',
  'patronymic',
  'birth_date',
  'address',
  'precinct',
  ...LOGGED,
];

/**
 * The columns an export of this list has, in order: of the voter the R06 fields alone when posted, no PIN unless asked for;
 * of witnesses only where there are any.
 * Throws for PINs on a posted list: nobody may approve that.
 */
export function csvColumns(
  input: Pick<CsvInput, 'list' | 'edition' | 'withPin'> & { log?: Pick<CsvInput['log'], 'witnessed'> },
): readonly CsvColumn[] {
  const columns = listColumns(input);
  return input.log?.witnessed === undefined ? columns : [...columns, 'log_witnessed'];
}

function listColumns(input: Pick<CsvInput, 'list' | 'edition' | 'withPin'>): readonly CsvColumn[] {
  const posted = editionOf(input) === 'posted';
  if (posted && input.withPin) throw new RangeError('a posted list never carries PINs (R06)');
  if (posted) return POSTED;
  return input.withPin ? ['number', 'pin', ...WORKING.slice(1)] : WORKING;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/**
 * Where a cell may seem to begin: blanks and invisible marks of any kind, apostrophes already there, then a trigger (kept), in any
 * of the shapes that compatibility folding makes the plain one, and the minus sign.
 */
const FORMULA =
  /(?<=^|[;|\t\r\n\u2028\u2029])([\p{Zs}\p{Cf}\p{Default_Ignorable_Code_Point}]*)('*)(?=[=+\-@\u207a\u207b\u207c\u208a\u208b\u208c\u2212\ufb29\ufe62\ufe63\ufe66\ufe6b\uff1d\uff0b\uff0d\uff20\ufffd\t\r])/gu;

/** The cell's text with nothing left a spreadsheet would run; not yet in quotes. */
export function harmlessCell(text: string): string {
  return text.replace(CONTROL, '\ufffd').replace(FORMULA, "$1'$2");
}

/** The list as CSV text and its hash. Deterministic. */
export function renderListCsv(input: CsvInput): CsvFile {
  const columns = csvColumns(input);
  const quote = (text: string) => `"${harmlessCell(text).replaceAll('"', '""')}"`;
  const lines = [columns.map(quote).join(',')];
  for (const voter of input.voters) {
    lines.push(columns.map((column) => quote(COLUMNS[column](voter, input))).join(','));
  }
  const csv = `${input.bom ? '\ufeff' : ''}${lines.join('\r\n')}\r\n`;
  return { csv, sha256: sha256(csv) };
}
