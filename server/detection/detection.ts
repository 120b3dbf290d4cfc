// Puts detection together and starts it: says that the server started and under which rules, says so when the rules are
// others than last time, follows the log, and gives a sign of life every hour (silence is an alert elsewhere).
import { randomUUID } from 'node:crypto';
import type { Store } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import type { Catalogue } from './catalogue.ts';
import type { Follower } from './follower.ts';
import { createRunner } from './runner.ts';

export interface DetectionDeps {
  gate: Gate;
  store: Pick<Store, 'reader' | 'settled' | 'status'>;
  catalogue: Catalogue;
  /** Reads the log and runs the rules over it. */
  follower: Follower;
  /** Hash of the access policies in force. */
  policyHash: string;
  clock: () => number;
  newId?: () => string;
  /** Told after an alert was raised or grew: pokes those who follow. */
  onAlert?: () => void;
  /** Operators' log; never given an event's content. */
  onFault: (error: unknown) => void;
}

export interface Detection {
  /** Writes `system.start`, notes changed rules and damage, and begins to follow; the replay goes on behind it. */
  start(): Promise<void>;
  /** To be called after each durable entry (the gate's `onEntry`). */
  notify(): void;
  /** Resolves when everything durable at the call has passed the rules. */
  drain(): Promise<void>;
  beat(): Promise<void>;
  close(): Promise<void>;
}

const hourMs = 3_600_000;

export function createDetection(deps: DetectionDeps): Detection {
  const { gate, store, catalogue, policyHash, clock } = deps;
  const newId = deps.newId ?? randomUUID;
  const rules = catalogue.ruleSet.hash;
  let heart: NodeJS.Timeout | null = null;

  async function write(act: Act, detail: NonNullable<EntryAbout['detail']>): Promise<void> {
    const outcome = await gate.change<null, null>(systemContext('detection', clock(), newId()), act, {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes: [], value: null, about: { detail } }),
    });
    if (outcome.kind !== 'done') throw new Error(`${act} was not recorded: ${outcome.kind}`);
  }

  const runner = createRunner({
    gate,
    catalogue,
    follower: deps.follower,
    clock,
    newId,
    onAlert: deps.onAlert,
    onFault: deps.onFault,
    async onGap(from, to) {
      const told = await newest(['log.gap'], (detail) => detail.from === from);
      if (!told) await write('log.gap', { from, to });
    },
  });

  async function newest(
    acts: Act[],
    is: (detail: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown> | null> {
    await store.settled();
    for (const { json } of await store.reader.audit.newestOf(acts, 50)) {
      const { detail } = JSON.parse(json) as { detail?: { json: Record<string, unknown> } };
      if (detail && is(detail.json)) return detail.json;
    }
    return null;
  }

  const beat = () => write('log.heartbeat', { rules, read: runner.next });

  return {
    async start() {
      const before = await newest(['system.start', 'rule.change'], (d) => typeof d.rules === 'string');
      const cursor = await store.reader.audit.cursor('detection');
      const { size } = store.status();
      await write('system.start', { rules, policy: policyHash });
      // Threat: whoever switches a rule off and acts is not seen acting. The change itself is seen.
      if (before && (before.rules !== rules || before.policy !== policyHash))
        await write('rule.change', {
          rules,
          policy: policyHash,
          rulesBefore: String(before.rules),
          policyBefore: String(before.policy),
        });
      if (cursor && cursor.seq > size) await write('log.rollback', { seen: cursor.seq, found: size });
      await runner.open(size);
      heart = setInterval(() => void beat().catch(deps.onFault), hourMs);
      heart.unref();
    },
    notify: () => runner.notify(),
    drain: () => runner.drain(),
    beat,
    async close() {
      if (heart) clearInterval(heart);
      await runner.close();
    },
  };
}
