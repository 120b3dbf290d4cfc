// Whether what the database says of who is asking was written by the server, and not replaced or ended since: the session, the
// officer's duty and credentials, and where the units hang that lie within their reach. Asked on every request, so what was
// right before is known by its text.
import type { Reader, Row } from '#db/store.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import { isCentral } from '#server/policy/relation.ts';

type Standing = NonNullable<Awaited<ReturnType<Reader['access']['standing']>>>;

/** What an entry says of rows that were written past the server; an alert follows from it. */
export const forged = 'account-forged';

export type Genuine = (row: Standing) => Promise<boolean>;

export function createGenuine(reader: Reader, macs: RowMacs): Genuine {
  /** Path of a unit → all that lies at and below it, as it was found right. At most the tree's units. */
  const placed = new Map<string, string>();

  /**
   * Threat: another commission is hung below one's own, or one's own somewhere higher. Whoever sits at the centre has the whole
   * tree in reach as it is.
   */
  async function isPlaced(commission: string, path: string): Promise<boolean> {
    const units = isCentral(path)
      ? [await reader.commissions.byCode(commission)]
      : await reader.commissions.placesUnder(path);
    // The path was read apart from them.
    if (!units.some((unit) => unit?.code === commission && unit.path === path)) return false;
    const text = JSON.stringify(units);
    if (placed.get(path) === text) return true;
    if (!units.every((unit) => unit !== null && macs.holds('commission', 'mac', unit))) return false;
    placed.set(path, text);
    return true;
  }

  return async (row) =>
    macs.holds('session', 'mac', row) &&
    !macs.replaced.isEnded(row.id) &&
    isGenuineAccount(macs, { ...row, id: row.officer }) &&
    (await isPlaced(row.commission, row.path));
}

type Account = Pick<
  Row<'officer'>,
  keyof Row<'officer'> & (keyof Standing | 'id' | 'dutyMac' | 'credentialsMac')
>;

/** Whether duty and credentials of an account are as the server wrote them, and nothing newer was seen. */
export const isGenuineAccount = (macs: RowMacs, officer: Account): boolean =>
  macs.holds('officer', 'dutyMac', officer) &&
  macs.holds('officer', 'credentialsMac', officer) &&
  macs.replaced.isNewest(officer.id, officer.version);
