/**
 * Joins rule documents into one rule set: names and ids resolved, filters laid over the rules they name, an order
 * in which every correlation comes after the rules it listens to, and a version for every rule that changes when
 * anything that decides its firings changes. Refuses duplicates, dangling references and circles, all at once.
 */
import { type Correlation, readCorrelation } from './correlation.ts';
import { compileDetection, type Need, type Predicate } from './detection.ts';
import type { RuleDocument } from './document.ts';
import { type KuzotExtension, readExtension } from './extension.ts';
import { Fault, placeFault, type RuleFault, RuleFaults } from './faults.ts';
import { readFilter, resolveRule } from './filters.ts';
import { parseTimespan } from './times.ts';
import type { Placeholders } from './values.ts';
import { digest, versionsOf } from './versions.ts';

export type RuleLevel = 'informational' | 'low' | 'medium' | 'high' | 'critical';

export type Rule = {
  /** What a firing calls the rule: its id, else its name, else its title. */
  readonly key: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly title: string;
  readonly description: string;
  readonly level: RuleLevel | null;
  readonly falsepositives: readonly string[];
  readonly kind: 'detection' | 'correlation';
  readonly file: string;
  /** 16 hexadecimal digits over the rule, the rules it listens to and the filters over them. */
  readonly version: string;
  /** True for a rule that only feeds correlations: it never fires by itself. */
  readonly silent: boolean;
  readonly kuzot: KuzotExtension | null;
};

/** How a rule decides; positions refer to `RuleSet.rules`. */
export type Program =
  | { kind: 'detection'; matches: Predicate; needs: readonly Need[] }
  | { kind: 'correlation'; correlation: Correlation; inputs: readonly number[]; excluded: Predicate | null };

export type RuleSet = {
  readonly hash: string;
  readonly rules: readonly Rule[];
  readonly programs: readonly Program[];
  /** Positions of the correlations, each after all it listens to. */
  readonly order: readonly number[];
  /** The longest window of any one correlation; 0 without correlations. */
  readonly longestWindowMs: number;
  /** Events of this long before a moment rebuild the state of that moment exactly. */
  readonly replayWindowMs: number;
};

export type CompileOptions = {
  placeholders?: Placeholders;
  /** Ids of rules that no exception reaches, and that fire by themselves whoever else listens to them. */
  standing?: ReadonlySet<string>;
};

/** Compiles documents to a rule set. Throws `RuleFaults` naming everything that is wrong. */
export function compileRules(documents: readonly RuleDocument[], options: CompileOptions = {}): RuleSet {
  const faults: RuleFault[] = [];
  const attempt = <T>(document: RuleDocument, work: () => T): T | null => {
    try {
      return work();
    } catch (thrown) {
      faults.push(placeFault(thrown, document.file, document.title));
      return null;
    }
  };
  const rules = documents.filter((document) => document.kind !== 'filter');
  const positions = indexNames(documents, rules, attempt);
  const config = options.placeholders ?? {};
  const filters = documents
    .filter((document) => document.kind === 'filter')
    .flatMap((document) => attempt(document, () => readFilter(document, rules, positions, config)) ?? []);
  const isStanding = (at: number) => options.standing?.has(rules[at]!.id ?? '') ?? false;
  const programs = rules.map((document, at) =>
    attempt(document, () => {
      const over = filters
        .filter((filter) => filter.over.has(at) && !isStanding(at))
        .map((filter) => filter.excludes);
      return document.kind === 'detection'
        ? detection(document, over, config)
        : correlation(document, over, rules, positions);
    }),
  );
  if (faults.length > 0) throw new RuleFaults(faults);
  const whole = programs.map((program) => program!);
  const order = orderOf(rules, whole);
  const inputs = whole.map((program) => (program.kind === 'correlation' ? program.inputs : []));
  const versions = versionsOf(rules, inputs, order, filters, config);
  const silent = silentOf(whole);
  return {
    hash: digest(versions),
    rules: rules.map((document, at) => ruleOf(document, versions[at]!, silent.has(at) && !isStanding(at))),
    programs: whole,
    order,
    longestWindowMs: Math.max(
      0,
      ...whole.map((program) => (program.kind === 'correlation' ? program.correlation.timespanMs : 0)),
    ),
    replayWindowMs: replayWindow(whole, order),
  };
}

type Attempt = <T>(document: RuleDocument, work: () => T) => T | null;

/** Where each id and name stands among the rules; a filter's id and name must be its own, too. */
function indexNames(
  all: readonly RuleDocument[],
  rules: readonly RuleDocument[],
  attempt: Attempt,
): Map<string, number> {
  const positions = new Map<string, number>();
  const owner = new Map<string, RuleDocument>();
  for (const document of all) {
    for (const field of ['id', 'name'] as const) {
      const called = document[field];
      if (called === null) continue;
      const other = owner.get(called);
      if (other && other !== document)
        attempt(document, () => {
          throw new Fault(
            field,
            `"${called}" is also the ${other.id === called ? 'id' : 'name'} of "${other.title}" in ${other.file}`,
            'give one of the two another',
          );
        });
      owner.set(called, document);
      if (document.kind !== 'filter') positions.set(called, rules.indexOf(document));
    }
  }
  return positions;
}

function detection(document: RuleDocument, excludes: readonly Predicate[], config: Placeholders): Program {
  const section = document.body.detection as Record<string, unknown>;
  // Rules from before correlations carry a time frame here, which is not a search.
  const old =
    typeof section.timeframe === 'string' && parseTimespan(section.timeframe) !== null ? ['timeframe'] : [];
  const search = compileDetection(section, old, config);
  const excluded = anyOf(excludes);
  if (!excluded) return { kind: 'detection', ...search };
  return {
    kind: 'detection',
    needs: search.needs,
    matches: (event) => search.matches(event) && !excluded(event),
  };
}

function correlation(
  document: RuleDocument,
  excludes: readonly Predicate[],
  rules: readonly RuleDocument[],
  positions: ReadonlyMap<string, number>,
): Program {
  const callsOf = (reference: string) => {
    const rule = rules[positions.get(reference) ?? -1];
    return [rule?.id, rule?.name].filter((called) => typeof called === 'string');
  };
  const read = readCorrelation(document.body, callsOf);
  const inputs = read.rules.map((reference) => resolveRule(reference, positions, 'correlation.rules'));
  if (new Set(inputs).size < inputs.length)
    throw new Fault(
      'correlation.rules',
      'it names the same rule twice',
      'name each rule once, by id or by name',
    );
  return { kind: 'correlation', correlation: read, inputs, excluded: anyOf(excludes) };
}

function anyOf(tests: readonly Predicate[]): Predicate | null {
  if (tests.length === 0) return null;
  return (event) => tests.some((test) => test(event));
}

/** Correlations after what they listen to; a circle is a fault. */
function orderOf(rules: readonly RuleDocument[], programs: readonly Program[]): number[] {
  const order: number[] = [];
  const state = new Map<number, 'open' | 'done'>();
  const visit = (at: number): void => {
    const program = programs[at]!;
    if (program.kind !== 'correlation' || state.get(at) === 'done') return;
    if (state.get(at) === 'open') {
      const { file, title } = rules[at]!;
      const fault = {
        field: 'correlation.rules',
        fault: 'the rule listens to itself in a circle',
        next: 'break the circle of references',
      };
      throw new RuleFaults([{ file, rule: title, ...fault }]);
    }
    state.set(at, 'open');
    program.inputs.forEach(visit);
    state.set(at, 'done');
    order.push(at);
  };
  programs.forEach((_, at) => {
    visit(at);
  });
  return order;
}

/** A rule that a correlation listens to is silent, unless one of them says `generate: true`. */
function silentOf(programs: readonly Program[]): Set<number> {
  const inputs = (generate: boolean) =>
    programs.flatMap((program) =>
      program.kind === 'correlation' && program.correlation.generate === generate ? program.inputs : [],
    );
  const loud = new Set(inputs(true));
  return new Set(inputs(false).filter((at) => !loud.has(at)));
}

/**
 * A group's state at a moment is its window at its last arrival, which lies at most one span before that moment
 * and reaches one more span back: two spans, and what its inputs need before that.
 */
function replayWindow(programs: readonly Program[], order: readonly number[]): number {
  const needed = new Map<number, number>();
  for (const at of order) {
    const program = programs[at]!;
    if (program.kind !== 'correlation') continue;
    const inputs = program.inputs.map((input) => needed.get(input) ?? 0);
    needed.set(at, 2 * program.correlation.timespanMs + Math.max(0, ...inputs));
  }
  return Math.max(0, ...needed.values());
}

function ruleOf(document: RuleDocument, version: string, silent: boolean): Rule {
  const { body, id, name, title, file } = document;
  const listed = Array.isArray(body.falsepositives) ? body.falsepositives : [body.falsepositives];
  return {
    key: id ?? name ?? title,
    id,
    name,
    title,
    description: typeof body.description === 'string' ? body.description : '',
    level: typeof body.level === 'string' ? (body.level as RuleLevel) : null,
    falsepositives: listed.filter((one) => typeof one === 'string'),
    kind: document.kind === 'correlation' ? 'correlation' : 'detection',
    file,
    version,
    silent,
    kuzot: readExtension(document.body.kuzot),
  };
}
