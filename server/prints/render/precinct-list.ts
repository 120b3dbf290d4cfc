/**
 * What a precinct's voter list is, once it is about to leave: the shape every renderer takes, its bounds, and the
 * one decision they share: which columns an edition shows. Knows no database and asks nobody's permission; whoever
 * calls has an entry and its approvals behind them.
 */
import type { Lang } from '#server/lib/dates.ts';

export type ListKind = 'preliminary' | 'control' | 'final';

/**
 * `posted`: hung on a wall or published: names, precinct, polling station, nothing more (R06).
 * `working`: for the commission's own tables: birth date, address, place to sign. Confidential.
 */
export type ListEdition = 'posted' | 'working';

export type ListVoter = {
  number: number;
  surname: string;
  givenName: string;
  patronymic: string;
  /** `YYYY-MM-DD` or `YYYY`; other text is printed as it stands, absent stays blank. */
  birthDate?: string | null;
  birthYear?: number | string | null;
  address?: string | null;
  /** Read only by an export that was approved with PINs; no print ever shows it. */
  pin?: string | null;
};

export type ListPrecinct = { code: string; nameKy: string; nameRu: string; nameEn: string; address: string };

export type PrecinctList = {
  list: ListKind;
  /** Absent: `working` for the final list, which voters sign; `posted` for the two that hang on a wall. */
  edition?: ListEdition;
  precinct: ListPrecinct;
  territoryName: string;
  lang: Lang;
  voters: readonly ListVoter[];
  /** Who asked (login), when (epoch ms), and the audit entry that authorised this rendering. */
  watermark: { login: string; at: number; entry: number };
  /** The signed checkpoint covering that entry: the C2SP note, verbatim. */
  checkpointNote: string;
  /** The newest checkpoint a quorum of witnesses cosigned, verbatim; null for none yet, absent where none is asked for. */
  witnessed?: string | null;
  copyNumber: number;
  /** Epoch ms; the only time written into the file. */
  generatedAt: number;
};

export type ListFault = { field: string; fault: 'too-many' | 'too-long' | 'not-a-number' };

/** `code` and `login` stand in every page's foot, hence their own bounds. */
export const LIST_BOUNDS = {
  voters: 20_000,
  text: 400,
  code: 32,
  login: 64,
  note: 8_192,
  witnessed: 65_536,
} as const;

/** The edition asked for, or the one that shows less wherever the list hangs in public. */
export function editionOf(input: { list: ListKind; edition?: ListEdition }): ListEdition {
  return input.edition ?? (input.list === 'final' ? 'working' : 'posted');
}

/** A voter's birth as the edition's column shows it: `05.03.1999`, `1999`, or nothing. */
export function birthText(voter: ListVoter): string {
  const given = (voter.birthDate ?? '').trim() || String(voter.birthYear ?? '').trim();
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(given);
  return day ? `${day[3]}.${day[2]}.${day[1]}` : given;
}

/** The first bound a list breaks, or null. Names the field, never its content. */
export function listFault(input: PrecinctList): ListFault | null {
  if (input.voters.length > LIST_BOUNDS.voters) return { field: 'voters', fault: 'too-many' };
  if (input.checkpointNote.length > LIST_BOUNDS.note) return { field: 'checkpointNote', fault: 'too-long' };
  if ((input.witnessed?.length ?? 0) > LIST_BOUNDS.witnessed)
    return { field: 'witnessed', fault: 'too-long' };
  const numbers = {
    copyNumber: input.copyNumber,
    generatedAt: input.generatedAt,
    'watermark.at': input.watermark.at,
    'watermark.entry': input.watermark.entry,
  };
  for (const [field, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 0) return { field, fault: 'not-a-number' };
  }
  if (input.precinct.code.length > LIST_BOUNDS.code) return { field: 'code', fault: 'too-long' };
  if (input.watermark.login.length > LIST_BOUNDS.login) return { field: 'login', fault: 'too-long' };
  const heading = { ...input.precinct, territoryName: input.territoryName };
  for (const [field, text] of Object.entries(heading)) {
    if (text.length > LIST_BOUNDS.text) return { field, fault: 'too-long' };
  }
  for (const voter of input.voters) {
    if (!Number.isSafeInteger(voter.number)) return { field: 'number', fault: 'not-a-number' };
    for (const [field, value] of Object.entries(voter)) {
      if (typeof value === 'string' && value.length > LIST_BOUNDS.text) return { field, fault: 'too-long' };
    }
  }
  return null;
}
