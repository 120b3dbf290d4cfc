/**
 * One record of a list → one voter as stored and searched, or the reason why not. Pure but for the memory of which
 * identifiers the file has brought. Doubtful but possible data are kept and flagged, because the right to vote does not
 * hang on them; only what cannot be stored truthfully is refused. Text is kept as written, outer white space aside.
 */
import { type BirthDateFault, birthDateReader } from '#server/lib/birthdate.ts';
import { fold, foldedName, mixedAlphabets, unusualSpaces } from '#server/lib/fold.ts';
import { isPin, pinDisagreements } from '#server/lib/pin.ts';
import type { SeenIdentifiers } from './identifiers.ts';
import type { Columns, Mapping, VoterField } from './mapping.ts';

/** What an import noticed about a voter it accepted; stored with the voter, to be looked into by people. */
export type ImportFlag =
  | 'pin-sex'
  | 'pin-birth-date'
  | 'mixed-alphabet'
  | 'unusual-space'
  | 'birth-year-only'
  | 'no-birth-date'
  | 'no-sex';

export interface VoterImportRow {
  /** The identifier: 14 digits under `kg-pin`, any text under `foreign:NAME`. */
  pin: string;
  identifierScheme: string;
  surname: string;
  /** '' when absent, as patronymic and address. */
  givenName: string;
  patronymic: string;
  /** YYYY-MM-DD, YYYY or null. */
  birthDate: string | null;
  sex: 'F' | 'M' | null;
  address: string;
  /** The precinct's code. */
  precinct: string;
  /** Folded full name (server/lib/fold.ts, FOLD_VERSION). */
  fold: string;
  flags: readonly ImportFlag[];
}

export type RowFault =
  | 'column-count'
  | 'missing'
  | 'pin-not-14-digits'
  | 'identifier-repeated'
  | 'precinct-unknown'
  | 'sex-unknown'
  | TextFault
  | BirthDateFault;

export type TextFault = 'too-long' | 'control-character' | 'unreadable-character';

export interface RejectedRow {
  kind: 'rejected';
  /** As a spreadsheet shows it: the header is row 1. */
  row: number;
  reason: RowFault;
  /** Null when the record as a whole is at fault. */
  field: VoterField | 'identifier' | null;
  /** Of identifier-repeated: the row that brought the identifier first. */
  firstRow?: number;
}

export type RowOutcome = { kind: 'row'; row: VoterImportRow } | RejectedRow;

/** Longest text of each field, in UTF-16 units. */
export const MAX_LENGTHS: Readonly<Record<VoterField | 'identifier', number>> = {
  identifier: 64,
  surname: 120,
  given_name: 120,
  patronymic: 120,
  birth_date: 20,
  sex: 20,
  address: 400,
  precinct: 20,
};

export interface RowReaderOptions {
  mapping: Mapping;
  columns: Columns;
  /** Codes of the precincts there are. */
  precincts: ReadonlySet<string>;
  /** Last possible day of birth, YYYY-MM-DD in Bishkek. */
  today: string;
  seen: SeenIdentifiers;
}

const TEXT_FIELDS = [
  'surname',
  'given_name',
  'patronymic',
  'address',
  'precinct',
  'sex',
  'birth_date',
] as const;

/** A reader of one file's records. Throws only for a mapping that `checkMapping` would have refused. */
export function createRowReader(options: RowReaderOptions): (fields: string[], row: number) => RowOutcome {
  const { mapping, columns, precincts, seen } = options;
  const dates = birthDateReader(mapping.dateFormat, options.today);
  if (dates.kind === 'refused') throw new RangeError('the mapping has a date format that was never checked');
  const readDate = dates.read;
  const identifierScheme = mapping.identifier.scheme;
  const asksForPin = identifierScheme === 'kg-pin';
  const sexValues = mapping.fields.sex?.values;
  const indexes = TEXT_FIELDS.map((field) => {
    const source = columns.fields[field];
    return source !== undefined && 'index' in source ? source.index : -1;
  });
  const constants = TEXT_FIELDS.map((field) => {
    const source = columns.fields[field];
    return source !== undefined && 'constant' in source ? source.constant.trim() : '';
  });
  const texts = TEXT_FIELDS.map(() => '');

  return (fields, row) => {
    const reject = (reason: RowFault, field: RejectedRow['field']): RejectedRow => ({
      kind: 'rejected',
      row,
      reason,
      field,
    });
    if (fields.length !== columns.count) return reject('column-count', null);

    const pin = fields[columns.identifier]!.trim();
    if (pin === '') return reject('missing', 'identifier');
    if (asksForPin) {
      if (!isPin(pin)) return reject('pin-not-14-digits', 'identifier');
    } else {
      const fault = textFault(pin, MAX_LENGTHS.identifier);
      if (fault !== null) return reject(fault, 'identifier');
    }

    for (let at = 0; at < TEXT_FIELDS.length; at++) {
      const index = indexes[at]!;
      const text = index < 0 ? constants[at]! : fields[index]!.trim();
      const field = TEXT_FIELDS[at]!;
      const fault = textFault(text, MAX_LENGTHS[field]);
      if (fault !== null) return reject(fault, field);
      texts[at] = text;
    }
    const [surname, givenName, patronymic, address, precinct, writtenSex, writtenDate] = texts as TextFields;
    if (surname === '' || isInvisible(surname)) return reject('missing', 'surname');
    if (precinct === '') return reject('missing', 'precinct');
    if (!precincts.has(precinct)) return reject('precinct-unknown', 'precinct');

    const sex =
      sexValues !== undefined && Object.hasOwn(sexValues, writtenSex) ? sexValues[writtenSex]! : writtenSex;
    if (sex !== 'F' && sex !== 'M' && sex !== '') return reject('sex-unknown', 'sex');
    const born = readDate(writtenDate);
    if (born.kind === 'refused') return reject(born.reason, 'birth_date');

    const firstRow = seen.firstRow(pin, row);
    if (firstRow !== 0) return { ...reject('identifier-repeated', 'identifier'), firstRow };

    const birthDate = born.kind === 'absent' ? null : born.value;
    const knownSex = sex === '' ? null : sex;
    const flags: ImportFlag[] = asksForPin
      ? pinDisagreements(pin, knownSex, birthDate).map((found) => `pin-${found}` as const)
      : [];
    if (mixedAlphabets(surname) || mixedAlphabets(givenName) || mixedAlphabets(patronymic))
      flags.push('mixed-alphabet');
    if (unusualSpaces(surname) || unusualSpaces(givenName) || unusualSpaces(patronymic))
      flags.push('unusual-space');
    if (born.kind === 'year') flags.push('birth-year-only');
    if (birthDate === null) flags.push('no-birth-date');
    if (knownSex === null) flags.push('no-sex');
    return {
      kind: 'row',
      row: {
        pin,
        identifierScheme,
        surname,
        givenName,
        patronymic,
        birthDate,
        sex: knownSex,
        address,
        precinct,
        fold: foldedName(surname, givenName, patronymic),
        flags,
      },
    };
  };
}

/** Nothing of it would be seen or found. */
const isInvisible = (text: string) => unusualSpaces(text) && fold(text) === '';

/** In the order of TEXT_FIELDS. */
type TextFields = [string, string, string, string, string, string, string];

/**
 * What makes a text unfit to be stored: its length; characters that command instead of mean (C0, C1, line separators,
 * and the marks that turn the direction of text, with which a name can be shown other than it is); and characters that
 * say decoding failed: U+FFFD, or half a surrogate pair, which has no UTF-8 form and could not be logged.
 */
export function textFault(text: string, maxLength: number): TextFault | null {
  if (text.length > maxLength) return 'too-long';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 && code < 0x7f) continue;
    if (code < 0xa0) return 'control-character';
    if (code < 0x200e) continue;
    if (code <= 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) {
      return 'control-character';
    }
    if (code === 0xfffd || (code >= 0xd800 && code <= 0xdfff && !text.isWellFormed()))
      return 'unreadable-character';
  }
  return null;
}
