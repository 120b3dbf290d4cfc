import { describe, expect, it } from 'vitest';
import { a, b, base, correlate, count, type Doc, faultOf, fired, run } from './written.ts';

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
  it('aliases call a rule by its name also where it is listed by id, and once', () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const bases = [{ ...base('a'), id }, base('b')];
    const rule = (ip: Record<string, string>) =>
      correlate({ type: 'temporal', rules: [id, 'b'], 'group-by': ['ip'], timespan: '10s', aliases: { ip } });
    const events: [number, Doc][] = [
      [0, { kind: 'a', from: '1' }],
      [0.1, { kind: 'b', to: '1' }],
    ];
    for (const called of ['a', id])
      expect(run([...bases, rule({ [called]: 'from', b: 'to' })], events)).toEqual([
        ['whole', 0.1, [0, 1], { ip: '1' }],
      ]);
    expect(faultOf(...bases, rule({ a: 'from', [id]: 'to' }))).toContain('correlation.aliases.ip: it names');
    expect(faultOf(...bases, rule({ c: 'from' }))).toContain('c is not among its rules');
  });
});
