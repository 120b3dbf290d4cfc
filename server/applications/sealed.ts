// Opens and seals what an application keeps of people: applicant, passport, representative, change. Encrypted at rest,
// bound to its row; nothing here leaves the room unasked.
import type { Row } from '#db/store.ts';
import type { Applicant, Representative } from '#server/contract/applications.ts';
import type { BlindIndex } from '#server/lib/blind-index.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { documentNumber } from '#server/lib/document-number.ts';
import type { Sealer } from '#server/lib/secrets.ts';

export interface Passport {
  series: string;
  number: string;
}
export interface WantedChange {
  field: string;
  old: string;
  new: string;
}

type Column = 'applicant' | 'passport' | 'representative' | 'change';

const passportPlace = { table: 'application', column: 'passport_index' };

/** The text under which a sealed passport is indexed. @param opened canonical JSON of a Passport */
export const indexedPassport = (opened: Buffer): string =>
  documentNumber(JSON.parse(opened.toString('utf8')) as Passport);

export function createSealedParts(sealer: Sealer, index: BlindIndex) {
  const place = (id: string, column: Column) => ({ table: 'application', column, id });
  const seal = (id: string, column: Column, value: object) =>
    sealer.seal(place(id, column), Buffer.from(canonicalJson(value as never), 'utf8'));
  const open = (row: Row<'application'>, column: Column): unknown => {
    const sealed = row[column];
    return sealed === null ? null : JSON.parse(sealer.open(place(row.id, column), sealed).toString('utf8'));
  };
  return {
    seal,
    /** What is stored beside a sealed passport, and what the same document may stand as. */
    passportIndex: (passport: Passport) => index.of(passportPlace, documentNumber(passport)),
    passportIndexes: (passport: Passport) => index.all(passportPlace, documentNumber(passport)),
    applicant: (row: Row<'application'>) => open(row, 'applicant') as Applicant,
    passport: (row: Row<'application'>) => open(row, 'passport') as Passport | null,
    representative: (row: Row<'application'>) => open(row, 'representative') as Representative | null,
    change: (row: Row<'application'>) => open(row, 'change') as WantedChange[],
  };
}

export type SealedParts = ReturnType<typeof createSealedParts>;
