/**
 * The one who does not belong in an ordinary week: a territorial administrator who looks through lists, and lets
 * one voter's record be rewritten three times on the word of three applications. What an attentive reader of the
 * log should find is said in `INSIDER_STORY`; rules are not tuned here.
 */

import type { Session, StepRecorder, TrafficFacts, VoterRef } from './traffic-steps.ts';
import {
  DAY_MS,
  type Desk,
  freshVoter,
  handleApplication,
  MINUTE_MS,
  takeApplication,
} from './traffic-work.ts';

/** Key of the officer the story is about. */
export const INSIDER = 'insider';

/** What the insider does, with the thresholds it passes (numbers of acts, window in hours). */
export const INSIDER_STORY = [
  { what: 'bulk-views', acts: 70, windowHours: 1 },
  { what: 'search-sweep', acts: 30, windowHours: 0.25 },
  { what: 'one-voter-edited', acts: 3, windowHours: 24 },
  { what: 'login-failures-then-login-then-export', acts: 5, windowHours: 1 },
] as const;

const [BULK, SWEEP, , FAILURES] = INSIDER_STORY;

/** The insider's sittings of the second and third day, and the innocent intakes of the three applications. */
export function insiderSessions(desk: Desk): Session[] {
  const insider = desk.facts.officers.find(({ key }) => key === INSIDER);
  const clerk = desk.facts.officers.find(({ key }) => key === 'precinct-member-2');
  if (!insider || !clerk) return [];
  const precincts = desk.facts.precincts.filter(({ territory }) => territory === insider.commission);
  const victim = freshVoter(desk, clerk.commission);
  if (!victim) return [];
  const workstation = `ws-${insider.key}`;
  const at = (day: number, hour: number, minute: number): number =>
    day * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
  const own = (time: number, run: (recorder: StepRecorder) => void): Session => ({
    at: time,
    until: time + 50 * MINUTE_MS,
    officer: insider.key,
    run: (recorder) => {
      recorder.act({ kind: 'login', workstation });
      run(recorder);
      recorder.act({ kind: 'logout' });
    },
  });

  const edit = (day: number, hour: number): Session[] => {
    let application: ReturnType<typeof takeApplication> | null = null;
    return [
      {
        at: at(day, hour, 2),
        until: at(day, hour, 22),
        officer: clerk.key,
        run: (recorder) => {
          recorder.act({ kind: 'login', workstation: `ws-${clerk.key}` });
          recorder.act({ kind: 'search', voter: victim, by: 'pin' });
          recorder.act({ kind: 'view', voter: victim });
          application = takeApplication(desk, clerk.commission, clerk.key, victim, recorder);
          // It goes to the insider, not to the colleagues' tray.
          desk.waiting.splice(desk.waiting.indexOf(application), 1);
          recorder.act({ kind: 'logout' });
        },
      },
      own(at(day, hour, 22), (recorder) => {
        if (application) handleApplication(desk, application, recorder, true);
      }),
    ];
  };

  return [
    ...edit(1, 15),
    own(at(1, 17, 5), (recorder) => {
      for (const voter of spread(desk, precincts, BULK.acts)) recorder.act({ kind: 'view', voter }, 20, 45);
    }),
    {
      at: at(2, 8, 31),
      until: at(2, 9, 30),
      officer: insider.key,
      run: (recorder) => {
        // Pauses as the growing delays on failed log-ins allow.
        for (let failed = 0; failed < FAILURES.acts; failed++) {
          recorder.act({ kind: 'login-failure', workstation }, 60, 70);
        }
        recorder.act({ kind: 'login', workstation });
        for (const voter of spread(desk, precincts, SWEEP.acts)) {
          recorder.act({ kind: 'search', voter, by: 'surname' }, 10, 24);
        }
        const request = `request-${desk.requests.length + 1}`;
        // Left for nobody to approve: the request alone is the trace.
        desk.requests.push({ request, territory: 'none', askedAt: Number.MAX_SAFE_INTEGER, approvedBy: [] });
        recorder.act({ kind: 'export-request', request, precinct: clerk.commission, purpose: 'list-check' });
        recorder.act({ kind: 'logout' });
      },
    },
    ...edit(2, 10),
    ...edit(2, 13),
  ];
}

/** Distinct voters, evenly over all lists of the territory; fewer only where there are not as many. */
function spread(desk: Desk, precincts: TrafficFacts['precincts'], count: number): VoterRef[] {
  const all = precincts.flatMap(({ code, size }) =>
    Array.from({ length: size }, (_, index): VoterRef => ({ precinct: code, index })),
  );
  const step = Math.max(1, all.length / count);
  const first = desk.rng.unit() * step;
  return Array.from({ length: count }, (_, nth) => all[Math.floor(first + nth * step)]).filter(
    (voter) => voter !== undefined,
  );
}
