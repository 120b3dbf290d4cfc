/**
 * What the page knows of the officer's session: the stage the server named, who it is, when it ends, whether the
 * screen is locked. The server decides all of it; the clocks here only warn in time and hide the screen early.
 */

import type { Role, Stage } from '../../server/contract/vocabulary.ts';
import { ApiProblem, api } from '../api.ts';
import { rememberLang } from '../i18n/words.svelte.ts';
import { endpoint } from '../paths.ts';
import { rememberTheme } from '../shell/theme.svelte.ts';
import { IDLE_END_SECONDS, IDLE_LOCK_SECONDS } from './idle.ts';

export interface Officer {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly commission: string;
}

interface SessionReply {
  readonly stage: Stage;
  readonly officer?: Officer;
  readonly startedAt?: string | number;
  readonly endsAt?: string | number;
  readonly locked?: boolean;
  /** the short public name of the session, for the watermark */
  readonly id?: string;
}

/** `signed-out` carries why, so that the log-in page can say it. */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-out'; readonly why: 'fresh' | 'left' | 'idle' | 'over' | 'gone' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'stage'; readonly stage: Stage };

interface State {
  phase: Phase;
  officer: Officer | undefined;
  startedAt: number | undefined;
  endsAt: number | undefined;
  id: string | undefined;
  locked: boolean;
  /** when the server last answered an act of the officer, ms since 1970 */
  activeAt: number;
}

const state = $state<State>({
  phase: { kind: 'starting' },
  officer: undefined,
  startedAt: undefined,
  endsAt: undefined,
  id: undefined,
  locked: false,
  activeAt: Date.now(),
});

let unlockWaiters: ((unlocked: boolean) => void)[] = [];

export const session = {
  get phase() {
    return state.phase;
  },
  get open() {
    return state.phase.kind === 'stage' && state.phase.stage === 'open' && state.officer !== undefined;
  },
  get officer() {
    return state.officer;
  },
  get role() {
    return state.officer?.role;
  },
  get startedAt() {
    return state.startedAt;
  },
  get endsAt() {
    return state.endsAt;
  },
  get id() {
    return state.id;
  },
  get locked() {
    return state.locked;
  },
  get activeAt() {
    return state.activeAt;
  },
};

const ms = (at: string | number | undefined) =>
  at === undefined ? undefined : typeof at === 'number' ? at : Date.parse(at);

function take(reply: SessionReply): void {
  state.phase = { kind: 'stage', stage: reply.stage };
  if (reply.officer) state.officer = reply.officer;
  if (reply.startedAt !== undefined) state.startedAt = ms(reply.startedAt);
  if (reply.endsAt !== undefined) state.endsAt = ms(reply.endsAt);
  if (reply.id !== undefined) state.id = reply.id;
  if (reply.locked) state.locked = true;
}

/** Asks the server who is here; at start, and whenever a stage has been passed. */
export async function refreshSession(): Promise<void> {
  try {
    take(await api.get<SessionReply>(endpoint.session(), { plain: true }));
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
export async function passedTo(reply: { readonly stage: Stage }): Promise<void> {
  state.activeAt = Date.now();
  if (reply.stage === 'open') await refreshSession();
  else state.phase = { kind: 'stage', stage: reply.stage };
}

export function signedOut(why: 'fresh' | 'left' | 'idle' | 'over' | 'gone'): void {
  // The reason shown first stays: a later 401 of some other request knows less.
  if (state.phase.kind === 'signed-out') return;
  state.phase = { kind: 'signed-out', why };
  state.officer = undefined;
  state.startedAt = undefined;
  state.endsAt = undefined;
  state.id = undefined;
  state.locked = false;
  settleWaiters(false);
}

/** From the logged-out page back to the log-in form. */
export function toLogin(): void {
  state.phase = { kind: 'signed-out', why: 'fresh' };
}

/** Locks the screen here at once and tells the server; resolves when unlocked (true) or ended (false). */
export function lockScreen(tellServer = false): Promise<boolean> {
  state.locked = true;
  // If the server cannot be told, its own idle clock locks the session; the screen is hidden already.
  if (tellServer)
    void api.post(endpoint.sessionLock(), {}, { plain: true, background: true }).catch(() => undefined);
  return new Promise((resolve) => unlockWaiters.push(resolve));
}

function settleWaiters(unlocked: boolean): void {
  const waiting = unlockWaiters;
  unlockWaiters = [];
  for (const resolve of waiting) resolve(unlocked);
}

export async function unlock(password: string, code?: string): Promise<void> {
  const reply = await api.post<SessionReply>(
    endpoint.sessionUnlock(),
    { password, ...(code ? { code } : {}) },
    { plain: true },
  );
  state.locked = false;
  await passedTo(reply);
  settleWaiters(true);
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
export async function extendSession(): Promise<void> {
  await api.post(endpoint.sessionExtend(), {});
}

export function noteActivity(): void {
  state.activeAt = Date.now();
}

/** Called every second by the shell: locks or ends the screen when the server will have done so. */
export function watchClocks(now: number): void {
  if (!session.open) return;
  const idle = (now - state.activeAt) / 1000;
  if (state.endsAt !== undefined && now >= state.endsAt) signedOut('over');
  else if (idle >= IDLE_END_SECONDS) signedOut('idle');
  else if (idle >= IDLE_LOCK_SECONDS && !state.locked) void lockScreen();
}
