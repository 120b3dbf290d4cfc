import { describe, expect, it } from 'vitest';
import { createEngine } from './engine.ts';
import { a, base, compile, count, type Doc, fired, MINUTE, run } from './written.ts';

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
    expect(engine.groupCount()).toBeLessThan(25);
  });
});
