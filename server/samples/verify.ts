// Repeats every draw of a log from its leaves alone: no database, no event, nothing the server says about itself. Whoever holds
// an export can run it; that the leaves are the signed ones is the log's own verification, to be done first.
import { leafHash } from '#server/lib/log/merkle.ts';
import { TileBuilder } from '#server/lib/log/tiles.ts';
import { CloseFacts, DrawFacts, FindFacts, FixFacts, factsOf, readLeaf, SignFacts } from './facts.ts';
import { populationTest } from './population.ts';
import { mostWrong, Selection, sampleSize, seedOf } from './recipe.ts';
import { readDigits, tallyFindings } from './rules.ts';

/** Entries `from` to `to` (excluded) of a log of `size`. */
export interface Leaves {
  readonly size: number;
  read(from: number, to: number): Promise<Buffer[]> | Buffer[];
}

export interface Verdict {
  number: number;
  fixEntry: number;
  fix: FixFacts;
  drawEntry: number | null;
  draw: DrawFacts | null;
  findings: { inOrder: number; irregular: number; cannotTell: number; open: number };
  closed: boolean;
  /** What is not as it should be, each a sentence; empty for a sound sample. */
  faults: string[];
}

export interface Verified {
  verdicts: Verdict[];
  /** Faults of no sample in particular. */
  faults: string[];
}

interface Followed extends Verdict {
  fixHash: string;
  /** By drawn seq. */
  judged: Map<number, { finding: string; by: string; signedBy: string | null }>;
  actors: Map<number, string>;
  population: number;
  selection: Selection | null;
  close: CloseFacts | null;
}

export type Progress = (done: number, of: number) => void;
const leavesAtOnce = 4_096;

export async function verifySamples(log: Leaves, onProgress?: Progress): Promise<Verified> {
  const faults: string[] = [];
  const samples = new Map<number, Followed>();
  // What was said, in order.
  await walk(log, (seq, leaf) => {
    if (leaf.includes('"sample":')) hear(samples, faults, seq, leaf);
    onProgress?.(seq + 1, 2 * log.size);
  });
  const all = [...samples.values()];
  for (const one of all)
    if (one.draw) one.selection = new Selection(seedOf(one.fixHash, one.draw.digits), one.fix.n);

  // Whether it was so: populations, roots, and whose acts were drawn.
  const tests = all.map((one) => ({ one, test: populationTest(one.fix) }));
  const roots = new Map<number, string>();
  for (const { fix, draw } of all) for (const said of [fix, draw]) if (said) roots.set(said.size, '');
  const tree = new TileBuilder();
  if (roots.has(0)) roots.set(0, tree.root().toString('base64'));
  await walk(log, (seq, leaf) => {
    for (const { one, test } of tests) {
      if (seq < one.fix.first || seq >= one.fix.next) continue;
      const drawable = test(seq, leaf);
      if (!drawable) continue;
      one.population++;
      one.selection?.add(seq);
      if (one.draw?.selected.includes(seq)) one.actors.set(seq, drawable.actor);
    }
    tree.appendLeaf(leaf);
    tree.takeCompleted();
    if (roots.has(tree.size)) roots.set(tree.size, tree.root().toString('base64'));
    onProgress?.(log.size + seq + 1, 2 * log.size);
  });
  for (const one of all) judge(one, roots);
  return { verdicts: all.map(shown), faults };
}

async function walk(log: Leaves, each: (seq: number, leaf: Buffer) => void): Promise<void> {
  for (let from = 0; from < log.size; from += leavesAtOnce) {
    const to = Math.min(log.size, from + leavesAtOnce);
    const leaves = await log.read(from, to);
    if (leaves.length !== to - from) throw new Error(`the log has a gap between entries ${from} and ${to}`);
    for (const [i, leaf] of leaves.entries()) each(from + i, leaf);
    await new Promise<void>((resume) => setImmediate(resume));
  }
}

function hear(samples: Map<number, Followed>, faults: string[], seq: number, bytes: Buffer): void {
  const leaf = readLeaf(bytes);
  const act = String(leaf.act);
  if (leaf.outcome !== 'done' || !act.startsWith('audit.sample')) return;
  const by = String(leaf.actor);
  if (act === 'audit.sample-fix') {
    const fix = factsOf(FixFacts, leaf);
    if (!fix) return void faults.push(`entry ${seq} fixes no period that can be read`);
    const earlier = [...samples.values()].filter(
      ({ fix: other }) => other.first < fix.next && fix.first < other.next,
    );
    const one: Followed = {
      number: fix.number,
      fixEntry: seq,
      fix,
      fixHash: leafHash(bytes).toString('hex'),
      drawEntry: null,
      draw: null,
      findings: { inOrder: 0, irregular: 0, cannotTell: 0, open: 0 },
      closed: false,
      faults: [],
      judged: new Map(),
      actors: new Map(),
      population: 0,
      selection: null,
      close: null,
    };
    if (fix.number !== samples.size + 1)
      one.faults.push(`it is number ${fix.number}, but ${samples.size} came before it`);
    if (earlier.length > 0 && fix.repeats === undefined)
      one.faults.push(`it repeats entries of sample ${earlier.at(-1)!.number} without saying so`);
    if (samples.has(fix.number)) faults.push(`entry ${seq} fixes sample ${fix.number} a second time`);
    else samples.set(fix.number, one);
    return;
  }
  const number = (leaf.sample as { number?: unknown } | undefined)?.number;
  const one = samples.get(Number(number));
  if (!one) return void faults.push(`entry ${seq} (${act}) is about a sample that was never fixed`);
  if (act === 'audit.sample') {
    const draw = factsOf(DrawFacts, leaf);
    if (!draw) one.faults.push(`the draw of entry ${seq} cannot be read`);
    else if (one.draw) one.faults.push(`it was drawn twice: entries ${one.drawEntry} and ${seq}`);
    else Object.assign(one, { draw, drawEntry: seq });
  } else if (act === 'audit.sample-find') {
    const found = factsOf(FindFacts, leaf);
    if (found) one.judged.set(found.seq, { finding: found.finding, by, signedBy: null });
  } else if (act === 'audit.sample-sign') {
    const signed = factsOf(SignFacts, leaf);
    const before = signed && one.judged.get(signed.seq);
    if (signed && before) {
      if (before.by === by) one.faults.push(`the finding on entry ${signed.seq} was signed by who gave it`);
      if (signed.agrees) before.signedBy = by;
      else one.judged.delete(signed.seq);
    }
  } else if (act === 'audit.sample-close') {
    one.close = factsOf(CloseFacts, leaf);
    one.closed = true;
    if (!one.close) one.faults.push(`the report of entry ${seq} cannot be read`);
  }
}

function judge(one: Followed, roots: ReadonlyMap<number, string>): void {
  const { fix, fixEntry, draw, drawEntry, faults } = one;
  const wrong = (says: string) => void faults.push(says);
  if (fix.next > fix.size || fix.size > fixEntry || fix.first >= fix.next)
    wrong('its entries do not lie under the checkpoint it names');
  if (roots.get(fix.size) !== fix.root) wrong(`the log did not have root ${fix.root} at size ${fix.size}`);
  if (one.population !== fix.population)
    wrong(`there are ${one.population} acts to draw from, not ${fix.population}`);
  if (sampleSize(fix.population, fix.confidence, fix.rate) !== fix.n)
    wrong(`${sampleSize(fix.population, fix.confidence, fix.rate)} acts were to be drawn, not ${fix.n}`);
  if (!draw || drawEntry === null) {
    if (one.judged.size > 0) wrong('findings were given on what was never drawn');
    return;
  }
  if (draw.fix !== fixEntry) wrong(`the dice name entry ${draw.fix} as the fixing, which is ${fixEntry}`);
  if (!(fixEntry < draw.size && draw.size <= drawEntry))
    wrong('no checkpoint over the fixed period was published before the dice');
  if (roots.get(draw.size) !== draw.root)
    wrong(`the log did not have root ${draw.root} at size ${draw.size}`);
  if (readDigits(draw.source, draw.digits) !== draw.digits) wrong(`${draw.digits} was not thrown`);
  const due = one.selection?.drawn() ?? [];
  if (due.join() !== draw.selected.join())
    wrong('the dice choose other entries than the ones that were drawn');
  if (draw.reviewers.length !== draw.selected.length) wrong('not every drawn entry was given to somebody');
  for (const [i, seq] of draw.selected.entries())
    if (one.actors.get(seq) === draw.reviewers[i])
      wrong(`entry ${seq} was given to the very person who made it`);
  for (const [seq, { by, finding, signedBy }] of one.judged) {
    if (!draw.selected.includes(seq)) wrong(`a finding was given on entry ${seq}, which was not drawn`);
    const actor = one.actors.get(seq);
    if (by === actor || signedBy === actor) wrong(`entry ${seq} was judged by the very person who made it`);
    if (one.closed && finding === 'irregular' && signedBy === null)
      wrong(`the irregular entry ${seq} has no second signature`);
  }
  const tally = tallyFindings([...one.judged.values()].map(({ finding }) => finding));
  one.findings = { ...tally, open: draw.selected.length - one.judged.size };
  if (!one.closed) return;
  if (one.findings.open > 0) wrong(`it was closed with ${one.findings.open} entries not judged`);
  const most = mostWrong(fix.population, fix.n, tally.irregular + tally.cannotTell, fix.confidence);
  const told = one.close;
  if (
    told &&
    (told.inOrder !== tally.inOrder ||
      told.irregular !== tally.irregular ||
      told.cannotTell !== tally.cannotTell ||
      told.mostWrong !== most)
  )
    wrong('the report counts other findings than were given');
}

function shown({ number, fixEntry, fix, drawEntry, draw, findings, closed, faults }: Followed): Verdict {
  return { number, fixEntry, fix, drawEntry, draw, findings, closed, faults };
}
