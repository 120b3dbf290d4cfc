// Ends a sample once every drawn entry is judged, with what may be claimed from it: the report that is discussed (R05, R32).
import type { CloseSample, SampleStep } from '#server/contract/samples.ts';
import type { Context } from '#server/gate/context.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { type Sample, type SampleDeps, topOf } from './deps.ts';
import { mostWrong } from './recipe.ts';
import { tallyFindings } from './rules.ts';

export async function closeSample(
  { gate }: SampleDeps,
  ctx: Context,
  number: number,
  { expectedVersion }: CloseSample,
): Promise<Outcome<SampleStep>> {
  return gate.change<Sample, SampleStep>(ctx, 'audit.sample-close', {
    async locate(reader) {
      const sample = await reader.samples.byNumber(number);
      return sample && { record: sample, unit: topOf(ctx), about: { detail: { sample: number } } };
    },
    async decide(sample, reader) {
      if (sample.state !== 'drawn')
        return refuse('wrong-state', {
          detail: sample.state === 'closed' ? 'It is closed' : 'Nothing was drawn yet',
          facts: { state: sample.state },
        });
      if (expectedVersion !== sample.version) return refuse('stale', { facts: { version: sample.version } });
      const items = await reader.samples.items(number);
      const open = items.filter(({ state }) => state !== 'done').length;
      if (open > 0)
        return refuse('wrong-state', {
          detail: `${open} drawn entries are still to be judged or signed`,
          facts: { open },
        });
      const tally = tallyFindings(items.map(({ finding }) => finding));
      const { population, confidence, wanted } = sample;
      const most = mostWrong(population, wanted, tally.irregular + tally.cannotTell, confidence);
      const version = sample.version + 1;
      return {
        kind: 'change',
        value: (entry) => ({ entry, version }),
        about: { sample: { number, ...tally, mostWrong: most }, detail: { sample: number } },
        changes: [
          {
            op: 'update',
            table: 'sample',
            key: { number },
            expect: { version: sample.version },
            set: {
              state: 'closed',
              closedBy: ctx.actor!.id,
              closedAt: ctx.now,
              closeEntry: { entrySeq: 0 },
              mostWrong: most,
              version,
            },
          },
          // A finding sent back or judged anew in this very moment meets its version here.
          ...items.map(({ seq, version: at }) => ({
            op: 'update' as const,
            table: 'sampleItem' as const,
            key: { sample: number, seq },
            expect: { version: at },
            set: { version: at },
          })),
        ],
      };
    },
  });
}
