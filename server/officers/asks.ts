// What is asked of others about an account: its payload, the hash step-ups bind to, and the row of the request. Carried out
// in the commit of the last approval (approval.ts).
import type { Row } from '#db/store.ts';
import type { ApprovalKind, Purpose } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { newRequest } from '#server/gate/request.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';

const dayMs = 86_400_000;
/** An approval nobody completes lapses. */
const lapsesAfterMs = 3 * dayMs;

/** The account something is asked about, at the version that was seen. */
export type AccountAsked = Pick<Row<'officer'>, 'id' | 'login' | 'version'>;

/**
 * @param body canonical JSON of exactly this is what is approved
 * @param needed how many others than the one who asks
 */
export function askOf(
  body: { kind: ApprovalKind; officer: string } & Record<string, string | number>,
  needed: 1 | 2,
  purpose: Purpose,
) {
  const payload = canonicalJson(body);
  return {
    payloadHash: sha256(payload),
    /** @param commission whose approvers decide */
    request: (ctx: Context, id: string, commission: string) =>
      newRequest(ctx, {
        ...{ id, kind: body.kind, payload, commission, needed, purpose },
        persons: 1,
        lastsMs: lapsesAfterMs,
      }),
  };
}

/** Code of the central commission, first part of every unit's path: what widens a duty is decided there. */
export const centreOf = (path: string): string => path.split('/')[1] ?? '';
