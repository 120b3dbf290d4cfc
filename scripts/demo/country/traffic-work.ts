/**
 * What an honest officer does in one sitting, role by role: log in, a handful of errands, log out. It must stay
 * ordinary: every voter looked up for a citizen at the desk or a case, no record edited twice, no bursts.
 */
import { someDoor } from './addresses.ts';
import type { Prng } from './prng.ts';
import type { Act, Step, StepRecorder, TrafficFacts, VoterRef } from './traffic-steps.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

type Officer = TrafficFacts['officers'][number];

export interface WaitingApplication {
  application: string;
  territory: string;
  voter: VoterRef;
  enteredAt: number;
  takenBy: string;
}

export interface WaitingRequest {
  request: string;
  territory: string;
  askedAt: number;
  approvedBy: string[];
}

/** What lies between the officers: applications to review, requests to approve. */
export interface Desk {
  rng: Prng;
  facts: TrafficFacts;
  waiting: WaitingApplication[];
  requests: WaitingRequest[];
  /** Voters somebody has already asked to change. */
  touched: Set<string>;
  applications: number;
  /** Look-ups without a case, by officer and day: kept well under the threshold for unwithoutCase accesses. */
  withoutCase: Map<string, number>;
}

/** Writes one officer's steps, moving the clock on between them. */
export class Recorder implements StepRecorder {
  readonly #steps: Step[];
  readonly #officer: string;
  readonly #rng: Prng;
  now: number;

  constructor(steps: Step[], officer: string, at: number, rng: Prng) {
    this.#steps = steps;
    this.#officer = officer;
    this.#rng = rng;
    this.now = at;
  }

  /** Records the act now, then waits between the two bounds (seconds, under 600 or the session locks). */
  act(act: Act, least = 20, most = 150): void {
    this.#steps.push({ at: this.now, officer: this.#officer, ...act });
    this.now += this.#rng.int(least * 1000, most * 1000);
  }
}

const MOST_WITHOUT_CASE = 9;
const CASES_A_SITTING = 6;
const SITTING_MS = 70 * MINUTE_MS;

/** With the last errand finished and the log-out. */
export const SITTING_AT_MOST_MS = 91 * MINUTE_MS;

/** One sitting of an honest officer; never longer than SITTING_AT_MOST_MS. */
export function workSession(desk: Desk, officer: Officer, day: number, recorder: StepRecorder): void {
  const started = recorder.now;
  recorder.act({ kind: 'login', workstation: `ws-${officer.key}` });
  switch (officer.role) {
    case 'precinct-member':
      for (let citizens = desk.rng.int(2, 5); citizens > 0; citizens--) {
        if (recorder.now - started < SITTING_MS) serveCitizen(desk, officer, day, recorder);
      }
      break;
    case 'territorial-admin':
      for (let handled = 0; handled < CASES_A_SITTING; handled++) {
        if (recorder.now - started > SITTING_MS) break;
        const next = desk.waiting.findIndex(
          ({ territory, enteredAt, takenBy }) =>
            territory === officer.commission && enteredAt < started && takenBy !== officer.key,
        );
        const [application] = next < 0 ? [] : desk.waiting.splice(next, 1);
        if (!application) break;
        handleApplication(desk, application, recorder);
      }
      break;
    case 'approver':
      recorder.act({ kind: 'read-approvals' });
      approveWaiting(desk, officer, started, recorder);
      break;
    case 'protection-officer': {
      const precinct = desk.rng.pick(desk.facts.precincts.filter(({ size }) => size > 0));
      recorder.act({
        kind: 'read-accesses',
        voter: { precinct: precinct.code, index: desk.rng.int(0, precinct.size - 1) },
      });
      break;
    }
    case 'supervisor':
    case 'security-officer':
      for (let reads = desk.rng.int(1, 3); reads > 0; reads--) {
        recorder.act({ kind: 'read-alerts' }, 60, 400);
        recorder.act({ kind: 'read-audit' }, 60, 400);
      }
      break;
    case 'auditor':
      for (let reads = desk.rng.int(2, 4); reads > 0; reads--) recorder.act({ kind: 'read-audit' }, 60, 400);
      break;
    case 'central-admin':
      recorder.act({ kind: 'read-officers' }, 60, 300);
      recorder.act({ kind: 'read-commissions' }, 60, 300);
      break;
  }
  recorder.act({ kind: 'logout' });
}

function serveCitizen(desk: Desk, officer: Officer, day: number, recorder: StepRecorder): void {
  const { rng } = desk;
  const voter = freshVoter(desk, officer.commission);
  const officerDay = `${officer.key}/${day}`;
  const spent = desk.withoutCase.get(officerDay) ?? 0;
  if (rng.chance(0.06)) {
    const elsewhere = rng.pick(desk.facts.precincts.filter(({ size }) => size > 0));
    const index = rng.int(0, elsewhere.size - 1);
    recorder.act({ kind: 'locate', voter: { precinct: elsewhere.code, index }, purpose: 'list-check' });
    return;
  }
  if (!voter) return;
  const applies = spent >= MOST_WITHOUT_CASE || rng.chance(0.55);
  recorder.act({ kind: 'search', voter, by: rng.pick(['pin', 'pin', 'surname', 'full-name']) });
  recorder.act({ kind: 'view', voter });
  if (!applies) {
    desk.withoutCase.set(officerDay, spent + 1);
    if (rng.chance(0.05)) askForPrint(desk, officer, recorder);
    return;
  }
  takeApplication(desk, officer.commission, officer.key, voter, recorder);
}

/** From the citizen at the desk to the territory's tray; returns the application's key. */
export function takeApplication(
  desk: Desk,
  precinct: string,
  takenBy: string,
  voter: VoterRef,
  recorder: StepRecorder,
): WaitingApplication {
  const { rng } = desk;
  desk.applications += 1;
  const application = `application-${desk.applications}`;
  const territory = desk.facts.precincts.find(({ code }) => code === precinct)?.territory ?? '';
  const siblings = desk.facts.precincts.filter((other) => other.territory === territory);
  const address = someDoor(
    rng,
    territory,
    Math.max(
      0,
      siblings.findIndex(({ code }) => code === precinct),
    ),
  );
  recorder.act({ kind: 'take-application', application, voter, change: { field: 'address', new: address } });
  recorder.act({ kind: 'check-identity', application });
  recorder.act({ kind: 'receive', application }, 10, 40);
  const enteredAt = recorder.now;
  recorder.act({ kind: 'enter', application });
  const waiting = { application, territory, voter, enteredAt, takenBy };
  desk.waiting.push(waiting);
  return waiting;
}

/** Review, decision, correction, reply, in one go. `always` approves without a thought. */
export function handleApplication(
  desk: Desk,
  { application, voter }: WaitingApplication,
  recorder: StepRecorder,
  always = false,
): void {
  recorder.act({ kind: 'start-review', application });
  recorder.act({ kind: 'view', voter });
  if (desk.rng.chance(0.5)) {
    recorder.act({ kind: 'reveal', voter, field: 'address', purpose: 'application', application });
  }
  if (always || desk.rng.chance(0.85)) {
    const reason = 'Паспорттогу маалымат арыз менен дал келет.';
    recorder.act({ kind: 'decide', application, outcome: 'approved', reason });
    recorder.act({ kind: 'apply', application });
  } else {
    const reason = 'Жаңы даректи тастыктаган документ көрсөтүлгөн жок.';
    recorder.act({ kind: 'decide', application, outcome: 'refused', reason });
    recorder.act({ kind: 'close', application, reason });
  }
  recorder.act({ kind: 'reply', application });
}

function askForPrint(desk: Desk, officer: Officer, recorder: StepRecorder): void {
  const request = `request-${desk.requests.length + 1}`;
  const territory = desk.facts.precincts.find(({ code }) => code === officer.commission)?.territory ?? '';
  desk.requests.push({ request, territory, askedAt: recorder.now, approvedBy: [] });
  recorder.act({ kind: 'print-request', request, precinct: officer.commission, purpose: 'list-check' });
}

/** Approvers come from the request's unit or above it; two are enough. */
function approveWaiting(desk: Desk, officer: Officer, started: number, recorder: StepRecorder): void {
  for (const waiting of desk.requests) {
    const eligible = officer.commission === 'CEC' || officer.commission === waiting.territory;
    const { approvedBy } = waiting;
    if (!eligible || waiting.askedAt > started || approvedBy.length >= 2 || approvedBy.includes(officer.key))
      continue;
    approvedBy.push(officer.key);
    recorder.act({ kind: 'approve', request: waiting.request }, 60, 200);
  }
}

/** A voter of the precinct nobody has come about yet; null when the precinct is used up. */
export function freshVoter(desk: Desk, precinct: string): VoterRef | null {
  const size = desk.facts.precincts.find(({ code }) => code === precinct)?.size ?? 0;
  for (let attempt = 0; attempt < 50 && size > 0; attempt++) {
    const index = desk.rng.int(0, size - 1);
    const key = `${precinct}/${index}`;
    if (desk.touched.has(key)) continue;
    desk.touched.add(key);
    return { precinct, index };
  }
  return null;
}
