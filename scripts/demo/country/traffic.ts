/**
 * Three working days of the demo as data: who does what when, abstractly. Nothing is executed here: a driver takes
 * the steps in order, with an injected clock, through the gate. Times are milliseconds from 00:00 Asia/Bishkek of
 * the first day; voters are named by precinct and place in its list, applications and requests by key.
 */
import { demoOfficers } from './officers.ts';
import { precinctSizes } from './precincts.ts';
import { prng } from './prng.ts';
import { INSIDER, insiderSessions } from './traffic-insider.ts';
import type { Session, Step, TrafficFacts } from './traffic-steps.ts';
import { DAY_MS, type Desk, MINUTE_MS, Recorder, SITTING_AT_MOST_MS, workSession } from './traffic-work.ts';
import type { Commission } from './types.ts';

/** The facts of a generated country; the driver may build its own instead. */
export function trafficFacts(seed: string, units: readonly Commission[], voters: number): TrafficFacts {
  const sizes = precinctSizes(seed, units, voters);
  const precincts = units
    .filter(({ level }) => level === 'PEC')
    .map(({ code, parent }) => ({ code, territory: parent ?? '', size: sizes.get(code) ?? 0 }));
  return { officers: demoOfficers(seed, units), precincts };
}

const WORKING_DAYS = 3;

/** Starts of the four stretches of a working day an officer may sit down in, minutes after midnight. */
const STRETCHES = [9 * 60, 11 * 60, 14 * 60, 16 * 60] as const;

/**
 * The whole plan in order of time, some thousands of steps. An officer is logged in once at a time; within a log-in
 * no pause reaches ten minutes, so no session locks. Ordinary officers stay below every shipped threshold, the
 * insider (traffic-insider.ts) does not. What is not handled by the end stays open, as in life.
 */
export function trafficPlan(seed: string, facts: TrafficFacts): Step[] {
  const rng = prng(`${seed}/traffic`);
  const desk: Desk = {
    rng,
    facts,
    waiting: [],
    requests: [],
    touched: new Set(),
    applications: 0,
    withoutCase: new Map(),
  };
  const sessions: Session[] = insiderSessions(desk);
  const story = [...sessions];
  for (let day = 0; day < WORKING_DAYS; day++) {
    for (const officer of facts.officers) {
      if (officer.account === 'newcomer' || (officer.key === INSIDER && day > 0)) continue;
      for (const stretch of STRETCHES) {
        const at = day * DAY_MS + (stretch + rng.int(0, 28)) * MINUTE_MS;
        const until = at + SITTING_AT_MOST_MS;
        const busy = story.some(
          (other) => other.officer === officer.key && other.at < until && at < other.until,
        );
        if (!rng.chance(0.65) || busy) continue;
        sessions.push({
          at,
          until,
          officer: officer.key,
          run: (recorder) => workSession(desk, officer, day, recorder),
        });
      }
    }
  }
  // In order of time, so that what a precinct enters is waiting when the territory sits down.
  sessions.sort((a, b) => a.at - b.at);
  const steps: Step[] = [];
  for (const { at, officer, run } of sessions) run(new Recorder(steps, officer, at, rng));
  return steps.sort((a, b) => a.at - b.at);
}
