import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, type Reviewer, rankFor, readDigits, type Tied, tiesOf } from './rules.ts';

const auditor = (id: string, path = '/CEC/'): Reviewer => ({ id, role: 'auditor', path });
const supervisor = (id: string, path: string): Reviewer => ({ id, role: 'supervisor', path });
const act = (seq: number, actor: string, path: string | null = '/CEC/T1/') => ({
  seq,
  actor,
  commission: '',
  path,
});
const untied: Tied = () => null;
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

describe('who judges', () => {
  test('never the actor, nor anybody tied to them, whatever the roster, the acts and the ties', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(ids, { minLength: 1 }),
        fc.array(ids, { maxLength: 60 }),
        fc.array(fc.tuple(ids, ids), { maxLength: 8 }),
        fc.string({ minLength: 1 }),
        (roster, actors, pairs, seed) => {
          const tied = tiesOf({
            makers: pairs.map(([id, createdBy]) => ({ id, createdBy, activatedBy: null })),
            approvals: [],
          });
          const given = assign(
            actors.map((actor, seq) => act(seq, actor)),
            roster.map((id) => auditor(id)),
            tied,
            seed,
          );
          for (const [i, reviewer] of given.entries()) {
            const actor = actors[i]!;
            const may = roster.filter((id) => id !== actor && tied(id, actor) === null);
            if (reviewer === null) expect(may).toEqual([]);
            else expect(may).toContain(reviewer);
          }
        },
      ),
    );
  });

  test('evenly, and the same whoever is named first', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(ids, { minLength: 1 }),
        fc.integer({ min: 0, max: 80 }),
        fc.string(),
        (roster, n, seed) => {
          const acts = Array.from({ length: n }, (_, seq) => act(seq, 'x'));
          const given = assign(
            acts,
            roster.map((id) => auditor(id)),
            untied,
            seed,
          );
          const again = assign(
            acts,
            roster.toReversed().map((id) => auditor(id)),
            untied,
            seed,
          );
          expect(again).toEqual(given);
          const loads = roster.map((id) => given.filter((one) => one === id).length);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test('an auditor before a supervisor, from elsewhere before the own unit; nobody outside their unit', () => {
    const to = { actor: 'x', path: '/CEC/T1/' };
    const rank = (reviewer: Reviewer) => rankFor(reviewer, to, untied);
    expect(rank(auditor('a'))).toBe(0);
    expect(rank(auditor('a', '/CEC/T1/'))).toBe(1);
    expect(rank(supervisor('s', '/CEC/'))).toBe(2);
    expect(rank(supervisor('s', '/CEC/T1/'))).toBe(3);
    expect(rank(supervisor('s', '/CEC/T2/'))).toBeNull();
    expect(rankFor(auditor('a', '/CEC/T1/'), { actor: 'x', path: null }, untied)).toBeNull();
    const roster = [supervisor('s', '/CEC/T1/'), auditor('a')];
    expect(assign([act(1, 'x'), act(2, 'a')], roster, untied, 'seed')).toEqual(['a', 's']);
  });

  test('accounts and approvals tie both ways; one’s own acts are another matter', () => {
    const tied = tiesOf({
      makers: [{ id: 'a', createdBy: 'b', activatedBy: 'c' }],
      approvals: [
        { approval: '1', requester: 'd', voter: 'e' },
        { approval: '1', requester: 'd', voter: 'f' },
      ],
    });
    const both = (one: string, other: string) => [tied(one, other), tied(other, one)];
    for (const [one, other] of [
      ['a', 'b'],
      ['d', 'e'],
      ['e', 'f'],
    ] as const)
      expect(both(one, other)).toEqual(['closely', 'closely']);
    expect(both('a', 'c')).toEqual(['loosely', 'loosely']);
    expect([...both('b', 'c'), ...both('a', 'd'), tied('d', 'd')]).toEqual([null, null, null, null, null]);
  });

  test('who activated the actor’s account judges only where nobody else may', () => {
    const tied: Tied = (one, other) => ([one, other].sort().join() === 'a,x' ? 'loosely' : null);
    expect(assign([act(1, 'x')], [auditor('a'), supervisor('s', '/CEC/T1/')], tied, 'seed')).toEqual(['s']);
    expect(assign([act(1, 'x')], [auditor('a')], tied, 'seed')).toEqual(['a']);
  });
});

describe('digits', () => {
  test('are taken without spaces and in small letters', () => {
    expect(readDigits('dice', '12345 61234 56123 45612')).toBe('12345612345612345612');
    expect(readDigits('public', 'DEADBEEF 01234567 89')).toBe('deadbeef0123456789');
  });

  test('too few, of no die, or hardly differing are refused', () => {
    for (const [source, typed] of [
      ['dice', '1234561234561234561'],
      ['dice', '12345612345612345670'],
      ['dice', '11111111112222222222'],
      ['public', '0123456789abcde'],
      ['public', '0000000000000000'],
    ] as const)
      expect(readDigits(source, typed), typed).toMatchObject({ kind: 'invalid-input', field: 'digits' });
  });
});
