// Takes the dice and lets them choose. Everything they choose from was fixed in the log before; the digits, the chosen
// entries and who is to judge each stand in the leaf, so that neither can be changed afterwards nor tried again.
import type { Change, Reader } from '#db/store.ts';
import type { DrawSample, SampleStep } from '#server/contract/samples.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, DAY_MS } from '#server/lib/dates.ts';
import { fixedBy, headOf, type Sample, type SampleDeps, tiesAround, topOf } from './deps.ts';
import type { DrawFacts } from './facts.ts';
import { type Drawable, walkPopulation } from './population.ts';
import { Selection, seedOf } from './recipe.ts';
import { assign, readDigits, reviewerRoles } from './rules.ts';

export async function drawSample(
  deps: SampleDeps,
  ctx: Context,
  number: number,
  input: DrawSample,
): Promise<Outcome<SampleStep>> {
  return deps.gate.change<Sample, SampleStep>(ctx, 'audit.sample', {
    async locate(reader) {
      const sample = await reader.samples.byNumber(number);
      return sample && { record: sample, unit: topOf(ctx), about: { detail: { sample: number } } };
    },
    decide: (sample, reader) => decideDraw(deps, ctx, sample, input, reader),
  });
}

async function decideDraw(
  { policy }: SampleDeps,
  ctx: Context,
  sample: Sample,
  input: DrawSample,
  reader: Reader,
): Promise<Decided<SampleStep>> {
  if (sample.state !== 'fixed')
    return refuse('already-done', {
      detail: 'The dice of this period were thrown: fix it anew, with the reason, to draw again',
    });
  if (input.expectedVersion !== sample.version)
    return refuse('stale', { facts: { version: sample.version } });
  const digits = readDigits(input.source, input.digits);
  if (typeof digits !== 'string') return digits;
  const fixed = await fixedBy(reader, sample);
  if ('kind' in fixed) return fixed;
  const published = await reader.samples.covering(sample.fixEntry + 1);
  if (published === null)
    return refuse('wrong-state', {
      detail: 'No signed checkpoint covers the period yet: wait a second, read it out, then throw',
    });

  const { facts, hash } = fixed;
  const seed = seedOf(hash, digits);
  const selection = new Selection(seed, facts.n);
  let population = 0;
  await walkPopulation(reader.audit.leaves, facts, ({ seq }) => {
    population++;
    selection.add(seq);
  });
  if (population !== facts.population)
    return refuse('wrong-state', {
      detail: 'The log no longer holds the acts that were counted: run kuzot audit verify',
    });
  const selected = selection.drawn();
  const drawn = await withUnits(reader, await actsAt(reader, selected));
  const tied = await tiesAround(
    reader,
    drawn.map(({ actor }) => actor),
  );
  const roster = await reader.samples.reviewers(reviewerRoles, bishkekDay(ctx.now));
  const reviewers = assign(drawn, roster, tied, seed);
  const statement: DrawFacts = {
    number: sample.number,
    fix: sample.fixEntry,
    ...headOf(published),
    source: input.source,
    digits,
    selected,
    reviewers: reviewers.map((id) => id ?? ''),
  };
  const version = sample.version + 1;
  const changes: Change[] = [
    {
      op: 'update',
      table: 'sample',
      key: { number: sample.number },
      expect: { version: sample.version },
      set: { state: 'drawn', drawEntry: { entrySeq: 0 }, version },
    },
    ...drawn.map(
      ({ seq, actor, commission }, i): Change => ({
        op: 'insert',
        table: 'sampleItem',
        row: {
          sample: sample.number,
          seq,
          place: i + 1,
          actor,
          commission,
          state: 'open',
          reviewer: reviewers[i] ?? null,
          signer: null,
          dueAt: ctx.now + policy.reviewDays * DAY_MS,
          escalatedAt: null,
          finding: null,
          foundBy: null,
          foundAt: null,
          foundEntry: null,
          signedBy: null,
          signedAt: null,
          signEntry: null,
          returned: 0,
          version: 1,
        },
      }),
    ),
  ];
  return {
    kind: 'change',
    changes,
    value: (entry) => ({ entry, version }),
    about: {
      sample: statement,
      detail: { sample: sample.number, drawn: selected.length, ...(input.note && { note: input.note }) },
    },
  };
}

/** Who did these entries, in the order asked. */
async function actsAt(reader: Reader, seqs: readonly number[]): Promise<Drawable[]> {
  const wanted = new Map<number, Drawable>();
  for (const { seq, leaf } of await reader.audit.entriesAt(seqs)) {
    const { actor, commission } = JSON.parse(Buffer.from(leaf).toString('utf8')) as Record<string, string>;
    wanted.set(seq, { seq, actor: actor ?? '', commission: commission ?? '' });
  }
  return seqs.map((seq) => wanted.get(seq)!);
}

async function withUnits(reader: Reader, acts: readonly Drawable[]) {
  const codes = [...new Set(acts.map(({ commission }) => commission))];
  const paths = new Map((await reader.samples.paths(codes)).map(({ code, path }) => [code, path]));
  return acts.map((act) => ({ ...act, path: paths.get(act.commission) ?? null }));
}
