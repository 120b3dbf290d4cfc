// Putting an earlier version of a voter back, as an approval (R34): two others decide, and it is done with the second vote.
import { approvalRule } from '#server/gate/approval.ts';
import { executeRestore, type IsFrozen } from './restore.ts';

export const restoreApproval = (isFrozen: IsFrozen) =>
  approvalRule({
    kind: 'restore',
    asks: 'voter.restore-request',
    needed: 2,
    central: false,
    shown: ['from', 'version', 'legalReference'],
    async execute(reader, payload, by) {
      const done = await executeRestore(reader, payload, by, isFrozen);
      if (done.kind !== 'restore') return done;
      const { voter, fields, changes, frozen } = done;
      return {
        changes,
        about: {
          subjects: [voter.id],
          fields: fields.map((f) => f.field),
          detail: { changeKind: 'restore', changes: fields, precinct: voter.precinct, frozen },
        },
      };
    },
  });
