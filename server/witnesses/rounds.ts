// Offers the log's newest checkpoint to every witness at once, so that their cosignatures meet on one size: witnesses asked
// each at its own pace would never make a quorum. Knows what each witness saw last and how it fares; stores what it gets.

import { formatVkey } from '#server/lib/log/note.ts';
import type { Policy, Witness } from '#server/lib/log/policy.ts';
import { makeProofAsync, planConsistency } from '#server/lib/log/proofs.ts';
import { askWitness, type Fault } from './ask.ts';
import { pauseAfter } from './rules.ts';

/** `ahead`: it has cosigned more entries than there are here, so that this log lost its end, or has a twin. */
export type WitnessState = 'not-asked' | 'cosigned' | Fault | 'ahead';

export interface Followed {
  readonly witness: Witness;
  /** Verifier key as text: its name in the table of cosignatures. */
  readonly vkey: string;
  state: WitnessState;
  /** For operators; empty while all is well. */
  why: string;
  /** The size it cosigned last that is stored here, and when (epoch ms, by its own clock). */
  cosigned: number;
  cosignedAt: number | null;
  /** The size it holds, as far as is known here: where the next proof begins. */
  knows: number;
  failures: number;
  /** Epoch ms before which it is left alone. */
  dueAt: number;
}

export interface RoundDeps {
  policy: Policy;
  /** The newest signed checkpoint. */
  newest(): Promise<{ size: number; note: string } | null>;
  /** Durable entries. */
  size(): number;
  node(level: number, index: number): Promise<Uint8Array>;
  /** Durable when it resolves. */
  keep(size: number, vkey: string, line: string): Promise<void>;
  /** Told when a witness's state changes. */
  onState(one: Followed, before: WitnessState): void;
  clock: () => number;
  everyMs: number;
  timeoutMs: number;
  /** Ends what is under way. */
  stop: AbortSignal;
}

export interface Rounds {
  readonly followed: readonly Followed[];
  /** Asks everybody who is due, or everybody, and resolves when all have answered or their time is up. */
  run(everybody?: boolean): Promise<void>;
}

export function createRounds(deps: RoundDeps): Rounds {
  const { policy, clock, everyMs, timeoutMs, stop } = deps;
  const followed: Followed[] = policy.witnesses.map((witness) => ({
    witness,
    vkey: formatVkey(witness.verifier),
    state: 'not-asked',
    why: '',
    cosigned: 0,
    cosignedAt: null,
    knows: 0,
    failures: 0,
    dueAt: 0,
  }));

  function fares(one: Followed, state: WitnessState, why: string): void {
    const before = one.state;
    one.state = state;
    one.why = why;
    one.failures = state === 'cosigned' ? 0 : one.failures + 1;
    one.dueAt = state === 'cosigned' ? 0 : clock() + pauseAfter(one.failures, everyMs);
    if (state !== before) deps.onState(one, before);
  }

  async function offer(one: Followed, url: string, signed: { size: number; note: string }): Promise<void> {
    // Twice: a witness that knows another size says which, and then gets the proof from there.
    for (let tries = 0; tries < 2; tries++) {
      const older = Math.min(one.knows, signed.size);
      const proof = await makeProofAsync(planConsistency(older, signed.size), deps.node);
      const { verifier } = one.witness;
      const { note } = signed;
      const now = clock();
      const reply = await askWitness({ url, witness: verifier, note, older, proof, now, timeoutMs, stop });
      if (stop.aborted) return;
      if (reply.kind === 'failed') return fares(one, reply.fault, reply.why);
      if (reply.kind === 'cosigned') {
        await deps.keep(signed.size, one.vkey, reply.line);
        one.knows = signed.size;
        one.cosigned = signed.size;
        one.cosignedAt = reply.timeSeconds * 1000;
        return fares(one, 'cosigned', '');
      }
      if (reply.size === older) return fares(one, 'garbage', '409 with the very size it was told');
      const entries = deps.size();
      if (reply.size > entries)
        return fares(one, 'ahead', `it cosigned ${reply.size} entries; this log has ${entries}`);
      one.knows = reply.size;
      // Between the newest checkpoint and the log's end: the next one will do.
      if (reply.size > signed.size) return;
    }
    fares(one, 'away', '409 twice: somebody else offers it this log at the same time');
  }

  return {
    followed,
    async run(everybody = false) {
      const signed = await deps.newest();
      if (signed === null) return;
      const now = clock();
      const asked = followed.flatMap((one) => {
        const { url } = one.witness;
        const due = everybody || one.dueAt <= now;
        return url !== null && due && one.cosigned < signed.size ? [offer(one, url, signed)] : [];
      });
      await Promise.all(asked);
    },
  };
}
