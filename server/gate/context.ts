// Who is asking, in which session, and what has been recorded for this request so far. Made once per request by
// http/guard.ts (or by a command); rooms pass it on and never alter it.
import type { Role, Stage } from '#server/contract/vocabulary.ts';

export interface Actor {
  id: string;
  login: string;
  name: string;
  role: Role | 'system';
  commission: string;
  /** Path of the unit in the commission tree, `/CEC/…/`. */
  path: string;
  clearanceValid: boolean;
}

export interface SessionFacts {
  id: string;
  stage: Stage;
  locked: boolean;
  startedAt: number;
  endsAt: number;
  /** A second factor was shown in this session, be it a recovery code. */
  factorShown: boolean;
  /** When one that counts for acts was shown last: a recovery code opens the log-in and nothing more. */
  factorAt: number | null;
  /** `act:hash` of the one act a step-up was made for, and when. */
  stepUpFor: string | null;
  stepUpAt: number | null;
}

export interface Context {
  request: string;
  /** Epoch ms at which the request arrived. */
  now: number;
  actor: Actor | null;
  session: SessionFacts | null;
  /** Client network address as the server saw it. */
  address: string;
  /** Hash naming the workstation (its device cookie), or empty. */
  workstation: string;
  /** True for polling and streams: they never count as activity. */
  passive: boolean;
  /** Last durable activity of the session; the gate refreshes it with the entry. */
  seenAt: number;
  /** Entries made for this request; a reply without any is refused by the guard. */
  ledger: { entries: number; lastSeq: number };
}

/** Context of the system itself: detection, commands of `init`, heartbeats. */
export function systemContext(name: string, now: number, request: string): Context {
  return {
    request,
    now,
    actor: {
      id: `system:${name}`,
      login: `system:${name}`,
      name: `system:${name}`,
      role: 'system',
      commission: '',
      path: '/',
      clearanceValid: true,
    },
    session: null,
    address: 'local',
    workstation: '',
    passive: true,
    seenAt: now,
    ledger: { entries: 0, lastSeq: -1 },
  };
}
