// Whether what the database says of who is asking was written by the server: the session, the officer's duty, and where the
// units hang that lie within their reach. Asked on every request, so what was right before is known by its text.
import type { Reader, Row } from '#db/store.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import { isCentral } from '#server/policy/relation.ts';

type Standing = NonNullable<Awaited<ReturnType<Reader['access']['standing']>>>;

/** What an entry says of rows that were written past the server; an alert follows from it. */
export const forged = 'account-forged';

export function createGenuine(reader: Reader, macs: RowMacs) {
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
    const text = JSON.stringify(units);
    if (placed.get(path) === text) return true;
    const isRight =
      units.some((unit) => unit?.code === commission) &&
      units.every((unit) => unit !== null && macs.holds('commission', 'mac', unit));
    if (isRight) placed.set(path, text);
    return isRight;
  }

  /** Officer → version of the account as it was last seen here. */
  const newest = new Map<string, number>();

  /** Threat: an account that was disabled, or had more to say before, is put back as it stood then. */
  function isNewest({ officer, version }: Standing): boolean {
    const seen = newest.get(officer) ?? 0;
    if (version > seen) newest.set(officer, version);
    return version >= seen;
  }

  return async (row: Standing): Promise<boolean> =>
    macs.holds('session', 'mac', row) &&
    macs.holds('officer', 'dutyMac', { ...row, id: row.officer }) &&
    isNewest(row) &&
    (await isPlaced(row.commission, row.path));
}

/** Whether duty and credentials of an account are as the server wrote them. */
export const isGenuineAccount = (macs: RowMacs, officer: Row<'officer'>): boolean =>
  macs.holds('officer', 'dutyMac', officer) && macs.holds('officer', 'credentialsMac', officer);
