// Which columns hold sealed values (server/lib/secrets.ts), all in tables whose key is `id`: what a rotation of the sealing
// key goes through. A new sealed column belongs here, or the next rotation leaves it behind.
import type { Row } from './tables.ts';

export const sealedColumns = {
  officer: ['totpSeed'],
  application: ['applicant', 'passport', 'representative', 'change'],
  attachment: ['content'],
  savedView: ['sealed'],
} as const satisfies {
  officer: (keyof Row<'officer'>)[];
  application: (keyof Row<'application'>)[];
  attachment: (keyof Row<'attachment'>)[];
  savedView: (keyof Row<'savedView'>)[];
};

export type SealedTable = keyof typeof sealedColumns;

/** One sealed value and the cell it stands in. */
export interface SealedValue {
  /** Property name, as changes are written. */
  property: string;
  /** Column name, as the value is bound to it. */
  column: string;
  bytes: Uint8Array;
}

export interface SealedRow {
  id: string;
  values: SealedValue[];
}
