// The log's witnesses: parties, observers, a court, each with a server of its own that cosigns how the log grew (C2SP
// tlog-witness). Asks them in rounds, keeps what they say, publishes the newest checkpoint with a quorum, and says, in the
// log too, when the quorum stays away or a witness contradicts the log. Never stands in the way of an entry: it reads what
// is signed already, and whoever needs the log does not wait for it.
import type { Store } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { WitnessReport } from '#server/contract/audit.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { describeQuorum, type Policy } from '#server/lib/log/policy.ts';
import { createRounds, type Followed, type WitnessState } from './rounds.ts';
import { type QuorumState, quorumState } from './rules.ts';

export interface WitnessDeps {
  policy: Policy;
  store: Pick<Store, 'reader' | 'status' | 'settled'>;
  /** The newest checkpoint whose stored cosignatures meet the quorum. */
  witnessed(): Promise<{ size: number; note: string } | null>;
  /** Commits without an entry: a cosignature is no act of ours. */
  keep(size: number, vkey: string, line: string): Promise<void>;
  /** Hash of a perfect subtree of the stored log. */
  node(level: number, index: number): Promise<Uint8Array>;
  /** Makes an entry of the system's own. */
  record(act: Act, detail: NonNullable<EntryAbout['detail']>): Promise<void>;
  clock: () => number;
  /** How often the newest checkpoint is offered. */
  everyMs: number;
  /** How long one witness may take. */
  timeoutMs?: number;
  /** How long entries may stay without a quorum before that is said. */
  overdueMs?: number;
  /** Operators' log: how a witness fares, by its name in the policy. */
  onState(name: string, state: WitnessState, why: string): void;
  onFault(error: unknown): void;
}

export interface Witnesses {
  /** Begins to ask. */
  start(): Promise<void>;
  /** Where another server asks: keeps in step with what it was told, and asks nobody. */
  follow(): Promise<void>;
  /** Asks everybody once, now, whatever their pace: for an export that must not wait for the next round. */
  askNow(): Promise<void>;
  /** The newest checkpoint with a quorum, cosignatures included; null when none is asked for, or it is overdue. */
  published(): { size: number; note: string } | null;
  report(): Promise<WitnessReport>;
  /** Lines for /metrics. */
  metrics(): string[];
  close(): Promise<void>;
}

const contradicts = (state: WitnessState) => state === 'ahead' || state === 'inconsistent';

export function createWitnesses(deps: WitnessDeps): Witnesses {
  const { policy, store, clock, everyMs, timeoutMs = 10_000, overdueMs = 600_000 } = deps;
  const { audit } = store.reader;
  let published: { size: number; note: string } | null = null;
  let signed = 0;
  let since: { size: number; at: number | null } | null = null;
  let state: QuorumState = policy.quorum === null ? 'none' : 'waiting';
  /** Whether the log says that the quorum is away. */
  let told = false;
  /** Another server asks. */
  let looksOn = false;
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> = Promise.resolve();
  const closing = new AbortController();

  const rounds = createRounds({
    policy,
    newest: () => audit.lastCheckpoint(),
    size: () => store.status().size,
    node: deps.node,
    keep: deps.keep,
    onState(one, before) {
      deps.onState(one.witness.name, one.state, one.why);
      // Once, until it agrees again: whether it errs or the log was tampered with, a person has to find out.
      if (contradicts(one.state) && !contradicts(before)) contradictions.push(one);
    },
    clock,
    everyMs,
    timeoutMs,
    stop: closing.signal,
  });
  const contradictions: Followed[] = [];

  async function stored(): Promise<void> {
    for (const one of rounds.followed) {
      one.cosigned = (await audit.cosignedBy(one.vkey)) ?? 0;
      one.knows = one.cosigned;
    }
  }

  /** Takes up what was stored before. */
  async function resume(): Promise<void> {
    await stored();
    await store.settled();
    const [last] = await audit.newestOf(['log.unwitnessed', 'log.witnessed'], 1);
    const detail = last && (JSON.parse(last.json) as { detail?: { json: { quorum?: unknown } } }).detail;
    told = typeof detail?.json.quorum === 'string';
  }

  /** Looks for a newer quorum among what came in, and at how long the log has been without. */
  async function judge(): Promise<void> {
    published = await deps.witnessed();
    signed = (await audit.lastCheckpoint())?.size ?? 0;
    const witnessed = published?.size ?? 0;
    if (signed <= witnessed) since = null;
    else if (since?.size !== witnessed) since = { size: witnessed, at: await timeOf(witnessed) };
    state = quorumState(policy.quorum, { witnessed, signed, since: since?.at ?? null }, clock(), overdueMs);
  }

  async function timeOf(seq: number): Promise<number | null> {
    const [entry] = await audit.entriesAt([seq]);
    const { t } = entry ? (JSON.parse(Buffer.from(entry.leaf).toString('utf8')) as { t?: unknown }) : {};
    return typeof t === 'number' ? t : null;
  }

  /** What the log itself must say. */
  async function tell(): Promise<void> {
    for (const { witness, state: how, why } of contradictions.splice(0))
      await deps.record('log.witness-conflict', { witness: witness.verifier.name, how, why, size: signed });
    if (state === 'overdue' && !told) {
      await deps.record('log.unwitnessed', {
        quorum: describeQuorum(policy)!,
        witnessed: published?.size ?? 0,
      });
      told = true;
    } else if (state === 'met' && told) {
      await deps.record('log.witnessed', { witnessed: published?.size ?? 0 });
      told = false;
    }
  }

  /** Rounds never overlap. */
  function round(everybody: boolean): Promise<void> {
    working = working
      .then(() => rounds.run(everybody))
      .then(async () => {
        if (closing.signal.aborted) return;
        await judge();
        await tell();
      })
      .catch(deps.onFault);
    return working;
  }

  function schedule(work: () => Promise<void>): void {
    if (closing.signal.aborted) return;
    timer = setTimeout(() => void work().then(() => schedule(work)), everyMs);
    timer.unref();
  }

  /** How a witness answered is known to whoever asked it; here, whether what is published rests on it. */
  async function look(): Promise<void> {
    await stored();
    await judge();
    for (const one of rounds.followed)
      one.state = published !== null && one.cosigned >= published.size ? 'cosigned' : 'not-asked';
  }

  function lookOn(): Promise<void> {
    working = working.then(look).catch(deps.onFault);
    return working;
  }

  const asksNobody = policy.witnesses.length === 0;
  return {
    async start() {
      if (asksNobody) return;
      await resume();
      const ask = () => round(false);
      void ask().then(() => schedule(ask));
    },
    async follow() {
      if (asksNobody) return;
      looksOn = true;
      await lookOn();
      schedule(lookOn);
    },
    async askNow() {
      if (asksNobody) return;
      await resume();
      await round(true);
    },
    published: () => (state === 'overdue' ? null : published),
    report: async () => ({
      quorum: describeQuorum(policy),
      state,
      // Without witnesses nobody looks for the newest in between.
      entries: asksNobody ? ((await audit.lastCheckpoint())?.size ?? 0) : signed,
      witnessed: published?.size ?? 0,
      waitingSince: since?.at ?? null,
      witnesses: rounds.followed.map(({ witness, state: how, cosigned, cosignedAt }) => ({
        name: witness.name,
        key: witness.verifier.name,
        state: how,
        cosigned,
        at: cosignedAt,
      })),
    }),
    metrics() {
      if (asksNobody) return [];
      const waitingSeconds = since?.at == null ? 0 : Math.max(0, (clock() - since.at) / 1000);
      const each = (name: string, is: (one: Followed) => boolean) =>
        rounds.followed.map((one) => `${name}{witness="${label(one.witness.name)}"} ${is(one) ? 1 : 0}`);
      const asked = () => [
        '# HELP kuzot_witness_up 1 while a witness cosigns what it is offered.',
        '# TYPE kuzot_witness_up gauge',
        ...each('kuzot_witness_up', (one) => one.state === 'cosigned'),
        '# HELP kuzot_witness_conflict 1 while a witness says that the log contradicts what it saw of it.',
        '# TYPE kuzot_witness_conflict gauge',
        ...each('kuzot_witness_conflict', (one) => contradicts(one.state)),
      ];
      return [
        '# HELP kuzot_witnessed_entries Entries under a checkpoint that a quorum of witnesses cosigned.',
        '# TYPE kuzot_witnessed_entries gauge',
        `kuzot_witnessed_entries ${published?.size ?? 0}`,
        '# HELP kuzot_unwitnessed_seconds Age of the oldest entry that no quorum has cosigned.',
        '# TYPE kuzot_unwitnessed_seconds gauge',
        `kuzot_unwitnessed_seconds ${Math.round(waitingSeconds)}`,
        '# HELP kuzot_quorum_overdue 1 while entries have waited too long for a quorum of witnesses.',
        '# TYPE kuzot_quorum_overdue gauge',
        `kuzot_quorum_overdue ${state === 'overdue' ? 1 : 0}`,
        // Said by the server that asks: what this one did not ask is not down.
        ...(looksOn ? [] : asked()),
      ];
    },
    async close() {
      closing.abort();
      if (timer !== null) clearTimeout(timer);
      await working;
    },
  };
}

/** A label's value in the text format of Prometheus; names come from the policy file. */
function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
