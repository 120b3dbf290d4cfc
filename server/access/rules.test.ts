// Pure rules of this room: stages, session clocks, lanes, budgets, counted refusals.
import { describe, expect, test } from 'vitest';
import { bishkekDay } from '#server/lib/dates.ts';
import { createBudget } from './budget.ts';
import { createRefusalCounter } from './refusal-counter.ts';
import { absoluteEnd, nextStage, standingAt } from './stages.ts';
import { createThrottle, laneRules } from './throttle.ts';

const minute = 60_000;

describe('stages', () => {
  const done = {
    mustChangePassword: false,
    factorConfirmed: true,
    factorShown: true,
    passkeyMissing: false,
    briefingSigned: true,
  };

  test('a stolen password that must be changed is not changed before the factor is shown', () => {
    expect(nextStage({ ...done, mustChangePassword: true, factorShown: false })).toBe('totp');
    expect(nextStage({ ...done, mustChangePassword: true })).toBe('password-change');
  });

  test('open needs everything: whatever one thing is missing comes next', () => {
    expect(nextStage(done)).toBe('open');
    expect(nextStage({ ...done, briefingSigned: false })).toBe('briefing');
    expect(nextStage({ ...done, factorShown: false })).toBe('totp');
    expect(nextStage({ ...done, passkeyMissing: true, briefingSigned: false })).toBe('passkey-enrol');
    expect(nextStage({ ...done, passkeyMissing: true, factorShown: false })).toBe('totp');
    expect(nextStage({ ...done, passkeyMissing: true, mustChangePassword: true })).toBe('password-change');
    expect(nextStage({ ...done, factorConfirmed: false, factorShown: false })).toBe('totp-enrol');
  });

  test('a session ends after eight hours or with the day in Bishkek, whichever comes first', () => {
    const at = (hour: number) => Date.UTC(2025, 10, 4, hour - 6);
    expect(absoluteEnd(at(9))).toBe(at(17));
    expect(absoluteEnd(at(20))).toBe(at(24));
    expect(bishkekDay(absoluteEnd(at(23)))).toBe('2025-11-05');
  });

  test('a half-finished log-in is not locked but over', () => {
    const clocks = { seenAt: 0, endsAt: 480 * minute, lockedAt: null, endedAt: null };
    expect(standingAt(10 * minute, { ...clocks, stage: 'totp' })).toBe('expired');
    expect(standingAt(10 * minute, { ...clocks, stage: 'open' })).toBe('locked');
    expect(standingAt(10 * minute - 1, { ...clocks, stage: 'totp' })).toBe('alive');
  });
});

test('delays grow to fifteen minutes and no further', () => {
  const waits = [4, 5, 6, 7, 8, 9, 10, 50, 99].map((n) => laneRules.growing.closes(n, 0, 0) / 1000);
  expect(waits).toEqual([0, 30, 60, 120, 240, 480, 900, 900, 900]);
});

test('five failures close a factor until five minutes after the first', () => {
  expect(laneRules.fiveInFive.closes(4, 3 * minute, 0)).toBe(0);
  expect(laneRules.fiveInFive.closes(5, 3 * minute, 0)).toBe(5 * minute);
});

test.each(['growing', 'stopping', 'fiveInFive'] as const)(
  'of requests sent together none is turned away for having come a moment before another: %s',
  async (rule) => {
    const throttle = createThrottle({ keep: async () => ({ kind: 'done', seqs: [] }) as never }, {
      access: { lane: async () => null },
    } as never);
    for (const now of [1_000, 998, 999])
      expect(await throttle.enter([{ key: 'a', rule }], now)).toEqual({ kind: 'go' });
  },
);

describe('a budget', () => {
  test('allows that many a minute and says how long to wait', () => {
    const spend = createBudget();
    const answers = Array.from({ length: 5 }, () => spend('a', 4, 0));
    expect(answers).toEqual([null, null, null, null, 15]);
    expect(spend('b', 4, 0)).toBeNull();
    expect(spend('a', 4, 15_000)).toBeNull();
    expect(spend('a', 4, 15_000)).toBe(15);
  });

  test('survives a clock that is set back', () => {
    const spend = createBudget();
    expect(spend('a', 4, 1_000_000)).toBeNull();
    expect(spend('a', 4, 0)).toBeNull();
    expect(spend('a', 4, 0)).toBeNull();
  });
});

describe('counted refusals', () => {
  const collect = () => {
    const made: { address: string; detail: Record<string, unknown> }[] = [];
    let failing = false;
    const gate = {
      refused: async (
        ctx: { address: string },
        _act: string,
        _by: string,
        about: { detail?: object } = {},
      ) => {
        if (failing) throw new Error('the log is full');
        made.push({ address: ctx.address, detail: { ...about.detail } });
      },
    };
    return { made, gate, fail: (yes: boolean) => (failing = yes) };
  };

  test('one entry per network and reason, with the count', async () => {
    const { made, gate } = collect();
    const counter = createRefusalCounter(gate, () => 5);
    for (let i = 0; i < 40; i++) counter.count(i % 2 ? '10.0.0.1' : '10.0.0.2', 'no-cookie');
    counter.count('10.0.0.1', 'bad-token');
    await counter.close();
    expect(made.map(({ address, detail }) => [address, detail.reason, detail.count]).sort()).toEqual([
      ['10.0.0.1', 'bad-token', 1],
      ['10.0.0.1', 'no-cookie', 20],
      ['10.0.0.2', 'no-cookie', 20],
    ]);
  });

  test('where it is told whose session it claims to be, each officer is counted apart', async () => {
    const { made, gate } = collect();
    const counter = createRefusalCounter(gate, () => 5);
    for (const officer of ['o1', 'o2', 'o1']) counter.count('10.0.0.1', 'account-forged', officer);
    await counter.close();
    expect(made.map(({ detail }) => [detail.officer, detail.count]).sort()).toEqual([
      ['o1', 2],
      ['o2', 1],
    ]);
  });

  test('while the log refuses entries the count is kept, not lost', async () => {
    const { made, gate, fail } = collect();
    const counter = createRefusalCounter(gate, () => 5);
    counter.count('10.0.0.1', 'no-cookie');
    fail(true);
    await counter.flush();
    counter.count('10.0.0.1', 'no-cookie');
    fail(false);
    await counter.flush();
    expect(made).toEqual([{ address: '10.0.0.1', detail: { reason: 'no-cookie', count: 2, since: 5 } }]);
  });

  test('a probe from very many networks does not grow memory without end', async () => {
    const { made, gate } = collect();
    const counter = createRefusalCounter(gate, () => 5);
    for (let i = 0; i < 5000; i++) counter.count(`net-${i}`, 'no-cookie');
    await counter.flush();
    expect(made.length).toBe(2001);
    expect(made.reduce((sum, { detail }) => sum + Number(detail.count), 0)).toBe(5000);
  });
});
