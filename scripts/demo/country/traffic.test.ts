/** Claims about the planned days: possible in order, ordinary where they should be, and one who is not. */
import { describe, expect, it } from 'vitest';
import { trafficFacts, trafficPlan } from './traffic.ts';
import { INSIDER, INSIDER_STORY } from './traffic-insider.ts';
import type { Step } from './traffic-steps.ts';
import { units } from './units.ts';

const HOUR = 3_600_000;
const list = units('kuzot', { voters: 20_000 });
const facts = trafficFacts('kuzot', list, 20_000);
const plan = trafficPlan('kuzot', facts);
const ofOfficer = Map.groupBy(plan, ({ officer }) => officer);
const officerOf = new Map(facts.officers.map((officer) => [officer.key, officer]));

/** The most steps that fit in any window, half open. */
function busiest(times: readonly number[], window: number): number {
  let most = 0;
  let first = 0;
  times.forEach((time, last) => {
    while (time - (times[first] ?? time) >= window) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

const timesOf = (steps: readonly Step[] | undefined, kind: Step['kind']): number[] =>
  (steps ?? []).filter((step) => step.kind === kind).map(({ at }) => at);

const voterKey = (step: Step): string | null =>
  'voter' in step ? `${step.voter.precinct}/${step.voter.index}` : null;

describe('the planned days', () => {
  it('are the same for the same seed and run forward in time', () => {
    expect(trafficPlan('kuzot', facts)).toEqual(plan);
    expect(trafficPlan('other', facts)).not.toEqual(plan);
    expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b));
    expect(plan.length).toBeGreaterThan(1000);
  });

  it('fall on three days, in working hours', () => {
    expect(new Set(plan.map(({ at }) => Math.floor(at / (24 * HOUR))))).toEqual(new Set([0, 1, 2]));
    for (const { at } of plan) {
      expect(at % (24 * HOUR)).toBeGreaterThanOrEqual(8.5 * HOUR);
      expect(at % (24 * HOUR)).toBeLessThan(18 * HOUR);
    }
  });

  // With seed 280 an ordinary sitting would run into the story's, were it not left out.
  it.each(['kuzot', 'another', '280'])(
    'log everybody in once at a time, sessions never lock (seed %s)',
    (seed) => {
      const byOfficer = Map.groupBy(trafficPlan(seed, facts), ({ officer }) => officer);
      expect(byOfficer.size).toBe(facts.officers.length - 1);
      for (const steps of byOfficer.values()) {
        let open = false;
        let last = 0;
        for (const { kind, at } of steps) {
          if (kind === 'login' || kind === 'login-failure') expect(open).toBe(false);
          else {
            expect(open).toBe(true);
            expect(at - last).toBeLessThan(10 * 60_000);
          }
          if (kind === 'login') open = true;
          if (kind === 'logout') open = false;
          last = at;
        }
        expect(open).toBe(false);
      }
    },
  );

  it('take every application through its states in order, decided by another than took it in', () => {
    const order = ['take-application', 'check-identity', 'receive', 'enter', 'start-review', 'decide'];
    const cases = Map.groupBy(
      plan.filter((step) => 'application' in step && step.kind !== 'reveal'),
      (step) => ('application' in step ? step.application : ''),
    );
    expect(cases.size).toBeGreaterThan(50);
    for (const steps of cases.values()) {
      const kinds = steps.map(({ kind }) => kind);
      expect(kinds.slice(0, 6)).toEqual(order.slice(0, Math.min(6, kinds.length)));
      const decision = steps.find((step) => step.kind === 'decide');
      if (decision?.kind !== 'decide') continue;
      expect(kinds.slice(6)).toEqual(
        decision.outcome === 'approved' ? ['apply', 'reply'] : ['close', 'reply'],
      );
      expect(decision.officer).not.toBe(steps[0]?.officer);
    }
  });

  it('keep everybody within their own precinct or territory', () => {
    const territoryOf = new Map(facts.precincts.map(({ code, territory }) => [code, territory]));
    for (const step of plan) {
      if (step.kind !== 'view' && step.kind !== 'search' && step.kind !== 'reveal') continue;
      const { precinct, index } = step.voter;
      const commission = officerOf.get(step.officer)?.commission;
      expect([precinct, territoryOf.get(precinct)]).toContain(commission);
      expect(index).toBeLessThan(facts.precincts.find(({ code }) => code === precinct)?.size ?? 0);
    }
  });

  it('have requests approved twice, never by who asked', () => {
    const asked = plan.filter((step) => step.kind === 'print-request');
    for (const request of asked) {
      if (request.kind !== 'print-request') continue;
      const approvals = plan.filter((step) => step.kind === 'approve' && step.request === request.request);
      expect(approvals.length).toBeLessThanOrEqual(2);
      expect(new Set(approvals.map(({ officer }) => officer)).size).toBe(approvals.length);
      for (const { at, officer } of approvals) {
        expect(at).toBeGreaterThan(request.at);
        expect(officerOf.get(officer)?.role).toBe('approver');
      }
    }
  });
});

describe('the honest', () => {
  it('stay below the thresholds for bulk views, sweeps and repeated edits', () => {
    for (const [officer, steps] of ofOfficer) {
      if (officer === INSIDER) continue;
      expect(busiest(timesOf(steps, 'view'), HOUR)).toBeLessThan(30);
      expect(busiest(timesOf(steps, 'search'), HOUR / 4)).toBeLessThan(12);
      expect(timesOf(steps, 'login-failure')).toEqual([]);
    }
    const edited = new Map<string, number>();
    const changed = new Map(
      plan.flatMap((step) => (step.kind === 'take-application' ? [[step.application, voterKey(step)]] : [])),
    );
    for (const step of plan) {
      if (step.kind !== 'apply' || step.officer === INSIDER) continue;
      const voter = changed.get(step.application) ?? '';
      edited.set(voter, (edited.get(voter) ?? 0) + 1);
    }
    expect(Math.max(...edited.values())).toBe(1);
  });
});

describe('the insider', () => {
  const own = ofOfficer.get(INSIDER) ?? [];
  const story = (what: string): { acts: number; windowHours: number } => {
    const part = INSIDER_STORY.find((chapter) => chapter.what === what);
    if (!part) throw new Error(`no chapter ${what}`);
    return part;
  };

  it('views far too many different voters in an hour', () => {
    const { acts } = story('bulk-views');
    const views = own.filter((step) => step.kind === 'view');
    expect(busiest(timesOf(own, 'view'), HOUR)).toBeGreaterThanOrEqual(acts);
    expect(new Set(views.map(voterKey)).size).toBeGreaterThanOrEqual(acts);
  });

  it('sweeps the search within a quarter of an hour', () => {
    const { acts, windowHours } = story('search-sweep');
    expect(busiest(timesOf(own, 'search'), windowHours * HOUR)).toBe(acts);
  });

  it('rewrites one voter three times in 24 hours, by three applications', () => {
    const { acts, windowHours } = story('one-voter-edited');
    const changed = new Map(
      plan.flatMap((step) => (step.kind === 'take-application' ? [[step.application, voterKey(step)]] : [])),
    );
    const byVoter = Map.groupBy(
      own.filter((step) => step.kind === 'apply'),
      (step) => (step.kind === 'apply' ? changed.get(step.application) : null),
    );
    const repeated = [...byVoter.values()].filter((steps) => steps.length > 1);
    expect(repeated.length).toBe(1);
    expect(
      busiest(
        (repeated[0] ?? []).map(({ at }) => at),
        windowHours * HOUR,
      ),
    ).toBe(acts);
  });

  it('fails to log in five times, succeeds, and asks for an export within the hour', () => {
    const failures = timesOf(own, 'login-failure');
    const [exported] = timesOf(own, 'export-request');
    const login = timesOf(own, 'login').find((at) => at > (failures.at(-1) ?? Number.NaN));
    expect(failures.length).toBe(story('login-failures-then-login-then-export').acts);
    expect(login).toBeLessThan(exported ?? 0);
    expect((exported ?? 0) - (failures[0] ?? 0)).toBeLessThan(HOUR);
  });
});
