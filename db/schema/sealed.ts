// Which columns hold sealed values (server/lib/secrets.ts), all in tables whose key is `id`: what a rotation of the sealing
// key goes through. A new sealed column belongs here, or the next rotation leaves it behind.
import type { Row } from './tables.ts';

export const sealedColumns = {
  officer: ['totpSeed'],
  application: ['applicant', 'passport', 'representative', 'change'],
  attachment: ['content'],
  savedView: ['sealed'],
  passkey: ['sealedName'],
} as const satisfies {
  officer: (keyof Row<'officer'>)[];
  application: (keyof Row<'application'>)[];
  attachment: (keyof Row<'attachment'>)[];
  savedView: (keyof Row<'savedView'>)[];
  passkey: (keyof Row<'passkey'>)[];
};

/** Blind indexes (server/lib/blind-index.ts) and the sealed column each is made from: a rotation makes them anew as well. */
export const indexedColumns = {
  application: [{ property: 'passportIndex', of: 'passport' }],
} as const satisfies { application: { property: keyof Row<'application'>; of: keyof Row<'application'> }[] };

export type SealedTable = keyof typeof sealedColumns;

/** One sealed value and the cell it stands in. */
export interface SealedValue {
  /** Property name, as changes are written. */
  property: string;
  /** Column name, as the value is bound to it. */
  column: string;
  bytes: Uint8Array;
}

/** One blind index and what it is made from; `of` names a sealed column of the same row. */
export interface IndexedValue {
  property: string;
  column: string;
  of: string;
  /** Null where none was made yet. */
  stored: string | null;
}

export interface SealedRow {
  id: string;
  values: SealedValue[];
  /** Of sealed values that are there. */
  indexes: IndexedValue[];
}
