// What keeps a row written past the server from opening anything: a message authentication code over the columns that decide
// who somebody is and what they may. Its key lies outside the database. Knows rows by property names; reads and stores nothing.
// Threat: somebody with the database, but not the keys, gives a role, swaps a password's hash, moves a session or passkey to
// another officer, hangs a commission elsewhere in the tree, or puts back a row that this server replaced (on SQLite, where
// no other writes). Not answered: a row from before the server's start, put back whole.
import { createHmac, hkdfSync } from 'node:crypto';
import { createReplaced, type Replaced } from './replaced.ts';

type Value = string | number | Uint8Array | null;

/** Columns with a code of their own, by table; the key of the row is always among them. */
export const macTables = {
  officer: {
    dutyMac: [
      'id',
      'login',
      'surname',
      'givenName',
      'patronymic',
      'role',
      'commission',
      'state',
      'createdBy',
      'activatedBy',
      'clearanceOrder',
      'clearanceUntil',
      'absentFrom',
      'absentUntil',
      'version',
    ],
    credentialsMac: [
      'id',
      'passwordHash',
      'passwordSetAt',
      'passwordTemporary',
      'passwordExpiresAt',
      'totpSeed',
      'totpConfirmedAt',
    ],
  },
  officerVersion: {
    mac: [
      'officer',
      'version',
      'validFrom',
      'login',
      'surname',
      'givenName',
      'patronymic',
      'role',
      'commission',
      'state',
    ],
  },
  session: {
    mac: [
      'id',
      'officer',
      'rotation',
      'stage',
      'startedAt',
      'endsAt',
      'factorAt',
      'factorBy',
      'stepUpFor',
      'stepUpAt',
    ],
  },
  passkey: { mac: ['id', 'officer', 'credential', 'publicKey'] },
  commission: { mac: ['code', 'level', 'parent', 'path'] },
} as const;

export type MacTable = keyof typeof macTables;
export type MacColumn<T extends MacTable> = keyof (typeof macTables)[T] & string;
type Covered<
  T extends MacTable,
  C extends MacColumn<T>,
> = (typeof macTables)[T][C] extends readonly (infer F)[] ? F & string : never;
/** A row as far as its code reaches, with the code. */
export type MacRow<T extends MacTable, C extends MacColumn<T>> = Readonly<
  Record<Covered<T, C>, Value> & Record<C, string | null>
>;

export interface RowMacs {
  /** Rows that bear a replaced code do not hold, where no other server changes rows. */
  readonly replaced: Replaced;
  /** Base64url of 32 bytes over these columns; one left out counts as null. */
  of(table: MacTable, column: string, row: Readonly<Record<string, unknown>>): string;
  /** Whether the row bears the code of what it says. */
  holds<T extends MacTable, C extends MacColumn<T>>(table: T, column: C, row: MacRow<T, C>): boolean;
}

/** Codes that were right before, with what they were of: a request asks for three. */
const remembered = 16_384;

/**
 * @param isAlone no other server changes these rows: what this one replaced is right no more, unless it comes again here
 * @param pepper the installation's secret for what the database keeps of credentials, 32 bytes or more
 * Source: HMAC-SHA256 (RFC 2104), its key by HKDF (RFC 5869) apart from other uses of the secret.
 */
export function createRowMacs(pepper: Uint8Array, isAlone: boolean): RowMacs {
  const key = Buffer.from(hkdfSync('sha256', pepper, '', 'kuzot rows', 32));
  /** Code → what it was of: these columns (which name the table), these values. */
  const right = new Map<string, { fields: readonly string[]; values: readonly unknown[] }>();
  const replaced = createReplaced();

  /** JSON keeps the parts apart: no choice of values makes two rows share one text. */
  function codeOf(table: MacTable, column: string, row: Readonly<Record<string, unknown>>): string {
    const values = fieldsOf(table, column).map((field) => plain(row[field]));
    return createHmac('sha256', key)
      .update(JSON.stringify([table, column, ...values]))
      .digest('base64url');
  }

  return {
    replaced,
    of: codeOf,
    holds(table, column, row) {
      const values = row as Readonly<Record<string, unknown>>;
      const fields = fieldsOf(table, column);
      const code = values[column];
      if (typeof code !== 'string' || (isAlone && replaced.isReplaced(code))) return false;
      const known = right.get(code);
      if (known?.fields === fields && fields.every((field, i) => isSame(known.values[i], values[field])))
        return true;
      // Whoever could measure how far two codes agree would have to write rows for it; the codes of others lie beside them.
      if (codeOf(table, column, values) !== code) return false;
      if (right.size >= remembered) right.delete(right.keys().next().value!);
      right.set(code, { fields, values: fields.map((field) => values[field]) });
      return true;
    },
  };
}

const fieldsOf = (table: MacTable, column: string) =>
  (macTables[table] as Record<string, readonly string[]>)[column]!;

/** Whether two values of a column are one: bytes by content, what is left out as null. */
export const isSame = (one: unknown, other: unknown): boolean =>
  one === other ||
  (one ?? null) === (other ?? null) ||
  (one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0);

/** Bytes come from one driver as one class, from the other as another, and are written as a third. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : (value ?? null);
