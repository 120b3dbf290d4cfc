import { describe, expect, it } from 'vitest';
import { a, b, base, compile, correlate, count, type Doc, faultOf, fired, run } from './written.ts';

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
    [
      'a time span in other words',
      [base('a'), count({ gte: 1 }, { timespan: '1 hour' })],
      'its value has the wrong form. Next: write a number and one of s m h d w M y, such as 24h',
    ],
    [
      'a threshold as text',
      [base('a'), count({ gte: '2' })],
      'correlation.condition.gte: it is not a number. Next: write a number',
    ],
    [
      'a threshold that is none',
      [base('a'), count({ ge: 2 })],
      'correlation.condition.ge: it is not a field of this section',
    ],
    [
      'a condition of neither kind',
      [base('a'), correlate({ type: 'temporal', rules: ['a'], timespan: '1m', condition: 7 })],
      'correlation.condition: it is not text or a map. Next: write text or a map',
    ],
    [
      'a rule listed twice',
      [base('a'), count({ gte: 1 }, { rules: ['a', 'a'] })],
      'correlation.rules: something stands in the list twice. Next: write each once',
    ],
    [
      'a list of no rules',
      [base('a'), count({ gte: 1 }, { rules: [] })],
      'correlation.rules: it is empty. Next: write something or remove it',
    ],
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

describe('a filter that says what to keep', () => {
  const keep = (condition: string): Doc => ({
    title: 'Kept',
    logsource: {},
    filter: { rules: ['a'], adm: { 'u|startswith': 'adm_' }, test: { u: 'test' }, condition },
  });
  const events: [number, Doc][] = [
    [0, a('adm_x')],
    [1, a('test')],
    [2, a('x')],
  ];
  it.each(['adm or test', 'not adm and not test', 'not (adm or test)', '1 of *', 'not 1 of *'])(
    '%s',
    (condition) => {
      expect(fired([base('a'), keep(condition)], events)).toEqual(['a@2']);
    },
  );
  it('an exception of an exception stays a description', () => {
    expect(fired([base('a'), keep('adm and not test')], events)).toEqual(['a@1', 'a@2']);
  });
});
