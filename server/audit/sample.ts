// The periodic re-check of administrators (R32): a random sample of what they did, drawn by an auditor; what was drawn is
// recorded, so that a sample cannot be drawn until it pleases. Nobody re-checks themselves.
import type { Reader } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { valueSight } from './rules.ts';
import { sessionLengths, showEntry } from './trail.ts';

export const administrators = ['central-admin', 'security-officer', 'territorial-admin'] as const;

export interface SampleOptions {
  /** Epoch ms, from inclusive to exclusive. */
  from: number;
  to: number;
  count: number;
}

/** At most `count` entries, oldest first. */
export async function drawSample(
  gate: Gate,
  ctx: Context,
  { from, to, count }: SampleOptions,
  maskField: (field: string, value: string) => string,
): Promise<Outcome<TrailItem[]>> {
  return gate.read<null, TrailItem[]>(ctx, 'audit.sample', {
    locate: async () => ({ record: null, unit: null }),
    async release(_, reader: Reader) {
      const drawn = await reader.audit.sample(administrators, from, to, count);
      const rows = (await reader.audit.bySeqs(drawn.map((row) => row.seq)))
        .filter((row) => row.trail.actor !== ctx.actor?.id)
        .reverse();
      const lengths = await sessionLengths(reader, rows);
      return {
        kind: 'release',
        value: rows.map((row) => showEntry(row, valueSight(ctx), maskField, lengths)),
        about: { detail: { from, to, drawn: rows.map((row) => String(row.trail.seq)) } },
      };
    },
  });
}
