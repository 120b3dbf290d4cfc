// Use cases of the random re-check of administrators (R32): fix a period, throw, judge, sign, close; and what the system tells
// by itself when any of it is late. Nobody re-checks themselves. Every step is an entry.
import type { CloseSample, DrawSample, FixSample, SampleCard, SampleList } from '#server/contract/samples.ts';
import type { Context } from '#server/gate/context.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { closeSample } from './close.ts';
import { type Sample, type SampleDeps, topOf } from './deps.ts';
import { drawSample } from './draw.ts';
import { fixSample } from './fix.ts';
import { createJudging } from './judge.ts';
import { nextDue, tellOverdue } from './overdue.ts';
import { countsOf, showCard, showSummary } from './show.ts';

export interface SampleRoomDeps extends SampleDeps {
  clock: () => number;
  /** Operators' log. */
  onFault: (error: unknown) => void;
}

const listed = 100;
const lookMs = 15 * 60_000;

export function createSamples(deps: SampleRoomDeps) {
  const { gate, clock, onFault } = deps;
  let timer: NodeJS.Timeout | null = null;
  const look = () => void tellOverdue(deps, clock()).catch(onFault);

  return {
    fixSample: (ctx: Context, input: FixSample) => fixSample(deps, ctx, input),
    drawSample: (ctx: Context, number: number, input: DrawSample) => drawSample(deps, ctx, number, input),
    closeSample: (ctx: Context, number: number, input: CloseSample) => closeSample(deps, ctx, number, input),
    ...createJudging(deps),

    async listSamples(ctx: Context): Promise<Outcome<SampleList>> {
      return gate.read<null, SampleList>(ctx, 'audit.sample-list', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const rows = await reader.samples.newest(listed);
          const counts = await countsOf(
            reader,
            rows.map(({ number }) => number),
            ctx,
          );
          const mayFix = gate.may(ctx, 'audit.sample-fix', { unit: topOf(ctx) });
          const whole = gate.may(ctx, 'audit.sample-view', { unit: null });
          const reports = gate.may(ctx, 'audit.sample-view', { unit: null, flags: ['closed'] });
          const shown = rows.filter(
            ({ number, state }) =>
              whole || (counts.get(number)?.given ?? 0) > 0 || (reports && state === 'closed'),
          );
          const next = mayFix ? await nextDue(reader, deps.policy, rows[0]) : null;
          return {
            kind: 'release',
            about: { detail: { shown: shown.length } },
            value: {
              items: shown.map((sample) => showSummary(sample, counts.get(sample.number), ctx.now)),
              next: next && { ...next, overdue: next.dueAt <= ctx.now },
              mayFix,
            },
          };
        },
      });
    },

    async viewSample(ctx: Context, number: number): Promise<Outcome<SampleCard>> {
      return gate.read<Sample, SampleCard>(ctx, 'audit.sample-view', {
        async locate(reader) {
          const sample = await reader.samples.byNumber(number);
          if (!sample) return null;
          const counts = (await countsOf(reader, [number], ctx)).get(number);
          return {
            record: sample,
            unit: null,
            flags: [
              ...(counts && counts.given > 0 ? (['assigned'] as const) : []),
              ...(sample.state === 'closed' ? (['closed'] as const) : []),
            ],
            about: { detail: { sample: number } },
          };
        },
        async release(sample, reader) {
          const whole = gate.may(ctx, 'audit.sample-view', { unit: null });
          const card = await showCard(deps, ctx, reader, sample, whole);
          return {
            kind: 'release',
            value: card,
            about: { detail: { sample: number, shown: card.items.length } },
          };
        },
      });
    },

    /** Tells what is late at a moment; answers how many entries that made. */
    tellOverdue: (now: number) => tellOverdue(deps, now),

    /** Looks for what is late, now and every quarter of an hour. */
    start(): void {
      look();
      timer = setInterval(look, lookMs);
      timer.unref();
    },
    close(): void {
      if (timer) clearInterval(timer);
    },
  };
}

export type Samples = ReturnType<typeof createSamples>;
