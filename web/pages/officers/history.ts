/** An account's history as its table tells it. Pure. */
import type { OfficerCard } from '../../../server/contract/officers.ts';

type Past = OfficerCard['history'][number];

const said = ({ name, role, commission, state }: Past) => JSON.stringify([name, role, commission, state]);

/**
 * Without the versions in which none of its columns changed, such as a new clearance or an absence: each of the others stands
 * with the moment since when it is so.
 * @param history the newest first
 */
export const seenHistory = (history: readonly Past[]): readonly Past[] =>
  history.filter((past, n) => {
    const older = history[n + 1];
    return older === undefined || said(older) !== said(past);
  });
