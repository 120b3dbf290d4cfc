// An officer at a terminal of the machine itself: the same log-in as in the browser (password, then code), so that limits,
// entries and policies are the same. Used by commands, and by the server where a command asks it.
import type { Reader } from '#db/store.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import type { Access } from './access.ts';
import { actorOf } from './account.ts';
import { shownFactor } from './stages.ts';

/** Somebody unknown at the machine itself, as each request begins. */
export const terminalContext = (now: number): Context => ({
  request: crypto.randomUUID(),
  now,
  actor: null,
  session: null,
  address: 'local',
  workstation: '',
  passive: true,
  seenAt: now,
  ledger: { entries: 0, lastSeq: -1 },
});

/** A request of its own within a session made here, as it stands now; null once it was ended. */
export async function contextWithin(
  { isGenuine }: Pick<Access['room'], 'isGenuine'>,
  reader: Reader,
  session: string,
  now: number,
): Promise<Context | null> {
  const row = await reader.access.standing(session);
  if (!row || row.endedAt !== null || !(await isGenuine(row))) return null;
  return {
    ...terminalContext(now),
    actor: actorOf(row.officer, row, row.path, now),
    session: {
      id: row.id,
      stage: row.stage as Stage, // written from the closed list
      locked: false,
      startedAt: row.startedAt,
      endsAt: row.endsAt,
      ...shownFactor(row),
      stepUpFor: row.stepUpFor,
      stepUpAt: row.stepUpAt,
    },
  };
}

export interface Shown {
  login: string;
  password: string;
  code: string;
}

/**
 * Logs in, works, logs out whatever happened.
 * @param work is given a context of its own for each act
 */
export async function whileSignedIn<T>(
  { room, reader, clock }: { room: Access['room']; reader: Reader; clock: () => number },
  { login, password, code }: Shown,
  work: (context: () => Promise<Context>) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const entered = await room.logIn(terminalContext(clock()), { login, password });
  if (entered.kind !== 'done') return entered;
  const { sid, stage } = entered.value;
  const unfinished = (must: string): Refusal =>
    refuse('stage-required', { detail: `${login} must do something in the browser first: ${must}` });
  const context = async () => {
    const found = await contextWithin(room, reader, sid, clock());
    if (found === null) throw new Error('the session was ended elsewhere');
    return found;
  };
  try {
    if (stage !== 'totp') return unfinished(stage);
    const shown = await room.showCode(await context(), code);
    if (shown.kind !== 'done') return shown;
    if (shown.value.stage !== 'open') return unfinished(shown.value.stage);
    return await work(context);
  } finally {
    const last = await contextWithin(room, reader, sid, clock());
    if (last !== null) await room.presence.logOut(last);
  }
}
