// What an officer asked for ends with the duty, or the trust, under which it was asked: requests nobody has carried out
// yet are void when the account is disabled, moved, reset or under suspicion. Who comes back asks anew.
import type { Change } from '#db/store.ts';
import { approvalKinds } from '#server/contract/vocabulary.ts';

/** Applications' second persons are asked by the application, which outlives who handled it. */
const voided = approvalKinds.filter((kind) => kind !== 'application');

/** By state, not one by one: asked for in the same moment it is void too; carried out in it, it meets another state. */
export function voidRequests(officer: string, now: number): Change[] {
  return voided.flatMap((kind) =>
    ['pending', 'approved'].map(
      (state): Change => ({
        op: 'update-all',
        table: 'approval',
        key: { requestedBy: officer, kind, state },
        set: { state: 'expired', decidedAt: now },
      }),
    ),
  );
}
