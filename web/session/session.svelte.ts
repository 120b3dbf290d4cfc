/**
 * What the page knows of the officer's session: the stage the server named, who it is, when it ends, whether the
 * screen is locked. The server decides all of it; the clocks here only warn in time and hide the screen early.
 */

import type { SessionReply, StageReply, Unlock } from '../../server/contract/session.ts';
import type { Factor, Stage } from '../../server/contract/vocabulary.ts';
import { ApiProblem, api } from '../api.ts';
import { currentLang, rememberLang } from '../i18n/words.svelte.ts';
import { endpoint } from '../paths.ts';
import { rememberTheme } from '../shell/theme.svelte.ts';
import { IDLE_END_SECONDS, IDLE_LOCK_SECONDS } from './idle.ts';
import { type Happened, tellWindows } from './windows.ts';

export type Officer = SessionReply['officer'];

/** `signed-out` carries why, so that the log-in page can say it. */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-out'; readonly why: 'fresh' | 'left' | 'idle' | 'over' | 'gone' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'stage'; readonly stage: Stage };

interface State {
  phase: Phase;
  /** the last full answer of the server about this session */
  facts: SessionReply | undefined;
  /** how the second factor may be shown; a one-time code where the server names nothing */
  factors: readonly Factor[];
  locked: boolean;
  /** when the server last answered an act of the officer, ms since 1970 */
  activeAt: number;
}

const state = $state<State>({
  phase: { kind: 'starting' },
  facts: undefined,
  factors: ['totp'],
  locked: false,
  activeAt: Date.now(),
});

let extending: Promise<void> | undefined;
let unlockWaiters: ((unlocked: boolean) => void)[] = [];

export const session = {
  get phase() {
    return state.phase;
  },
  get open() {
    return state.phase.kind === 'stage' && state.phase.stage === 'open' && state.facts !== undefined;
  },
  /** Everything the server said: clearance, last log-ins, when password and factor were set. */
  get facts() {
    return state.facts;
  },
  get factors() {
    return state.factors;
  },
  get officer() {
    return state.facts?.officer;
  },
  get role() {
    return state.facts?.officer.role;
  },
  /** The officer's commission by name in the language that is on, or its code. */
  get unitName() {
    const { officer } = state.facts ?? {};
    return officer && (officer.commissionName[currentLang()] || officer.commission);
  },
  get startedAt() {
    return state.facts?.startedAt;
  },
  get endsAt() {
    return state.facts?.endsAt;
  },
  get id() {
    return state.facts?.id;
  },
  get locked() {
    return state.locked;
  },
  get activeAt() {
    return state.activeAt;
  },
};

/** Asks the server who is here; at start, and whenever a stage has been passed. */
export async function refreshSession(): Promise<void> {
  try {
    const facts = await api.get<SessionReply>(endpoint.session(), { plain: true });
    state.phase = { kind: 'stage', stage: facts.stage };
    state.facts = facts;
    state.factors = facts.factors ?? ['totp'];
    state.activeAt = Date.now();
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.problem.name === 'locked') {
      state.phase = { kind: 'stage', stage: 'open' };
      state.locked = true;
    } else if (error.problem.status === 401) signedOut('fresh');
    else state.phase = { kind: 'unreachable' };
  }
}

/** After each step of logging in: the reply names the next stage; `open` also fetches who it is. */
export async function passedTo(reply: StageReply): Promise<void> {
  state.activeAt = Date.now();
  state.factors = reply.factors ?? ['totp'];
  if (reply.stage === 'open') await refreshSession();
  else state.phase = { kind: 'stage', stage: reply.stage };
}

export function signedOut(why: 'fresh' | 'left' | 'idle' | 'over' | 'gone'): void {
  // The reason shown first stays: a later 401 of some other request knows less.
  if (state.phase.kind === 'signed-out') return;
  state.phase = { kind: 'signed-out', why };
  state.facts = undefined;
  state.locked = false;
  settleWaiters(false);
  // This window's own clock says nothing of another in which the officer is at work.
  if (why !== 'idle') tellWindows('ended');
}

/** From the logged-out page back to the log-in form. */
export function toLogin(): void {
  state.phase = { kind: 'signed-out', why: 'fresh' };
}

/**
 * Locks the screen here at once; resolves when unlocked (true) or ended (false).
 * @param by whom: the officer's press is told to server and windows, what the server said to windows
 */
export function lockScreen(by: 'officer' | 'server' | 'clock' | 'window'): Promise<boolean> {
  state.locked = true;
  if (by === 'officer' || by === 'server') tellWindows('locked');
  // If the server cannot be told, its own idle clock locks the session; the screen is hidden already.
  if (by === 'officer')
    void api.post(endpoint.sessionLock(), {}, { plain: true, background: true }).catch(() => undefined);
  return new Promise((resolve) => unlockWaiters.push(resolve));
}

function settleWaiters(unlocked: boolean): void {
  const waiting = unlockWaiters;
  unlockWaiters = [];
  for (const resolve of waiting) resolve(unlocked);
}

/** With the password (and a code where one is asked), or with a passkey. */
export async function unlock(shown: Unlock): Promise<void> {
  const reply = await api.post<StageReply>(endpoint.sessionUnlock(), shown, { plain: true });
  state.locked = false;
  tellWindows('unlocked');
  await passedTo(reply);
  settleWaiters(true);
}

/** Only the server knows whether there is a session. What was shown in one is never left standing in another. */
async function askAnew(): Promise<void> {
  const before = state.facts?.id;
  await refreshSession();
  if (session.open && state.facts?.id !== before) location.reload();
}

/** What another window of this browser told. */
export function heardOf(what: Happened): void {
  if (state.phase.kind === 'signed-out') return;
  if (what === 'ended') void askAnew();
  else if (what === 'locked') void lockScreen('window');
  else if (state.locked) {
    state.locked = false;
    settleWaiters(true);
  }
}

export async function logOut(): Promise<void> {
  try {
    await api.del(endpoint.session(), { plain: true });
  } catch (error) {
    // Out of reach: the session on the server ends by its own clock, and this screen is cleared all the same.
    if (!(error instanceof ApiProblem)) throw error;
  }
  signedOut('left');
  // The server's answer clears the site's data; language and theme are chosen anew from memory.
  rememberLang();
  rememberTheme();
}

/** An explicit sign of life; restarts the idle clock on the server. */
export function extendSession(): Promise<void> {
  // The press that extends is also input that extends by itself: one request serves both.
  extending ??= api.post<StageReply>(endpoint.sessionExtend(), {}).then(
    () => {
      extending = undefined;
    },
    (error: unknown) => {
      extending = undefined;
      throw error;
    },
  );
  return extending;
}

export function noteActivity(): void {
  state.activeAt = Date.now();
}

/** Called every second by the shell: locks or ends the screen when the server will have done so. */
export function watchClocks(now: number): void {
  if (!session.open) return;
  const idle = (now - state.activeAt) / 1000;
  if (now >= (state.facts?.endsAt ?? Number.POSITIVE_INFINITY)) signedOut('over');
  else if (idle >= IDLE_END_SECONDS) signedOut('idle');
  else if (idle >= IDLE_LOCK_SECONDS && !state.locked) void lockScreen('clock');
}
