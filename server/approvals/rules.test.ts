import { describe, expect, test } from 'vitest';
import { approvalsThatCount, type CastVote, decidedAt, unitToTell, verdict } from './rules.ts';

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

describe('the unit told that too few can decide', () => {
  const at = (...paths: string[]) => paths.map((path) => ({ path }));
  const two = { path: '/C/D/T/P/', needed: 2, missing: 2, central: false, missesCentral: false };
  const leaves = { ...two, central: true, missesCentral: true };

  test('is the one above where enough sat when it was asked, and nobody where enough can still', () => {
    const sat = at('/C/D/T/', '/C/D/T/', '/C/');
    expect(unitToTell(two, sat, sat)).toBeNull();
    expect(unitToTell(two, sat, at('/C/D/T/', '/C/'))).toBe('/C/D/');
    expect(unitToTell({ ...two, missing: 1 }, sat, at('/C/D/T/'))).toBeNull();
    expect(unitToTell(two, sat, at('/C/D/T/P/', '/C/D/T/'))).toBeNull();
  });

  test('is nobody where too few ever sat below: such a request was the centre’s from the beginning', () => {
    expect(unitToTell(two, at('/C/D/T/', '/C/'), at('/C/', '/C/'))).toBeNull();
    expect(unitToTell(two, at('/C/D/T/', '/C/'), at('/C/'))).toBe('/C/');
    expect(unitToTell(two, [], [])).toBe('/C/');
  });

  test('is the root where its own approval is missing and cannot be given; below, one less is asked for', () => {
    const sat = at('/C/D/T/', '/C/');
    expect(unitToTell(leaves, sat, sat)).toBeNull();
    expect(unitToTell(leaves, sat, at('/C/D/T/', '/C/D/T/'))).toBe('/C/');
    expect(unitToTell(leaves, sat, at('/C/', '/C/'))).toBe('/C/D/');
    const given = { ...leaves, missing: 1, missesCentral: false };
    expect(unitToTell(given, sat, at('/C/D/T/'))).toBeNull();
    expect(unitToTell(given, sat, at('/C/'))).toBe('/C/D/');
  });
});
