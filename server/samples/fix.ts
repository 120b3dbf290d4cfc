// Fixes a period before any dice: which entries of the log, under which signed checkpoint, how many will be drawn. The entry
// is under a published checkpoint when this answers, so that whoever throws the dice throws them at something that stands.
import type { Reader } from '#db/store.ts';
import type { FixSample, SampleFixed } from '#server/contract/samples.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided } from '#server/gate/gate.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { DAY_MS, endOfBishkekDay, isCalendarDay, startOfBishkekDay } from '#server/lib/dates.ts';
import { headOf, type SampleDeps, topOf } from './deps.ts';
import { type FixFacts, readLeaf } from './facts.ts';
import { entriesAtMost, walkPopulation } from './population.ts';
import { sampleSize } from './recipe.ts';

export async function fixSample(
  deps: SampleDeps,
  ctx: Context,
  input: FixSample,
): Promise<Outcome<SampleFixed>> {
  const outcome = await deps.gate.change<null, SampleFixed>(ctx, 'audit.sample-fix', {
    locate: async () => ({ record: null, unit: topOf(ctx) }),
    decide: (_, reader) => decideFix(deps, ctx, input, reader),
  });
  // Published before anybody can throw.
  if (outcome.kind === 'done') await deps.checkpoint(outcome.entry + 1);
  return outcome;
}

async function decideFix(
  { policy, checkpoint }: SampleDeps,
  ctx: Context,
  input: FixSample,
  reader: Reader,
): Promise<Decided<SampleFixed>> {
  const [last] = await reader.samples.newest(1);
  const head = headOf(await checkpoint());
  const period = await periodOf(reader, head.size, input, last ?? null, ctx.now);
  if ('kind' in period) return period;
  const { first, next } = period;
  const repeats = await reader.samples.overlapping(first, next);
  if (repeats !== null && input.reason === undefined)
    return refuse('already-done', {
      field: 'reason',
      detail: `Sample ${repeats} covers some of these entries: say why they are drawn from again, or choose another period`,
      facts: { sample: repeats },
    });
  const { roles, without } = policy;
  const confidence = input.confidence ?? policy.confidence;
  const rate = input.rate ?? policy.rate;
  let population = 0;
  await walkPopulation(reader.audit.leaves, { first, next, roles, without }, () => population++);
  if (population === 0)
    return refuse('invalid-input', { field: 'to', detail: 'No administrator did anything in that period' });
  const number = (last?.number ?? 0) + 1;
  const n = sampleSize(population, confidence, rate);
  const facts: FixFacts = {
    number,
    first,
    next,
    ...head,
    roles,
    without,
    confidence,
    rate,
    population,
    n,
    ...(repeats !== null && { repeats }),
  };
  return {
    kind: 'change',
    value: (entry) => ({ number, entry, population, wanted: n }),
    about: {
      sample: facts,
      detail: { sample: number, ...(repeats !== null && { repeats, note: input.reason! }) },
    },
    changes: [
      {
        op: 'insert',
        table: 'sample',
        row: {
          number,
          state: 'fixed',
          fromAt: period.fromAt,
          toAt: period.toAt,
          first,
          next,
          population,
          wanted: n,
          confidence,
          rate,
          repeats,
          fixedBy: ctx.actor!.id,
          fixedAt: ctx.now,
          fixEntry: { entrySeq: 0 },
          drawEntry: null,
          closedBy: null,
          closedAt: null,
          closeEntry: null,
          mostWrong: null,
          dueAt: ctx.now + policy.drawDays * DAY_MS,
          escalatedAt: null,
          version: 1,
        },
      },
    ],
  };
}

interface Period {
  fromAt: number;
  toAt: number;
  first: number;
  next: number;
}

async function periodOf(
  reader: Reader,
  size: number,
  { from, to }: FixSample,
  last: { next: number; toAt: number } | null,
  now: number,
): Promise<Period | Refusal> {
  const wrong = (field: string, detail: string) => refuse('invalid-input', { field, detail });
  if (!isCalendarDay(to)) return wrong('to', 'There is no such day');
  if (startOfBishkekDay(to) > now) return wrong('to', 'The period ends today at the latest');
  const toAt = Math.min(endOfBishkekDay(to), now);
  let fromAt: number;
  let first: number;
  if (from === undefined) {
    first = last?.next ?? 0;
    fromAt = last?.toAt ?? (await timeOf(reader, 0)) ?? toAt;
  } else {
    if (!isCalendarDay(from)) return wrong('from', 'There is no such day');
    fromAt = startOfBishkekDay(from);
    first = await firstSince(reader, size, fromAt);
  }
  if (fromAt > toAt) return wrong('to', 'The period ends before it begins');
  const next = endOfBishkekDay(to) > now ? size : await firstSince(reader, size, toAt);
  if (first >= next) return wrong('to', 'The log has no entries of that period');
  if (next - first > entriesAtMost)
    return wrong('to', `A period has at most ${entriesAtMost} entries: choose a shorter one`);
  return { fromAt, toAt, first, next };
}

/** The first entry not before a moment; by halving, since times in the log grow but for requests that ran side by side. */
async function firstSince(reader: Reader, size: number, at: number): Promise<number> {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (((await timeOf(reader, middle)) ?? 0) >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function timeOf(reader: Reader, seq: number): Promise<number | null> {
  const [leaf] = await reader.audit.leaves(seq, seq + 1);
  const t = leaf && readLeaf(leaf).t;
  return typeof t === 'number' ? t : null;
}
