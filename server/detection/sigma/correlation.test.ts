import { describe, expect, it } from 'vitest';
import { parseRules } from './document.ts';
import { createEngine } from './engine.ts';
import { RuleFaults } from './faults.ts';
import { compileRules } from './ruleset.ts';

const MINUTE = 60_000;
type Doc = Record<string, unknown>;
const base = (name: string, search: Doc = { kind: name }): Doc => ({
  title: `Base ${name}`,
  name,
  logsource: {},
  detection: { s: search, condition: 's' },
});
const correlate = (correlation: Doc, more: Doc = {}): Doc => ({
  title: 'Whole',
  id: 'whole',
  correlation,
  ...more,
});
const compile = (...documents: Doc[]) =>
  compileRules(documents.flatMap((document, at) => parseRules(JSON.stringify(document), `${at}.yml`)));

/** Pushes `[minute, event]` pairs and tells the firings as `[rule, minute, indexes, group]`. */
function run(documents: Doc[], events: [number, Doc][]) {
  const engine = createEngine(compile(...documents));
  return events.flatMap(([minute, event], index) =>
    engine
      .push(event, minute * MINUTE, index)
      .map(({ rule, timeMs, indexes, group }) => [rule, timeMs / MINUTE, indexes, group]),
  );
}
const fired = (documents: Doc[], events: [number, Doc][]) =>
  run(documents, events).map(([rule, minute]) => `${rule}@${minute}`);
function faultOf(...documents: Doc[]): string {
  try {
    compile(...documents);
  } catch (thrown) {
    if (thrown instanceof RuleFaults) return thrown.message;
    throw thrown;
  }
  return 'no fault';
}
const count = (condition: Doc, more: Doc = {}) =>
  correlate({ type: 'event_count', rules: ['a'], 'group-by': ['u'], timespan: '10m', condition, ...more });
const a = (u: unknown, more: Doc = {}): Doc => ({ kind: 'a', u, ...more });
const b = (u: unknown, more: Doc = {}): Doc => ({ kind: 'b', u, ...more });

describe('windows', () => {
  it('are half open: what is exactly a span old has left', () => {
    expect(
      fired(
        [base('a'), count({ gte: 2 })],
        [
          [0, a('x')],
          [10, a('x')],
        ],
      ),
    ).toEqual([]);
    expect(
      fired(
        [base('a'), count({ gte: 2 })],
        [
          [0, a('x')],
          [9.999, a('x')],
        ],
      ),
    ).toEqual(['whole@9.999']);
  });
  it('fire once while the condition stays true, and again after it had been false by sliding', () => {
    const events: [number, Doc][] = [0, 1, 2, 3, 11.5, 12, 30, 31].map((minute) => [minute, a('x')]);
    expect(fired([base('a'), count({ gte: 3 })], events)).toEqual(['whole@2', 'whole@11.5', 'whole@12']);
  });
  it('fire again when an arrival made the condition false in between', () => {
    const events: [number, Doc][] = [0, 1, 2, 3, 10.5, 12.5].map((minute) => [minute, a('x')]);
    expect(fired([base('a'), count({ gte: 2, lte: 3 })], events)).toEqual(['whole@1', 'whole@12.5']);
  });
  it('an empty window holds nothing, so a small count fires at the first event of a group', () => {
    expect(
      fired(
        [base('a'), count({ lt: 2 })],
        [
          [0, a('x')],
          [1, a('x')],
          [30, a('x')],
        ],
      ),
    ).toEqual(['whole@0', 'whole@30']);
  });
  it('groups are apart; an event without a group-by field, or with null in it, does not count', () => {
    const events: [number, Doc][] = [
      [0, a('x')],
      [1, a('y')],
      [2, { kind: 'a' }],
      [3, a(null)],
      [4, a('x')],
    ];
    expect(run([base('a'), count({ gte: 2 })], events)).toEqual([['whole', 4, [0, 4], { u: 'x' }]]);
  });
  it('without group-by all events are one group', () => {
    expect(
      run(
        [base('a'), count({ gte: 2 }, { 'group-by': [] })],
        [
          [0, a('x')],
          [1, a('y')],
        ],
      ),
    ).toEqual([['whole', 1, [0, 1], {}]]);
  });
  it('several group-by fields make one group only when all are the same', () => {
    const rule = count({ gte: 2 }, { 'group-by': ['u', 'h.id'] });
    const events: [number, Doc][] = [
      [0, a('x', { h: { id: 1 } })],
      [1, a('x', { h: { id: 2 } })],
      [2, a('x', { h: { id: 1 } })],
    ];
    expect(run([base('a'), rule], events)).toEqual([['whole', 2, [0, 2], { u: 'x', 'h.id': 1 }]]);
  });
  it('an array in a group-by field belongs to the group of each element', () => {
    expect(
      run(
        [base('a'), count({ gte: 2 })],
        [
          [0, a(['x', 'y'])],
          [1, a('y')],
        ],
      ),
    ).toEqual([['whole', 1, [0, 1], { u: 'y' }]]);
  });
  it('events at one time count in the order they come, and time never goes back within a group', () => {
    expect(
      fired(
        [base('a'), count({ gte: 2 })],
        [
          [5, a('x')],
          [5, a('x')],
        ],
      ),
    ).toEqual(['whole@5']);
    expect(
      fired(
        [base('a'), count({ gte: 3 })],
        [
          [0, a('x')],
          [9, a('x')],
          [8, a('x')],
        ],
      ),
    ).toEqual(['whole@8']);
  });
  it.each([
    ['30s', 0.5],
    ['2m', 2],
    ['1h', 60],
    ['1d', 1440],
    ['1w', 10080],
  ])('a span of %s is so many minutes', (timespan, minutes) => {
    const rule = count({ gte: 2 }, { timespan });
    expect(
      fired(
        [base('a'), rule],
        [
          [0, a('x')],
          [minutes, a('x')],
        ],
      ),
    ).toEqual([]);
    expect(
      fired(
        [base('a'), rule],
        [
          [0, a('x')],
          [minutes - 0.01, a('x')],
        ],
      ),
    ).toHaveLength(1);
  });
  it('idle groups are forgotten', () => {
    const engine = createEngine(compile(base('a'), count({ gte: 3 })));
    for (let i = 0; i < 5_000; i++) engine.push(a(`u${i}`), i * MINUTE, i);
    expect(engine.groupCount()).toBeLessThan(1_100);
  });
});

describe('types', () => {
  it('event_count counts an event once, also when it matches two of the rules', () => {
    const rule = count({ gte: 2 }, { rules: ['a', 'big'] });
    const events: [number, Doc][] = [
      [0, a('x', { n: 9 })],
      [1, a('x')],
    ];
    expect(run([base('a'), base('big', { 'n|gt': 5 }), rule], events)).toEqual([
      ['whole', 1, [0, 1], { u: 'x' }],
    ]);
  });
  it('value_count counts different values, or different combinations of several fields', () => {
    const rule = (field: unknown) =>
      correlate({
        type: 'value_count',
        rules: ['a'],
        'group-by': ['u'],
        timespan: '10m',
        condition: { field, gte: 2 },
      });
    const events: [number, Doc][] = [
      [0, a('x', { v: 1, w: 1 })],
      [1, a('x', { v: 1, w: 2 })],
      [2, a('x')],
      [3, a('x', { v: 2, w: 2 })],
    ];
    expect(run([base('a'), rule('v')], events)).toEqual([['whole', 3, [0, 1, 3], { u: 'x' }]]);
    expect(run([base('a'), rule(['v', 'w'])], events)).toEqual([['whole', 1, [0, 1], { u: 'x' }]]);
  });
  it('value_sum, value_avg and value_percentile read numbers, also written as text, and pass over the rest', () => {
    const rule = (type: string, condition: Doc) =>
      correlate({
        type,
        rules: ['a'],
        'group-by': ['u'],
        timespan: '10m',
        condition: { field: 'n', ...condition },
      });
    const events: [number, Doc][] = [
      [0, a('x', { n: 1 })],
      [1, a('x', { n: 'many' })],
      [2, a('x', { n: '2.5' })],
      [3, a('x', { n: 8 })],
    ];
    expect(run([base('a'), rule('value_sum', { gte: 3.5 })], events)).toEqual([
      ['whole', 2, [0, 2], { u: 'x' }],
    ]);
    expect(fired([base('a'), rule('value_avg', { gt: 3 })], events)).toEqual(['whole@3']);
    expect(fired([base('a'), rule('value_percentile', { gte: 2.5 })], events)).toEqual(['whole@3']);
    expect(fired([base('a'), rule('value_percentile', { percentile: 100, gte: 2.5 })], events)).toEqual([
      'whole@2',
    ]);
    expect(fired([base('a'), rule('value_avg', { lt: 2 })], events)).toEqual(['whole@0']);
  });
  it('sums of fractions carry no rounding from event to event', () => {
    const rule = correlate({
      type: 'value_sum',
      rules: ['a'],
      'group-by': ['u'],
      timespan: '2m',
      condition: { field: 'n', eq: 0.3 },
    });
    const events: [number, Doc][] = [
      [0, a('x', { n: 1e16 })],
      [1, a('x', { n: 0.3 })],
      [2, a('x', { n: 0 })],
    ];
    expect(fired([base('a'), rule], events)).toEqual(['whole@2']);
  });
  it('temporal wants every rule within the window, in any order', () => {
    const rule = correlate({ type: 'temporal', rules: ['a', 'b'], 'group-by': ['u'], timespan: '10m' });
    expect(
      run(
        [base('a'), base('b'), rule],
        [
          [0, b('x')],
          [1, b('x')],
          [2, a('y')],
          [3, a('x')],
          [4, b('x')],
        ],
      ),
    ).toEqual([['whole', 3, [0, 1, 3], { u: 'x' }]]);
    expect(
      fired(
        [base('a'), base('b'), rule],
        [
          [0, b('x')],
          [10, a('x')],
          [19.9, b('x')],
        ],
      ),
    ).toEqual(['whole@19.9']);
  });
  it('temporal may want only some of the rules, or a condition over them', () => {
    const some = correlate({
      type: 'temporal',
      rules: ['a', 'b', 'c'],
      'group-by': ['u'],
      timespan: '10m',
      condition: { gte: 2 },
    });
    const documents = [base('a'), base('b'), base('c')];
    expect(
      fired(
        [...documents, some],
        [
          [0, a('x')],
          [1, a('x')],
          [2, b('x')],
        ],
      ),
    ).toEqual(['whole@2']);
    const text = correlate({
      type: 'temporal',
      rules: ['a', 'b', 'c'],
      'group-by': ['u'],
      timespan: '10m',
      condition: 'a and b and not c',
    });
    expect(
      fired(
        [...documents, text],
        [
          [0, a('x')],
          [1, b('x')],
          [2, { kind: 'c', u: 'x' }],
          [20, { kind: 'c', u: 'y' }],
          [21, a('y')],
          [22, b('y')],
        ],
      ),
    ).toEqual(['whole@1']);
    const without = correlate({ type: 'temporal', 'group-by': ['u'], timespan: '10m', condition: 'a or b' });
    expect(fired([...documents, without], [[0, b('x')]])).toEqual(['whole@0']);
  });
  it('temporal_ordered wants them in the listed order; equal times are ordered by arrival', () => {
    const rule = correlate({
      type: 'temporal_ordered',
      rules: ['a', 'b'],
      'group-by': ['u'],
      timespan: '10m',
    });
    const documents = [base('a'), base('b'), rule];
    expect(
      fired(documents, [
        [0, b('x')],
        [1, a('x')],
      ]),
    ).toEqual([]);
    expect(
      run(documents, [
        [0, b('x')],
        [1, a('x')],
        [2, a('x')],
        [3, b('x')],
      ]),
    ).toEqual([['whole', 3, [1, 2, 3], { u: 'x' }]]);
    expect(
      fired(documents, [
        [0, a('x')],
        [0, b('x')],
      ]),
    ).toEqual(['whole@0']);
    expect(
      fired(documents, [
        [0, b('x')],
        [0, a('x')],
      ]),
    ).toEqual([]);
    expect(
      fired(documents, [
        [0, a('x')],
        [5, b('x')],
        [6, a('x')],
        [12, b('x')],
        [23, b('x')],
      ]),
    ).toEqual(['whole@5', 'whole@12']);
  });
  it('in temporal_ordered one event is not two steps', () => {
    const rule = correlate({
      type: 'temporal_ordered',
      rules: ['a', 'big'],
      'group-by': ['u'],
      timespan: '10m',
    });
    const documents = [base('a'), base('big', { 'n|gt': 5 }), rule];
    expect(fired(documents, [[0, a('x', { n: 9 })]])).toEqual([]);
    expect(
      fired(documents, [
        [0, a('x', { n: 9 })],
        [1, a('x', { n: 9 })],
      ]),
    ).toEqual(['whole@1']);
  });
  it('aliases let rules name a group differently', () => {
    const rule = correlate({
      type: 'temporal',
      rules: ['a', 'b'],
      'group-by': ['ip'],
      timespan: '10s',
      aliases: { ip: { a: 'destination.ip', b: 'source.ip' } },
    });
    const events: [number, Doc][] = [
      [0, { kind: 'a', destination: { ip: '1' }, source: { ip: '2' } }],
      [0.1, { kind: 'b', 'source.ip': '1' }],
    ];
    expect(run([base('a'), base('b'), rule], events)).toEqual([['whole', 0.1, [0, 1], { ip: '1' }]]);
  });
});

describe('rules about rules', () => {
  const many = {
    title: 'Many',
    name: 'many',
    correlation: {
      type: 'event_count',
      rules: ['a'],
      'group-by': ['u', 'h'],
      timespan: '10m',
      condition: { gte: 3 },
    },
  };
  const chain = correlate({
    type: 'temporal_ordered',
    rules: ['many', 'b'],
    'group-by': ['u'],
    timespan: '10m',
  });
  const h = { h: 1 };
  const events: [number, Doc][] = [
    [0, a('x', h)],
    [1, a('x', h)],
    [2, a('x', h)],
    [3, b('x')],
  ];

  it('a correlation of a correlation gathers the events below it, in whatever order the documents stand', () => {
    expect(run([chain, many, base('b'), base('a')], events)).toEqual([
      ['whole', 3, [0, 1, 2, 3], { u: 'x' }],
    ]);
  });
  it('rules that are listened to are silent, unless generate is true', () => {
    expect(fired([base('a'), count({ gte: 2 })], [[0, a('x')]])).toEqual([]);
    const loud = correlate(
      { type: 'event_count', rules: ['a'], 'group-by': ['u'], timespan: '10m', condition: { gte: 2 } },
      { generate: true },
    );
    expect(
      fired(
        [base('a'), loud],
        [
          [0, a('x')],
          [1, a('x')],
        ],
      ),
    ).toEqual(['a@0', 'a@1', 'whole@1']);
    expect(fired([base('a'), count({ gte: 2 }, { generate: true })], [[0, a('x')]])).toEqual(['a@0']);
    expect(fired([{ ...chain, generate: true }, many, base('b'), base('a')], events)).toEqual([
      'many@2',
      'whole@3',
      'b@3',
    ]);
  });
  it('a rule may be named by id or by name', () => {
    const byId = count({ gte: 1 }, { rules: ['11111111-1111-4111-8111-111111111111'] });
    expect(
      fired([{ ...base('a'), id: '11111111-1111-4111-8111-111111111111' }, byId], [[0, a('x')]]),
    ).toEqual(['whole@0']);
  });
  it('a rule without correlation fires at every event it matches', () => {
    expect(
      run(
        [base('a')],
        [
          [0, a('x')],
          [1, b('x')],
          [2, a('x')],
        ],
      ),
    ).toEqual([
      ['a', 0, [0], {}],
      ['a', 2, [2], {}],
    ]);
  });
});

describe('filters', () => {
  const filter = (rules: unknown, condition = 'selection'): Doc => ({
    title: 'Exception',
    logsource: {},
    filter: { rules, selection: { 'u|startswith': 'adm_' }, condition },
  });
  it('take away what they describe from the rules they name, and only from those', () => {
    expect(
      fired(
        [base('a'), base('b'), filter(['a'])],
        [
          [0, a('adm_x')],
          [1, a('x')],
          [2, b('adm_x')],
        ],
      ),
    ).toEqual(['a@1', 'b@2']);
  });
  it('an exception written as a negation is the same exception', () => {
    expect(
      fired(
        [base('a'), filter(['a'], 'not selection')],
        [
          [0, a('adm_x')],
          [1, a('x')],
        ],
      ),
    ).toEqual(['a@1']);
  });
  it('over a correlation they take away from what it counts', () => {
    const loud = { ...base('a'), name: 'a' };
    const events: [number, Doc][] = [
      [0, a('adm_x')],
      [1, a('x')],
    ];
    expect(fired([loud, count({ gte: 1 }), filter(['whole'])], events)).toEqual(['whole@1']);
  });
  it('any means every detection', () => {
    expect(
      fired(
        [base('a'), base('b'), filter('any')],
        [
          [0, a('adm_x')],
          [1, b('adm_x')],
          [2, b('x')],
        ],
      ),
    ).toEqual(['b@2']);
  });
});

describe('a rule set that does not hold together is refused', () => {
  const whole = count({ gte: 2 });
  it.each<[string, Doc[], string]>([
    ['a dangling reference', [whole], '0.yml: Whole: correlation.rules: no rule has the id or name "a"'],
    [
      'a dangling reference of a filter',
      [{ title: 'F', logsource: {}, filter: { rules: ['zz'], s: { a: 1 }, condition: 's' } }],
      'filter.rules: no rule has the id or name "zz"',
    ],
    ['a name given twice', [base('a'), base('a')], 'name: "a" is also the name of "Base a" in 0.yml'],
    [
      'an id given twice',
      [
        { ...base('a'), id: 'q' },
        { ...base('b'), id: 'q' },
      ],
      'id: "q" is also the id of',
    ],
    ['a circle', [count({ gte: 1 }, { rules: ['whole'] })], 'listens to itself in a circle'],
    ['no threshold', [base('a'), count({})], 'correlation.condition'],
    [
      'no field to count',
      [base('a'), correlate({ type: 'value_count', rules: ['a'], timespan: '1m', condition: { gte: 1 } })],
      'correlation.condition.field: it is missing',
    ],
    ['a broken time span', [base('a'), count({ gte: 1 }, { timespan: '1 hour' })], 'correlation.timespan'],
    ['a span of nothing', [base('a'), count({ gte: 1 }, { timespan: '0s' })], 'correlation.timespan'],
    ['an unknown type', [base('a'), count({ gte: 1 }, { type: 'event_sum' })], 'correlation.type'],
    [
      'an alias for a rule it does not listen to',
      [base('a'), count({ gte: 1 }, { aliases: { x: { b: 'c' } } })],
      'b is not among its rules',
    ],
    [
      'the same rule twice',
      [{ ...base('a'), id: 'q' }, count({ gte: 1 }, { rules: ['a', 'q'] })],
      'names the same rule twice',
    ],
  ])('%s', (_, documents, fault) => {
    expect(faultOf(...documents)).toContain(fault);
  });
  it('all faults are told at once', () => {
    expect(
      faultOf(whole, { ...base('b'), detection: { s: { a: 1 }, condition: 'q' } }).split('\n'),
    ).toHaveLength(2);
  });
});

describe('versions', () => {
  const version = (...documents: Doc[]) => compile(...documents).rules.at(-1)!.version;
  it('change with the rule, with what it listens to and with filters, not with its tests or the order of keys', () => {
    const whole = count({ gte: 2 });
    const first = version(base('a'), whole);
    expect(version(base('a'), { ...whole, kuzot: { tests: [] } })).not.toBe(first);
    expect(version(base('a'), { ...whole, kuzot: { tests: [{ name: 'n', events: [], expect: 0 }] } })).toBe(
      version(base('a'), { ...whole, kuzot: { tests: [] } }),
    );
    expect(version(base('a', { kind: ['a', 'z'] }), whole)).not.toBe(first);
    expect(
      version({ title: 'F', filter: { rules: ['a'], s: { x: 1 }, condition: 's' } }, base('a'), whole),
    ).not.toBe(first);
    const { title, ...rest } = whole;
    expect(version(base('a'), { ...rest, title })).toBe(first);
  });
});
