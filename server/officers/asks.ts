// What is asked of others about an account: its payload, the hash step-ups bind to, and the row of the request. Carried out
// in the commit of the last approval (approval.ts).
import { hash } from 'node:crypto';
import type { NewRow, Row } from '#db/store.ts';
import type { ApprovalKind, Purpose } from '#server/contract/vocabulary.ts';
import { canonicalJson } from '#server/lib/canonical.ts';

const dayMs = 86_400_000;
/** An approval nobody completes lapses. */
const lapsesAfterMs = 3 * dayMs;

export const sha256 = (text: string) => hash('sha256', text, 'hex');

/** The account something is asked about, at the version that was seen. */
export type AccountAsked = Pick<Row<'officer'>, 'id' | 'login' | 'version'>;

type ApprovalRow = Omit<NewRow<'approval'>, 'entry'> & { entry: { entrySeq: number } };

/**
 * @param body canonical JSON of exactly this is what is approved
 * @param needed how many others than the one who asks
 */
export function askOf(
  body: { kind: ApprovalKind; officer: string } & Record<string, string | number>,
  needed: number,
  purpose: Purpose,
) {
  const payload = canonicalJson(body);
  const payloadHash = sha256(payload);
  return {
    payloadHash,
    /** @param commission whose approvers decide */
    row: (facts: {
      approval: string;
      commission: string;
      requestedBy: string;
      now: number;
    }): ApprovalRow => ({
      id: facts.approval,
      kind: body.kind,
      payload,
      payloadHash,
      persons: 1,
      purpose,
      commission: facts.commission,
      requestedBy: facts.requestedBy,
      requestedAt: facts.now,
      state: 'pending',
      needed,
      expiresAt: facts.now + lapsesAfterMs,
      entry: { entrySeq: 0 },
      version: 1,
    }),
  };
}

/** Code of the central commission, first part of every unit's path: what widens a duty is decided there. */
export const centreOf = (path: string): string => path.split('/')[1] ?? '';
