// Emergency access, as an approval: one other officer opens it, with the vote, for half an hour, in the very session that
// asked. The alert follows from the entry of that vote, the review from its time.
import { type ApprovalRule, approvalRule } from '#server/gate/approval.ts';
import { refuse } from '#server/gate/outcome.ts';
import { lastsMs, reviewWithinMs } from './rules.ts';

/** Canonical JSON of exactly this is the approval's payload. */
export interface EmergencyPayload {
  approval: string;
  unit: string;
  acts: string[];
  reason: string;
}

export const emergencyApproval: ApprovalRule = approvalRule({
  kind: 'emergency',
  asks: 'emergency.request',
  asksOutside: true,
  needed: 1,
  central: false,
  flag: 'for-emergency',
  shown: ['unit', 'acts', 'reason'],
  async execute(reader, payload, { officer, at, id }) {
    const { unit } = JSON.parse(payload) as EmergencyPayload; // written by this room
    const found = await reader.emergencies.byId(id);
    const session = found && (await reader.access.standing(found.emergency.session));
    if (!found || !session || session.endedAt !== null || session.endsAt <= at)
      return refuse('wrong-state', {
        detail: 'Whoever asked has left their session: it must be asked for anew',
      });
    return {
      changes: [
        {
          op: 'update',
          table: 'emergency',
          key: { id },
          expect: { version: found.emergency.version, startsAt: null },
          set: {
            startsAt: at,
            endsAt: at + lastsMs,
            approvedBy: officer,
            reviewDueAt: at + reviewWithinMs,
            version: found.emergency.version + 1,
          },
        },
      ],
      about: { detail: { emergency: id, precinct: unit, officer: found.emergency.officer } },
    };
  },
});
