import { describe, expect, test } from 'vitest';
import { approvalKinds } from '#server/contract/vocabulary.ts';
import { asksCentral, type CastVote, verdict } from './rules.ts';

const yes = (officer: string, central = false): CastVote => ({ officer, vote: 'approve', central });
const no = (officer: string): CastVote => ({ officer, vote: 'deny', central: true });

describe('an approval', () => {
  test('what leaves, or is destroyed, asks two persons, one of them of the central commission (R37)', () => {
    for (const kind of ['print', 'export', 'evidence', 'destroy']) {
      expect(verdict(kind, 2, [])).toBe('pending');
      expect(verdict(kind, 2, [yes('a', true)])).toBe('pending');
      expect(verdict(kind, 2, [yes('a'), yes('b')])).toBe('pending');
      expect(verdict(kind, 2, [yes('a'), yes('b', true)])).toBe('approved');
    }
    expect(approvalKinds.filter(asksCentral)).toEqual(['print', 'export', 'destroy', 'evidence']);
  });

  test('a person counts once, however often their vote is written', () => {
    expect(verdict('restore', 2, [yes('a', true), yes('a', true)])).toBe('pending');
    expect(verdict('restore', 2, [yes('a'), yes('b')])).toBe('approved');
  });

  test('one denial is final, whoever came before or after', () => {
    for (const votes of [
      [no('a')],
      [yes('a', true), yes('b', true), no('c')],
      [no('c'), yes('a', true), yes('b')],
    ])
      expect(verdict('print', 2, votes)).toBe('denied');
  });

  test('a vote of another word is no approval', () => {
    expect(verdict('application', 1, [{ officer: 'a', vote: 'abstain', central: true }])).toBe('pending');
  });
});
