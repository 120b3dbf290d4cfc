// How a set of files (file-sets.ts) gives way to another, alike for access policies and detection rules: one officer proposes it
// with what it would change, a second approves exactly that, and with the vote it is in force. What a set is, how it is tried
// and what takes it up are the room's.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { ApprovalKind } from '#server/contract/vocabulary.ts';
import { type CanonicalValue, canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { Tried } from '#server/lib/trial-thread.ts';
import type { Flag } from '#server/policy/relation.ts';
import { type ApprovalRule, approvalRule } from './approval.ts';
import type { Context } from './context.ts';
import { type Differs, type FileSet, keepSet, type SetFile, type SetName } from './file-sets.ts';
import type { Gate } from './gate.ts';
import type { EntryAbout } from './leaf.ts';
import { type Outcome, type Refusal, refuse } from './outcome.ts';
import { newRequest } from './request.ts';
import { busy, gaveUp } from './tried.ts';

/** What one set is called, in rows, in entries and for people. */
export interface SetKind {
  name: SetName;
  /** In the plural. */
  what: 'policies' | 'rules';
  approval: Extract<ApprovalKind, 'policy' | 'rules'>;
  views: Act;
  proposes: Act;
  /** The fact by which policies tell who decides on the approval. */
  flag: Flag;
  /** Under which an entry's detail names the set in force. */
  told: 'policy' | 'ruleFiles';
}

/** Canonical JSON of this, and of the room's own counts, is the approval's payload. */
interface SetPayload {
  approval: string;
  /** Hashes of the sets, and of the difference the approver is shown. */
  from: string;
  to: string;
  difference: string;
  reason: string;
}

/** Counts for the list of approvals. */
type Counts = Record<string, number>;

/** What the database says of the set in force, and whether the files of this server agree. */
export async function standingOf(reader: Reader, { name }: SetKind, hash: string, differs: Differs) {
  const found = await reader.policies.inForce(name);
  return {
    hash,
    since: found?.inForce.since ?? null,
    approval: found?.inForce.approval ?? null,
    filesAgree: differs === null || differs.hash === hash,
  };
}

/** A set that cannot be proposed, and why. */
export const unfit = (detail: string) => refuse('invalid-input', { field: 'files', detail });

export interface Proposal<D> {
  reason: string;
  /** What the proposer's factor is for. */
  hash: string;
  /** The room's own judgement: nobody is asked about what could not be put in force. */
  judge(
    reader: Reader,
  ): Promise<Refusal | { kind: 'fit'; set: FileSet; from: string; difference: D; counts: Counts }>;
}

export interface Proposed {
  id: string;
  state: string;
  /** Of the payload: what a vote's factor is for. */
  hash: string;
}

/** Keeps a set, what it would change, and the request that a second person puts it in force. */
export function proposeSet<D>(
  gate: Gate,
  ctx: Context,
  kind: SetKind,
  { reason: written, hash, judge }: Proposal<D>,
): Promise<Outcome<Proposed>> {
  const id = randomUUID();
  const reason = written.trim();
  const about = { detail: { note: reason } };
  return gate.change<null, Proposed>(ctx, kind.proposes, {
    locate: async () => ({ record: null, unit: ctx.actor!.path, hash, about }),
    async decide(_, reader) {
      const judged = await judge(reader);
      if (judged.kind !== 'fit') return { ...judged, about };
      const { set, from, counts } = judged;
      const difference = canonicalJson(judged.difference as CanonicalValue);
      const payload = { approval: id, from, to: set.hash, difference: sha256(difference), reason, ...counts };
      const { row, insert, said } = newRequest(ctx, {
        id,
        kind: kind.approval,
        payload: canonicalJson(payload),
        persons: 0,
        purpose: 'review',
        commission: ctx.actor!.commission,
        needed: 1,
        lastsMs: approvalMs,
      });
      const entry = { entrySeq: 0 } as const;
      const proposal = { id, hash: set.hash, before: from, reason, difference, entry };
      return {
        kind: 'change',
        value: { id, state: 'pending', hash: row.payloadHash },
        about: {
          detail: {
            ...said,
            approvalKind: kind.approval,
            proposed: set.hash,
            [kind.told]: from,
            note: reason,
          },
        },
        changes: [keepSet(set, ctx.now), { op: 'insert', table: 'policyProposal', row: proposal }, insert],
      };
    },
  });
}

const approvalMs = 3 * 86_400_000;

/** @param show what the room says of it besides, from the difference and the files as they are kept */
export function viewProposal<V>(
  gate: Gate,
  ctx: Context,
  kind: SetKind,
  id: string,
  show: (kept: { difference: string; files: string }) => V,
): Promise<Outcome<V & { id: string; from: string; to: string; reason: string }>> {
  return gate.read(ctx, kind.views, {
    async locate(reader) {
      const [found, approval] = [await reader.policies.proposal(id), await reader.approvals.byId(id)];
      if (!found || approval?.approval.kind !== kind.approval) return null;
      return { record: found, unit: approval.path, about: { detail: { approval: id } } };
    },
    release({ proposal: { before: from, hash: to, reason, difference }, files }) {
      return {
        kind: 'release',
        value: { id, from, to, reason, ...show({ difference, files }) },
        about: { detail: { approval: id, proposed: to } },
      };
    },
  });
}

export interface SetRoom<Answer extends { kind: 'set' }, Told> {
  /** Names of the room's counts. */
  counts: readonly string[];
  inForce(): FileSet;
  hashOf(files: SetFile[]): string;
  tryAgain(reader: Reader, files: SetFile[], at: number): Promise<Tried<{ kind: 'faults' } | Answer>>;
  /** Reads it where it will decide: the same text was tried a moment ago, elsewhere. Null: it cannot be read after all. */
  take(files: SetFile[], answer: Answer): Refusal | { told: Told; replace(): void } | null;
  /** Enters the change in the log by the system's own hand, once it is in force. */
  enter(change: Told & { approval: string }): Promise<void>;
}

/**
 * The approval by which a second person of those who answer for security or the system puts exactly the set that was checked in
 * force. Refused, nothing changes.
 */
export function setApproval<A extends { kind: 'set' }, Told extends NonNullable<EntryAbout['detail']>>(
  kind: SetKind,
  { counts, inForce, hashOf, tryAgain, take, enter }: SetRoom<A, Told>,
): ApprovalRule {
  const { name, what } = kind;
  return approvalRule({
    kind: kind.approval,
    asks: kind.proposes,
    needed: 1,
    central: true,
    flag: kind.flag,
    shown: ['from', 'to', 'reason', ...counts],
    async execute(reader, text, { at, id }) {
      const payload = JSON.parse(text) as SetPayload; // written above; its hash was what the step-up is bound to
      const before = inForce();
      if (before.hash !== payload.from)
        return refuse('record-changed', {
          detail: `Other ${what} came into force since this was proposed: deny it, and propose anew`,
        });
      const changed = refuse('record-changed', {
        detail: 'The proposed files are not what was proposed any more',
      });
      const files = JSON.parse((await reader.policies.files(payload.to)) ?? '[]') as SetFile[]; // hashed here
      if (hashOf(files) !== payload.to) return changed;
      const tried = await tryAgain(reader, files, at);
      if (tried.kind === 'busy' || tried.kind === 'closed') return busy(tried.kind, what);
      if (tried.kind === 'given-up') return refuse('wrong-state', { detail: gaveUp(tried.why, what).fault });
      if (tried.kind === 'faults') return changed;
      const taken = take(files, tried);
      if (taken === null) return changed;
      if ('kind' in taken) return taken;
      return {
        changes: await putInForce(reader, name, payload, id, at, before),
        about: { detail: taken.told },
        async after() {
          taken.replace();
          await enter({ ...taken.told, approval: id });
        },
      };
    },
  });
}

/** The one row of what is in force; two approvals at once meet the hash they both came from. */
async function putInForce(
  reader: Reader,
  name: SetName,
  { from, to }: SetPayload,
  approval: string,
  at: number,
  present: FileSet,
): Promise<Change[]> {
  const set = { hash: to, since: at, approval, entry: { entrySeq: 0 } };
  if (await reader.policies.inForce(name))
    return [{ op: 'update', table: 'policyInForce', key: { name }, expect: { hash: from }, set }];
  // Before the first start recorded one.
  return [keepSet(present, at), { op: 'insert', table: 'policyInForce', row: { name, ...set } }];
}
