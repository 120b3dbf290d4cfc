// THE door. Everything that reads or changes what the commission holds passes here: decide → run → record, and only then
// release. The only file that calls store.commit for people's acts. A read is released after its entry is durable; a
// change becomes durable together with its entry; a denial is recorded too. It knows no room and no SQL.

import type { Change, CommitResult, CommitUnit, EntryDraft, Reader, Store } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import type { Decision, Flag, Policy, Relation } from '#server/policy/relation.ts';
import { reachOf } from '#server/policy/relation.ts';
import type { Actor, Context } from './context.ts';
import { draftEntry, type EntryAbout } from './leaf.ts';
import { type Outcome, type Refusal, refuse } from './outcome.ts';
import { withMacs } from './row-macs.ts';

/** Where the thing asked for lies and what is true of it; null when there is no such thing. */
export interface Located<R> {
  record: R;
  /** Unit path, or null for what belongs to no unit. */
  unit: string | null;
  flags?: readonly Flag[];
  /** SHA-256 (hex) of what exactly is to be done, where a step-up must be bound to it. */
  hash?: string;
  /** What a denial's entry should say about it (subjects, case …). */
  about?: EntryAbout;
}

export type Released<V> =
  | { kind: 'release'; value: V; about: EntryAbout }
  | (Refusal & { about?: EntryAbout });

export interface ReadCase<R, V> {
  locate(reader: Reader): Promise<Located<R> | null>;
  release(record: R, reader: Reader): Promise<Released<V>> | Released<V>;
}

/** `value` may need the entry's seq, known once durable. */
export type Decided<V> =
  | { kind: 'change'; changes: Change[]; value: V | ((seq: number) => V); about: EntryAbout }
  | (Refusal & {
      about?: EntryAbout;
      /** Written with the denial's entry: what somebody is told of it. Nothing of what was asked for. */
      leaves?: Change[];
    });

export interface ChangeCase<R, V> {
  locate(reader: Reader): Promise<Located<R> | null>;
  /** Pure: what would change. The facts it read must be in `expect` of its changes. */
  decide(record: R, reader: Reader): Promise<Decided<V>> | Decided<V>;
}

/** Where the thing lies that is asked about, and which facts hold. */
export interface Where {
  unit: string | null;
  flags?: readonly Flag[];
}

/** As much of an officer as policies know. */
export type Standing = Pick<Actor, 'role' | 'path' | 'clearanceValid'>;

export interface Gate {
  readonly reader: Reader;
  read<R, V>(ctx: Context, act: Act, work: ReadCase<R, V>): Promise<Outcome<V>>;
  change<R, V>(ctx: Context, act: Act, work: ChangeCase<R, V>): Promise<Outcome<V>>;
  /** Whether the act would be permitted, counting a factor that can still be shown; for offering next steps. */
  may(ctx: Context, act: Act, where: Where): boolean;
  /** What the policy says of an officer who is not asking just now, with an open session and a factor shown for it. */
  standing(officer: Standing, act: Act, where: Where): Decision;
  /** Records a refusal decided before any room was asked (bad input, closed session, unknown address). */
  refused(ctx: Context, act: Act, policy: string, about?: EntryAbout): Promise<void>;
  /** A change without anybody's decision behind it: session bookkeeping. Only housekeeping tables pass. */
  keep(changes: Change[]): Promise<CommitResult>;
  /** A signed note covering entry `seq`. */
  checkpoint(seq: number): Promise<{ size: number; note: string }>;
}

/**
 * The emergency access by which an officer claims to reach a unit outside their own for this act, or null; it opens nothing
 * unless the log says that somebody opened it.
 */
export type Widened = (
  ctx: Context,
  act: Act,
  unit: string,
) => Promise<{ id: string; isInLog: boolean } | null>;

export interface GateDeps {
  store: Store;
  policy: Policy;
  /** Gives rows their codes. */
  macs: RowMacs;
  /** Asked only for units outside the officer's own. Without it nothing ever widens anybody's reach. */
  widened?: Widened;
  /** Name of this process in entries. */
  node: string;
  /** Told after each durable entry, never awaited. */
  onEntry?: () => void;
}

/** A factor counts as recent for five minutes; a bound step-up for as long. */
export const recentFactorMs = 5 * 60_000;
/** The session's last activity is written at most this often. */
const touchMs = 30_000;

/** Permitted: by which rule, and what using its step-up changes. */
interface Entered {
  by: string;
  consumed: Change[];
  /** What the entry says besides: the emergency access it rests on. */
  facts: NonNullable<EntryAbout['detail']>;
}

export function createGate({ store, policy, macs, node, onEntry, widened }: GateDeps): Gate {
  function relationOf(ctx: Context, act: Act, located: Located<unknown>): Relation {
    const { actor, session } = ctx;
    const age = (at: number | null | undefined) => (at == null ? Number.POSITIVE_INFINITY : ctx.now - at);
    const bound =
      session?.stepUpFor === `${act}:${located.hash ?? ''}` && age(session.stepUpAt) <= recentFactorMs;
    return {
      role: actor?.role ?? 'none',
      stage: actor?.role === 'system' ? 'open' : (session?.stage ?? 'none'),
      locked: session?.locked ?? false,
      clearance: actor?.clearanceValid ? 'valid' : 'expired',
      reach: reachOf(actor?.path ?? '', located.unit),
      factor: bound ? 'bound' : age(session?.factorAt) <= recentFactorMs ? 'recent' : 'stale',
      flags: located.flags ?? [],
    };
  }

  function draft(
    ctx: Context,
    act: Act,
    outcome: 'done' | 'denied' | 'conflict',
    by: string,
    about: EntryAbout,
  ): EntryDraft {
    return draftEntry(
      {
        t: ctx.now,
        act,
        outcome,
        actor: ctx.actor?.id ?? null,
        role: ctx.actor?.role ?? null,
        commission: ctx.actor?.commission || null,
        session: ctx.session?.id ?? null,
        request: ctx.request,
        policy: by,
        node,
        address: ctx.address,
        workstation: ctx.workstation,
      },
      about,
    );
  }

  async function write(
    ctx: Context,
    act: Act,
    outcome: 'done' | 'denied',
    by: string,
    about: EntryAbout,
    changes: Change[],
    term?: number,
  ): Promise<CommitResult> {
    const touched = touch(ctx, changes);
    const entry = draft(ctx, act, outcome, by, about);
    // Only a change can meet another version; most reads carry none.
    const onConflict =
      touched.length > 0 && outcome === 'done' ? draft(ctx, act, 'conflict', by, about) : null;
    const result = await commit(touched, {
      entries: [entry],
      ...(onConflict && { onConflict }),
      ...(term !== undefined && { term }),
    });
    ctx.ledger.entries += 1;
    ctx.ledger.lastSeq = result.seqs.at(-1) ?? -1;
    onEntry?.();
    return result;
  }

  /**
   * Where codes rest on rows as they were read a moment ago, and somebody changed one since, they are made once more before that
   * counts as a conflict: it is none of what the use case expects. What takes trust away must not fail by it.
   */
  async function commit(changes: Change[], unit: Omit<CommitUnit, 'changes'>): Promise<CommitResult> {
    // Most reads.
    if (changes.length === 0) return store.commit({ ...unit, changes });
    let coded = await withMacs(macs, store.reader, changes);
    const { onConflict: _, ...silent } = unit;
    let result = await store.commit({ ...(coded.expectsMore ? silent : unit), changes: coded.changes });
    if (result.kind === 'conflict' && coded.expectsMore) {
      coded = await withMacs(macs, store.reader, changes);
      result = await store.commit({ ...unit, changes: coded.changes });
    }
    if (result.kind === 'done') coded.settle();
    return result;
  }

  /** Only one request per interval carries the session's new last activity. */
  function touch(ctx: Context, changes: Change[]): Change[] {
    if (ctx.passive || !ctx.session || ctx.now - ctx.seenAt < touchMs) return changes;
    ctx.seenAt = ctx.now;
    return [
      ...changes,
      { op: 'update', table: 'session', key: { id: ctx.session.id }, set: { seenAt: ctx.now } },
    ];
  }

  async function deny(
    ctx: Context,
    act: Act,
    by: string,
    about: EntryAbout,
    refusal: Refusal,
    leaves: Change[] = [],
  ): Promise<Refusal> {
    const detail = { reason: refusal.kind, ...about.detail };
    await write(ctx, act, 'denied', by, { ...about, detail }, leaves);
    return refusal;
  }

  /**
   * A bound step-up opens one act once, while its session lasts: two requests racing on it meet `expect`, and one conflicts;
   * so does one whose session was ended meanwhile.
   */
  function consume(ctx: Context, used: boolean): Change[] {
    if (!used || !ctx.session) return [];
    const { id, stepUpFor } = ctx.session;
    return [
      {
        op: 'update',
        table: 'session',
        key: { id },
        expect: { stepUpFor, endedAt: null },
        set: { stepUpFor: null },
      },
    ];
  }

  /** Decides before anything is released or changed. Outside one's reach a record does not exist (404 alike). */
  async function enter<R>(ctx: Context, act: Act, located: Located<R> | null): Promise<Refusal | Entered> {
    if (!located) return deny(ctx, act, 'unknown-record', {}, refuse('not-found'));
    let relation = relationOf(ctx, act, located);
    const facts: Entered['facts'] = {};
    if (widened && relation.reach === 'outside' && located.unit !== null && ctx.session) {
      const emergency = await widened(ctx, act, located.unit);
      if (emergency !== null) {
        facts.emergency = emergency.id;
        if (emergency.isInLog) relation = { ...relation, flags: [...relation.flags, 'emergency'] };
        else facts.reason = 'emergency-forged'; // an alert follows from the denial's entry
      }
    }
    const decision = policy.decide(act, relation);
    if (decision.kind === 'permit')
      return { by: decision.policy, consumed: consume(ctx, relation.factor === 'bound'), facts };
    const about = withFacts(located.about ?? {}, facts);
    if (decision.remedy === 'outside') return deny(ctx, act, decision.policy, about, refuse('not-found'));
    if (decision.remedy === 'recent-factor' || decision.remedy === 'bound-factor') {
      const facts: Record<string, string> =
        decision.remedy === 'bound-factor'
          ? { send: 'POST /api/session/step-up', action: act, hash: located.hash ?? '' }
          : { send: 'POST /api/session/step-up' };
      return deny(ctx, act, decision.policy, about, refuse('step-up-required', { facts }));
    }
    if (ctx.actor && !ctx.actor.clearanceValid) {
      return deny(ctx, act, decision.policy, about, refuse('clearance-expired'));
    }
    return deny(ctx, act, decision.policy, about, deniedBy(decision.policy));
  }

  /** Says which rule stands in the way, and why it stands: only of what lies within the officer's reach. */
  function deniedBy(by: string): Refusal {
    const why = policy.why?.(by) ?? null;
    return refuse('denied', { facts: { policy: by, ...(why !== null && { why }) } });
  }

  return {
    reader: store.reader,

    async read<R, V>(ctx: Context, act: Act, work: ReadCase<R, V>): Promise<Outcome<V>> {
      const term = store.term?.();
      const located = await work.locate(store.reader);
      const entered = await enter(ctx, act, located);
      if (!('by' in entered)) return entered;
      const released = await work.release(located!.record, store.reader);
      if (released.kind !== 'release') {
        const { about = located!.about ?? {}, ...refusal } = released;
        return deny(ctx, act, `rule:${refusal.kind}`, withFacts(about, entered.facts), refusal);
      }
      const about = withFacts(released.about, entered.facts);
      const result = await write(ctx, act, 'done', entered.by, about, entered.consumed, term);
      if (result.kind === 'conflict') return refuse('stale');
      return { kind: 'done', value: released.value, entry: result.seqs[0]! };
    },

    async change<R, V>(ctx: Context, act: Act, work: ChangeCase<R, V>): Promise<Outcome<V>> {
      const term = store.term?.();
      const located = await work.locate(store.reader);
      const entered = await enter(ctx, act, located);
      if (!('by' in entered)) return entered;
      const decided = await work.decide(located!.record, store.reader);
      if (decided.kind !== 'change') {
        const { about = located!.about ?? {}, leaves, ...refusal } = decided;
        return deny(ctx, act, `rule:${refusal.kind}`, withFacts(about, entered.facts), refusal, leaves);
      }
      const about = withFacts(decided.about, entered.facts);
      const changes = [...decided.changes, ...entered.consumed];
      const result = await write(ctx, act, 'done', entered.by, about, changes, term);
      if (result.kind === 'conflict') return refuse('stale');
      const seq = result.seqs[0]!;
      const value =
        typeof decided.value === 'function' ? (decided.value as (s: number) => V)(seq) : decided.value;
      return { kind: 'done', value, entry: seq };
    },

    may(ctx, act, where) {
      const relation = relationOf(ctx, act, { record: null, ...where });
      return policy.decide(act, { ...relation, factor: 'bound' }).kind === 'permit';
    },

    standing: ({ role, path, clearanceValid }, act, { unit, flags = [] }) =>
      policy.decide(act, {
        role,
        stage: 'open',
        locked: false,
        clearance: clearanceValid ? 'valid' : 'expired',
        reach: reachOf(path, unit),
        factor: 'bound',
        flags,
      }),

    async refused(ctx, act, by, about = {}) {
      await write(ctx, act, 'denied', by, about, []);
    },

    keep: (changes) => commit(changes, { entries: [] }),

    checkpoint: (seq) => store.checkpoint(seq + 1),
  };
}

function withFacts(about: EntryAbout, facts: Entered['facts']): EntryAbout {
  return Object.keys(facts).length === 0 ? about : { ...about, detail: { ...about.detail, ...facts } };
}
