import { describe, expect, test } from 'vitest';
import { approvalsThatCount, type CastVote, decidedAt, verdict } from './rules.ts';

const yes = (officer: string, central = false, stands = true): CastVote => ({
  officer,
  vote: 'approve',
  central,
  stands,
});
const no = (officer: string): CastVote => ({ officer, vote: 'deny', central: true, stands: true });
const leaving = { needed: 2, central: true };
const inside = { needed: 2, central: false };

describe('an approval', () => {
  test('what leaves, or is destroyed, asks two persons, one of them of the central commission (R37)', () => {
    expect(verdict(leaving, [])).toBe('pending');
    expect(verdict(leaving, [yes('a', true)])).toBe('pending');
    expect(verdict(leaving, [yes('a'), yes('b')])).toBe('pending');
    expect(verdict(leaving, [yes('a'), yes('b', true)])).toBe('approved');
  });

  test('a person counts once, however often their vote is written', () => {
    expect(verdict(inside, [yes('a', true), yes('a', true)])).toBe('pending');
    expect(verdict(inside, [yes('a'), yes('b')])).toBe('approved');
  });

  test('one denial is final, whoever came before or after', () => {
    for (const votes of [
      [no('a')],
      [yes('a', true), yes('b', true), no('c')],
      [no('c'), yes('a', true), yes('b')],
      [{ ...no('c'), stands: false }, yes('a', true), yes('b')],
    ])
      expect(verdict(leaving, votes)).toBe('denied');
  });

  test('a vote of another word is no approval', () => {
    const other = { officer: 'a', vote: 'abstain', central: true, stands: true };
    expect(verdict({ needed: 1, central: false }, [other])).toBe('pending');
  });

  test('a vote of somebody who could not cast it any more counts for nothing', () => {
    expect(approvalsThatCount([yes('a', true, false), yes('b')])).toBe(1);
    expect(verdict(inside, [yes('a', false, false), yes('b')])).toBe('pending');
    expect(verdict(leaving, [yes('a', true, false), yes('b'), yes('c')])).toBe('pending');
  });
});

describe('where a request is decided', () => {
  const at = (...paths: string[]) => paths.map((path) => ({ path }));

  test('in its own unit while enough sit there', () => {
    expect(decidedAt('/C/T/', at('/C/T/', '/C/T/', '/C/'), 2)).toBe('/C/T/');
  });

  test('moves up to the nearest unit in and above which enough do, and never below two', () => {
    expect(decidedAt('/C/T/P/', at('/C/T/', '/C/'), 2)).toBe('/C/');
    expect(decidedAt('/C/T/P/', at('/C/T/', '/C/T/', '/C/'), 2)).toBe('/C/T/');
    expect(decidedAt('/C/T/P/', at('/C/'), 2)).toBeNull();
    expect(decidedAt('/C/T/P/', [], 1)).toBeNull();
  });
});
