// What an officer asked for ends with the duty, or the trust, under which it was asked: requests nobody has carried out
// yet are void when the account is disabled, moved, reset or under suspicion. Who comes back asks anew.
import type { Change, Reader } from '#db/store.ts';

/** A request carried out in the same moment meets the version: one of the two stands. */
export async function voidRequests(reader: Reader, officer: string, now: number): Promise<Change[]> {
  const open = await reader.approvals.unfinishedOf(officer);
  return open.map(
    ({ id, state, version }): Change => ({
      op: 'update',
      table: 'approval',
      key: { id },
      expect: { version, state },
      set: { state: 'expired', decidedAt: now, version: version + 1 },
    }),
  );
}
