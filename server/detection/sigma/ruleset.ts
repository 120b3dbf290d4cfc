/**
 * Joins rule documents into one rule set: names and ids resolved, filters laid over the rules they name, an order
 * in which every correlation comes after the rules it listens to, and a version for every rule that changes when
 * anything that decides its firings changes. Refuses duplicates, dangling references and circles, all at once.
 */
import { createHash } from 'node:crypto';
import { type Correlation, readCorrelation } from './correlation.ts';
import { compileDetection, type Need, type Predicate } from './detection.ts';
import type { RuleDocument } from './document.ts';
import { type KuzotExtension, readExtension } from './extension.ts';
import { Fault, placeFault, type RuleFault, RuleFaults } from './faults.ts';
import { isObject } from './fields.ts';
import type { Placeholders } from './values.ts';

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

export type CompileOptions = { placeholders?: Placeholders };

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
  const programs = rules.map((document, at) =>
    attempt(document, () => {
      const over = filters.filter((filter) => filter.over.has(at)).map((filter) => filter.excludes);
      return document.kind === 'detection'
        ? detection(document, over, config)
        : correlation(document, over, positions);
    }),
  );
  if (faults.length > 0) throw new RuleFaults(faults);
  const whole = programs.map((program) => program!);
  const order = orderOf(rules, whole);
  const versions = versionsOf(rules, whole, order, filters);
  const silent = silentOf(whole);
  return {
    hash: digest(versions),
    rules: rules.map((document, at) => ruleOf(document, versions[at]!, silent.has(at))),
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

function resolve(reference: string, positions: ReadonlyMap<string, number>, field: string): number {
  const at = positions.get(reference);
  if (at === undefined)
    throw new Fault(
      field,
      `no rule has the id or name "${reference}"`,
      'load the file of that rule too, or correct the reference',
    );
  return at;
}

function detection(document: RuleDocument, excludes: readonly Predicate[], config: Placeholders): Program {
  const search = compileDetection(document.body.detection as Record<string, unknown>, ['timeframe'], config);
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
  positions: ReadonlyMap<string, number>,
): Program {
  const read = readCorrelation(document.body);
  const inputs = read.rules.map((reference) => resolve(reference, positions, 'correlation.rules'));
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

type Filter = { over: ReadonlySet<number>; excludes: Predicate; body: unknown };

/**
 * A filter takes events away from the rules it names; over a correlation, from what that correlation counts.
 * Its condition describes the exception. Rule authors also write the exception as what must hold
 * (`condition: not selection`); taken literally that would silence everything but the exception, so a condition
 * that is one negation means the same exception as without it.
 */
function readFilter(
  document: RuleDocument,
  rules: readonly RuleDocument[],
  positions: ReadonlyMap<string, number>,
  config: Placeholders,
): Filter {
  const section = document.body.filter as Record<string, unknown>;
  const condition = String(section.condition).trim();
  const negated = /^not\s+(.+)$/is.exec(condition)?.[1];
  const single = negated !== undefined && /^(\([^()]*\)|(\S+\s+of\s+)?[^\s()]+)$/i.test(negated);
  const { matches } = compileDetection(
    { ...section, condition: single ? negated : condition },
    ['rules'],
    config,
  );
  const everything = typeof section.rules === 'string' && /^(any|all)$/i.test(section.rules);
  const named = Array.isArray(section.rules) ? section.rules.map(String) : [String(section.rules)];
  const over = everything
    ? rules.flatMap((rule, at) => (rule.kind === 'detection' ? [at] : []))
    : named.map((reference) => resolve(reference, positions, 'filter.rules'));
  return { over: new Set(over), excludes: matches, body: section };
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

function versionsOf(
  rules: readonly RuleDocument[],
  programs: readonly Program[],
  order: readonly number[],
  filters: readonly Filter[],
): string[] {
  const versions: string[] = [];
  const version = (at: number, inputs: readonly number[]) => {
    const { kuzot, ...body } = rules[at]!.body;
    const extension = isObject(kuzot) ? { ...kuzot, tests: undefined } : null;
    const over = filters.filter((filter) => filter.over.has(at)).map((filter) => filter.body);
    versions[at] = digest([body, extension, over, inputs.map((input) => versions[input])]);
  };
  programs.forEach((program, at) => {
    if (program.kind === 'detection') version(at, []);
  });
  for (const at of order) {
    const program = programs[at]!;
    if (program.kind === 'correlation') version(at, program.inputs);
  }
  return versions;
}

/** Keys sorted, so that the order of a YAML map does not make another version. */
function digest(value: unknown): string {
  const sorted = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(sorted);
    if (!isObject(one)) return one;
    return Object.fromEntries(
      Object.entries(one)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sorted(inner)]),
    );
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);
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
