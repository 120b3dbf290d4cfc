// Emergency access, as an approval: one other officer opens it, with the vote, for half an hour, in the very session that
// asked. The alert follows from the entry of that vote, the review from its time.
import { type ApprovalRule, approvalRule } from '#server/gate/approval.ts';
import { refuse } from '#server/gate/outcome.ts';
import { holdsOne, type OpenedActs } from './held.ts';
import { lastsMs, reviewWithinMs } from './rules.ts';

/** Canonical JSON of exactly this is the approval's payload. */
export interface EmergencyPayload {
  approval: string;
  unit: string;
  acts: string[];
  reason: string;
}

export const emergencyApproval = (openedActs: OpenedActs): ApprovalRule =>
  approvalRule({
    kind: 'emergency',
    asks: 'emergency.request',
    asksOutside: true,
    needed: 1,
    central: false,
    flag: 'for-emergency',
    shown: ['unit', 'acts', 'reason'],
    async execute(reader, payload, { officer, at, id }) {
      const { unit, acts } = JSON.parse(payload) as EmergencyPayload; // written by this room
      const found = await reader.emergencies.byId(id);
      const session = found && (await reader.access.standing(found.emergency.session));
      if (!found || !session || session.endedAt !== null || session.endsAt <= at)
        return refuse('wrong-state', {
          detail: 'Whoever asked has left their session: it must be asked for anew',
        });
      if (await holdsOne(reader, openedActs, found.emergency.officer, at))
        return refuse('wrong-state', {
          detail: 'Whoever asked holds emergency access already: it must end first',
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
              openedEntry: { entrySeq: 0 },
              version: found.emergency.version + 1,
            },
          },
        ],
        // All that it grants: held.ts believes this entry, not the row.
        about: {
          detail: {
            ...{ emergency: id, precinct: unit, acts },
            ...{ officer: found.emergency.officer, session: found.emergency.session },
          },
        },
      };
    },
  });
