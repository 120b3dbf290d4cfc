/** Claims about what the page works out by itself: warnings in time, the rules of R45, the story of one's log-ins. */
import { describe, expect, it } from 'vitest';
import { readCode } from './code.ts';
import { warningAt } from './idle.ts';
import { loginStory } from './logins.ts';
import { metRules } from './password.ts';

describe('the idle warning', () => {
  const active = 1_000_000_000_000;
  const later = (seconds: number) => active + seconds * 1000;

  it('comes 120 seconds before the lock and not earlier', () => {
    expect(warningAt(later(479), active, undefined)).toEqual({ kind: 'none' });
    expect(warningAt(later(480), active, undefined)).toEqual({ kind: 'idle', secondsLeft: 120 });
    expect(warningAt(later(700), active, undefined)).toEqual({ kind: 'idle', secondsLeft: 0 });
  });

  it('tells of the end, which cannot be put off, when that comes first', () => {
    expect(warningAt(later(10), active, later(100))).toEqual({ kind: 'end', secondsLeft: 90 });
    expect(warningAt(later(550), active, later(651))).toEqual({ kind: 'idle', secondsLeft: 50 });
  });
});

describe('the rules of a password', () => {
  it('are length and four groups', () => {
    expect([...metRules('')]).toEqual([]);
    expect([...metRules('Abcd123!')]).toEqual(['length', 'upper', 'lower', 'digit', 'special']);
    expect(metRules('abcd1234').has('upper')).toBe(false);
  });

  it('count Latin letters only, and never a Cyrillic letter as a special character', () => {
    expect([...metRules('Күзөт')]).toEqual([]);
    expect(metRules('ӨКҮТ').has('special')).toBe(false);
  });
});

describe('the story of log-ins', () => {
  const seen = (at: number, outcome = 'done') => ({ at: at * 60_000, outcome });

  it('names the log-in before this one and the failures since', () => {
    const story = loginStory(
      [seen(100), seen(99, 'denied'), seen(98, 'denied'), seen(50), seen(40, 'denied')],
      100 * 60_000,
    );
    expect(story).toEqual({ before: 50 * 60_000, failed: 2 });
  });

  it('knows a first log-in', () => {
    expect(loginStory([seen(100)], 100 * 60_000)).toEqual({ before: undefined, failed: 0 });
  });
});

it('a code is six digits, spaces forgiven', () => {
  expect(readCode('123 456')).toBe('123456');
  expect(readCode('12345')).toBeUndefined();
  expect(readCode('12345a')).toBeUndefined();
});
