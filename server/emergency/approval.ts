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
  /** Who reads, and in which session: their ids. */
  officer: string;
  session: string;
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
      const asked = JSON.parse(payload) as EmergencyPayload; // written by this room
      const { unit, acts, officer: reads } = asked;
      const found = await reader.emergencies.byId(id);
      const session = await reader.access.standing(asked.session);
      if (!found || !session || session.endedAt !== null || session.endsAt <= at)
        return refuse('wrong-state', {
          detail: 'Whoever asked has left their session: it must be asked for anew',
        });
      // Threat: the row says otherwise than what was asked for. It would open nothing, but look as if it did.
      const { officer: named, session: within, commission, version } = found.emergency;
      if (named !== reads || within !== asked.session || commission !== unit)
        return refuse('record-changed', {
          detail: 'This is not what was asked for any more: deny it, and have it asked for anew',
        });
      if (await holdsOne(reader, openedActs, reads, at))
        return refuse('wrong-state', {
          detail: 'Whoever asked holds emergency access already: it must end first',
        });
      return {
        changes: [
          {
            op: 'update',
            table: 'emergency',
            key: { id },
            expect: { version, startsAt: null, officer: reads, session: asked.session, commission: unit },
            set: {
              startsAt: at,
              endsAt: at + lastsMs,
              approvedBy: officer,
              reviewDueAt: at + reviewWithinMs,
              openedEntry: { entrySeq: 0 },
              version: version + 1,
            },
          },
        ],
        // All that it grants: held.ts believes this entry, not the row.
        about: {
          detail: {
            ...{ emergency: id, precinct: unit, acts },
            ...{ officer: reads, session: asked.session },
          },
        },
      };
    },
  });
