/**
 * The vocabulary of the traffic plan: every act an officer can be planned to do, and the facts a plan is made from.
 * Types only; who executes the steps decides what each act means at its gate.
 */
import type { DemoOfficer } from './officers.ts';

/** The `index`-th voter (from 0) of a precinct, in the order of the voters file. */
export interface VoterRef {
  precinct: string;
  index: number;
}

export type SearchBy = 'pin' | 'surname' | 'full-name';
export type Purpose = 'application' | 'list-check' | 'subject-request' | 'complaint' | 'alert' | 'review';

export type Act =
  | { kind: 'login'; workstation: string }
  | { kind: 'login-failure'; workstation: string }
  | { kind: 'logout' }
  | { kind: 'search'; voter: VoterRef; by: SearchBy }
  | { kind: 'locate'; voter: VoterRef; purpose: Purpose }
  | { kind: 'view'; voter: VoterRef }
  | {
      kind: 'reveal';
      voter: VoterRef;
      field: 'pin' | 'birth_date' | 'address';
      purpose: Purpose;
      application: string;
    }
  | { kind: 'copy'; voter: VoterRef }
  | {
      kind: 'take-application';
      application: string;
      voter: VoterRef;
      change: { field: 'address'; new: string };
    }
  | { kind: 'check-identity'; application: string }
  | { kind: 'receive'; application: string }
  | { kind: 'enter'; application: string }
  | { kind: 'start-review'; application: string }
  | { kind: 'decide'; application: string; outcome: 'approved' | 'refused'; reason: string }
  | { kind: 'apply'; application: string }
  | { kind: 'close'; application: string; reason: string }
  | { kind: 'reply'; application: string }
  | { kind: 'print-request'; request: string; precinct: string; purpose: Purpose }
  | { kind: 'export-request'; request: string; precinct: string; purpose: Purpose }
  | { kind: 'approve'; request: string }
  | { kind: 'read-accesses'; voter: VoterRef }
  | { kind: 'read-audit' | 'read-alerts' | 'read-approvals' | 'read-officers' | 'read-commissions' };

/** `at` in ms from the first day's midnight in Bishkek; `officer` is a key of `demoOfficers`. */
export type Step = { at: number; officer: string } & Act;

export interface TrafficFacts {
  officers: readonly Pick<DemoOfficer, 'key' | 'role' | 'commission' | 'account'>[];
  precincts: readonly { code: string; territory: string; size: number }[];
}

/** A sitting still to be written: `run` records its steps from `at` on, and is done before `until`. */
export interface Session {
  at: number;
  until: number;
  officer: string;
  run: (recorder: StepRecorder) => void;
}

/** Where a sitting's acts go; see Recorder in traffic-work.ts. */
export interface StepRecorder {
  now: number;
  act(act: Act, leastSeconds?: number, mostSeconds?: number): void;
}
