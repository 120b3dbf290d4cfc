// Whether two servers may serve one database together: what both must have alike, and whether both mean the same database.
import type { Change } from '../store.ts';

export interface Alike {
  /** The log's name. */
  origin: string;
  /** Number of the newest migration. */
  schema: number;
  /** Tells one set of keys from another, and nothing of any key. */
  keys: string;
}

/** Why not, for the operator of the one that wants to join; null: it may. */
export function whyNot({ origin, schema, keys }: Alike, own: Alike): string | null {
  if (origin !== own.origin) return `the appending server's log is ${own.origin}, this one's ${origin}`;
  if (schema !== own.schema)
    return `the appending server's schema is ${own.schema}, this one's ${schema}: run the same release`;
  if (keys !== own.keys)
    return 'the appending server holds other keys: start this one again, with the same key folder';
  return null;
}

/** Written by the appending server as another joins: who reads another database does not find it, who reads an old copy neither. */
export interface Mark {
  /** Of one run of the appending server. */
  run: string;
  n: number;
}

export const markKey = 'joined';
const textOf = ({ run, n }: Mark) => `${run} ${n}`;

export const writeMark = (mark: Mark): Change[] => {
  const row = { key: markKey, value: textOf(mark) };
  return [
    { op: 'ensure', table: 'meta', row },
    { op: 'update', table: 'meta', key: { key: markKey }, set: { value: row.value } },
  ];
};

/** Whether the row that was found is this mark, or one written behind it by the same run. */
export function isMarked(found: string | null, { run, n }: Mark): boolean {
  const [foundRun, foundN] = (found ?? '').split(' ');
  return foundRun === run && Number(foundN) >= n;
}
