// A request that waits for others (approval.ts): its row, and whether what they approved may be carried out now. Alike for whatever
// is asked for; the approvals room decides on it.
import type { Change, Reader, Row } from '#db/store.ts';
import type { ApprovalItem } from '#server/contract/approvals.ts';
import type { ApprovalKind, Purpose } from '#server/contract/vocabulary.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { Context } from './context.ts';
import type { Located } from './gate.ts';
import type { Recount } from './in-log.ts';
import type { EntryAbout } from './leaf.ts';
import { type Refusal, refuse } from './outcome.ts';

export interface FoundApproval {
  approval: Row<'approval'>;
  path: string;
}

/** What the approvals room hands to rooms whose requests are carried out by an act of their own. */
export interface ApprovalDesk {
  /** The approval with its policy facts. */
  locateApproval(reader: Reader, ctx: Context, id: string): Promise<Located<FoundApproval> | null>;
  /** How it is shown to whoever asked. */
  showAsked(ctx: Context, approval: Row<'approval'>): ApprovalItem;
  /** Whether a complete approval still stands, by the log. */
  recount(reader: Reader, id: string): Promise<Recount>;
}

/** What the entry of a request must say of it: it is held against this when it takes effect (approvals/recount.ts). */
export interface SaidOfRequest {
  approval: string;
  /** Of the payload. */
  hash: string;
  /** Whose approvers decide. */
  commission: string;
}

/** @returns the row, the change that puts it there under the entry it is made with, and what that entry must say */
export function newRequest(
  ctx: Context,
  asks: {
    id: string;
    kind: ApprovalKind;
    /** Canonical JSON of what exactly is asked for. */
    payload: string;
    persons: number;
    purpose: Purpose;
    /** Whose approvers decide. */
    commission: string;
    needed: 1 | 2;
    lastsMs: number;
  },
): { row: Row<'approval'>; insert: Change; said: SaidOfRequest } {
  const { lastsMs, ...asked } = asks;
  const row: Row<'approval'> = {
    ...asked,
    payloadHash: sha256(asked.payload),
    requestedBy: ctx.actor!.id,
    requestedAt: ctx.now,
    state: 'pending',
    expiresAt: ctx.now + lastsMs,
    decidedAt: null,
    executedAt: null,
    entry: 0,
    version: 1,
  };
  return {
    row,
    insert: { op: 'insert', table: 'approval', row: { ...row, entry: { entrySeq: 0 } } },
    said: { approval: row.id, hash: row.payloadHash, commission: row.commission },
  };
}

/** Why nothing of this kind can be fetched under the approval; null: nothing but its votes can stand in the way. */
export function unfetchable(
  { kind, expiresAt }: Row<'approval'>,
  wanted: ApprovalKind,
  now: number,
): Refusal | null {
  if (kind !== wanted) return refuse('not-found');
  if (now > expiresAt) return refuse('expired', { detail: 'The approval has expired: ask again' });
  return null;
}

/**
 * Counts an approval again and says why it carries nothing, or null. One taken back waits for other approvals; one the log does
 * not know is said in the entry, for the rule that alerts of it.
 */
export async function countedOut(
  { recount }: Pick<ApprovalDesk, 'recount'>,
  reader: Reader,
  { id, state, version }: Row<'approval'>,
  about: EntryAbout,
): Promise<(Refusal & { about: EntryAbout; leaves?: Change[] }) | null> {
  const counted = state === 'approved' ? await recount(reader, id) : 'stands';
  if (counted === 'stands') return null;
  const said = (reason: string) => ({ about: { ...about, detail: { ...about.detail, reason } } });
  if (counted === 'forged')
    return {
      ...refuse('wrong-state', {
        detail: 'The log knows nothing of this approval: tell the security officer, and ask anew',
      }),
      ...said('approval-forged'),
    };
  return {
    ...refuse('taken-back', {
      detail: 'Another officer must approve it in the place of the one who counts no more',
    }),
    ...said('approval-taken-back'),
    leaves: [
      {
        op: 'update',
        table: 'approval',
        key: { id },
        expect: { version, state: 'approved' },
        set: { state: 'pending', decidedAt: null, executedAt: null, version: version + 1 },
      },
    ],
  };
}

/** Uses an approval up: of two at once one meets another version. */
export const usedUp = (
  { id, version }: Pick<Row<'approval'>, 'id' | 'version'>,
  at: number,
  also: Partial<Pick<Row<'approval'>, 'payload'>> = {},
): Change => ({
  op: 'update',
  table: 'approval',
  key: { id },
  expect: { state: 'approved', version },
  set: { ...also, state: 'executed', executedAt: at, version: version + 1 },
});
