// What of a sample is shown, to whom, and which steps are offered. A supervisor sees what they are to judge, nothing else of
// it. Notes are read from the events of their entries, so that what was erased there is gone here.
import type { Reader } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import type { SampleCard, SampleCounts, SampleItem, SampleSummary } from '#server/contract/samples.ts';
import type { SampleFinding, SampleItemState, SampleState } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { bishkekDay } from '#server/lib/dates.ts';
import {
  fixedBy,
  flagsOf,
  type Item,
  namesOf,
  type Sample,
  type SampleDeps,
  tiesAround,
  topOf,
} from './deps.ts';
import { DrawFacts, factsOf, readLeaf } from './facts.ts';
import { seedOf } from './recipe.ts';
import { reviewerRoles } from './rules.ts';

const none: SampleCounts = {
  open: 0,
  toSign: 0,
  inOrder: 0,
  irregular: 0,
  cannotTell: 0,
  overdue: 0,
  mine: 0,
};

export async function countsOf(
  reader: Reader,
  numbers: readonly number[],
  ctx: Context,
): Promise<Map<number, SampleCounts & { given: number }>> {
  const counts = new Map<number, SampleCounts & { given: number }>();
  for (const row of await reader.samples.tally(numbers, ctx.actor!.id, ctx.now)) {
    const one = counts.get(row.sample) ?? { ...none, given: 0 };
    const n = Number(row.n);
    one.overdue += Number(row.overdue);
    one.mine += Number(row.mine);
    one.given += Number(row.given);
    if (row.state === 'open') one.open += n;
    else if (row.state === 'to-sign') one.toSign += n;
    else if (row.finding === 'in-order') one.inOrder += n;
    else if (row.finding === 'irregular') one.irregular += n;
    else one.cannotTell += n;
    counts.set(row.sample, one);
  }
  return counts;
}

export function showSummary(
  sample: Sample,
  counts: (SampleCounts & { given: number }) | undefined,
  now: number,
): SampleSummary {
  const { number, version, fromAt, toAt, fixedAt, population, wanted, confidence, rate, repeats, dueAt } =
    sample;
  const { given: _, ...shown } = counts ?? { ...none, given: 0 };
  return {
    number,
    state: sample.state as SampleState,
    version,
    fromAt,
    toAt,
    fixedAt,
    population,
    wanted,
    confidence,
    rate,
    repeats,
    dueAt,
    overdue: sample.state === 'fixed' && dueAt <= now,
    counts: shown,
  };
}

/** @param whole every drawn entry; otherwise those given to the reader */
export async function showCard(
  deps: SampleDeps,
  ctx: Context,
  reader: Reader,
  sample: Sample,
  whole: boolean,
): Promise<SampleCard> {
  const { gate } = deps;
  const me = ctx.actor!.id;
  const counts = (await countsOf(reader, [sample.number], ctx)).get(sample.number);
  const items = (await reader.samples.items(sample.number)).filter(
    ({ reviewer, signer }) => whole || reviewer === me || signer === me,
  );
  const codes = [...new Set(items.map(({ commission }) => commission))];
  const paths = new Map((await reader.samples.paths(codes)).map(({ code, path }) => [code, path]));
  const pathOf = ({ commission }: Item) => paths.get(commission) ?? topOf(ctx);
  const reached = items.filter((item) => pathOf(item).startsWith(ctx.actor!.path));
  const entries = new Map<number, TrailItem>();
  for (const entry of await deps.timeline(
    ctx,
    reader,
    reached.map(({ seq }) => seq),
  ))
    entries.set(entry.seq, entry);
  const notes = await notesOf(reader, [
    ...items.flatMap(({ foundEntry, signEntry }) => [foundEntry, signEntry]),
    sample.fixEntry,
    sample.drawEntry,
  ]);
  const top = { unit: topOf(ctx) };
  const mayAssign = gate.may(ctx, 'audit.sample-assign', top);
  const roster = mayAssign ? await reader.samples.reviewers(reviewerRoles, bishkekDay(ctx.now)) : [];
  const named = await namesOf(reader, [
    sample.fixedBy,
    sample.closedBy,
    ...roster.map(({ id }) => id),
    ...items.flatMap(({ reviewer, signer, foundBy, signedBy }) => [reviewer, signer, foundBy, signedBy]),
  ]);
  const tied = await tiesAround(
    reader,
    items.map(({ actor }) => actor),
  );
  const fixed = await fixedBy(reader, sample);
  const facts = 'kind' in fixed ? null : fixed.facts;
  const fixHash = 'kind' in fixed ? '' : fixed.hash;
  const shown = items.map((item): SampleItem => {
    const waits = item.state === 'done' ? [] : (['find', 'sign'] as const);
    const actions: string[] = waits.filter(
      (act) =>
        (act === 'find' ? item.state === 'open' : item.state === 'to-sign') &&
        gate.may(ctx, `audit.sample-${act}`, {
          unit: pathOf(item),
          flags: flagsOf(ctx, { item, sample, tied }, act),
        }),
    );
    if (mayAssign && item.state !== 'done') actions.push('assign');
    return {
      seq: item.seq,
      place: item.place,
      state: item.state as SampleItemState,
      version: item.version,
      reviewer: named(item.reviewer),
      signer: named(item.signer),
      dueAt: item.dueAt,
      overdue: item.state !== 'done' && item.dueAt <= ctx.now,
      finding: item.finding as SampleFinding | null,
      note: notes.get(item.foundEntry ?? -1) ?? null,
      foundBy: named(item.foundBy),
      foundAt: item.foundAt,
      signedBy: named(item.signedBy),
      signedAt: item.signedAt,
      signNote: notes.get(item.signEntry ?? -1) ?? null,
      returned: item.returned,
      entry: entries.get(item.seq) ?? null,
      actions,
    };
  });
  const published = await reader.samples.covering(sample.fixEntry + 1);
  const allDone = counts !== undefined && counts.open + counts.toSign === 0;
  const steps: string[] = [];
  if (sample.state === 'fixed' && gate.may(ctx, 'audit.sample', top)) steps.push('draw');
  if (sample.state === 'drawn' && allDone && gate.may(ctx, 'audit.sample-close', top)) steps.push('close');
  return {
    ...showSummary(sample, counts, ctx.now),
    roles: facts?.roles ?? [],
    without: facts?.without ?? [],
    first: sample.first,
    next: sample.next,
    fixedBy: named(sample.fixedBy),
    fixEntry: sample.fixEntry,
    fixHash,
    repeatReason: notes.get(sample.fixEntry) ?? null,
    checkpoint: { size: facts?.size ?? 0, root: facts?.root ?? '' },
    published: published && { size: published.size, note: published.note },
    draw: await drawOf(reader, sample, fixHash, notes),
    closed:
      sample.closedAt === null
        ? null
        : {
            at: sample.closedAt,
            by: named(sample.closedBy),
            entry: sample.closeEntry ?? 0,
            mostWrong: sample.mostWrong ?? 0,
          },
    items: shown,
    reviewers: roster.map(({ id }) => named(id)!),
    actions: steps,
  };
}

/** The dice as the log has them; a row that says otherwise shows nothing of its own. */
async function drawOf(
  reader: Reader,
  sample: Sample,
  fixHash: string,
  notes: ReadonlyMap<number, string>,
): Promise<SampleCard['draw']> {
  if (sample.drawEntry === null) return null;
  const [entry] = await reader.audit.entriesAt([sample.drawEntry]);
  const leaf = entry ? readLeaf(entry.leaf) : {};
  const facts = leaf.act === 'audit.sample' ? factsOf(DrawFacts, leaf) : null;
  if (!facts || facts.number !== sample.number) return null;
  const named = await namesOf(reader, [String(leaf.actor)]);
  return {
    source: facts.source,
    digits: facts.digits,
    seed: seedOf(fixHash, facts.digits),
    at: Number(leaf.t),
    by: named(String(leaf.actor)),
    entry: sample.drawEntry,
    note: notes.get(sample.drawEntry) ?? null,
  };
}

const entriesAtOnce = 400;

async function notesOf(reader: Reader, seqs: readonly (number | null)[]): Promise<Map<number, string>> {
  const wanted = [...new Set(seqs.filter((seq) => seq !== null))];
  const notes = new Map<number, string>();
  for (let i = 0; i < wanted.length; i += entriesAtOnce)
    for (const { seq, json } of await reader.audit.entriesAt(wanted.slice(i, i + entriesAtOnce))) {
      const note = json === null ? null : noteIn(json);
      if (note !== null) notes.set(seq, note);
    }
  return notes;
}

function noteIn(json: string): string | null {
  const event = readLeaf(Buffer.from(json)) as { detail?: { json?: { note?: unknown } } };
  const note = event.detail?.json?.note;
  return typeof note === 'string' ? note : null;
}
