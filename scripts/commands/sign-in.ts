// An officer at the command line: the same log-in as in the browser (password, then code), so that limits, entries and
// policies are the same. The session lives as long as the command. Passwords and codes come from the prompt or from lines
// of standard input, never from the command line.

import { contextWithin, terminalContext } from '#server/access/terminal.ts';
import type { Context } from '#server/gate/context.ts';
import { type Outcome, wordsOf } from '#server/gate/outcome.ts';
import { CommandFault, type Installation } from './installation.ts';
import { type Asker, createAsker } from './prompt.ts';

export interface SignedIn {
  /** A fresh context: each act is a request of its own, with the session as it stands now. */
  context: () => Promise<Context>;
  /** Asks for another code, bound to one act and the hash of what it is done to. */
  confirm(act: string, hash: string): Promise<void>;
}

/** The value, or a CommandFault 1 that says in words why the gate refused. */
export function done<V>(outcome: Outcome<V>): V {
  if (outcome.kind === 'done') return outcome.value;
  throw new CommandFault(1, wordsOf(outcome), '');
}

/**
 * Logs in, works, logs out whatever happened. Several persons at one terminal share one asker. Throws CommandFault 1 when password, code or stage are not right.
 */
export async function signedIn<T>(
  installation: Installation,
  login: string,
  work: (person: SignedIn) => Promise<T>,
  shared?: Asker,
): Promise<T> {
  const { rooms, clock, store } = installation;
  const asker = shared ?? createAsker();
  const { logIn, showCode, presence } = rooms.access.room;
  let session: string | null = null;

  async function context(): Promise<Context> {
    const found =
      session === null ? null : await contextWithin(rooms.access.room, store.reader, session, clock());
    if (found === null)
      throw new CommandFault(1, 'The session was ended elsewhere.', 'Run the command again.');
    return found;
  }

  try {
    const password = await asker.askSecret(`Password of ${login}`);
    const entered = done(await logIn(terminalContext(clock()), { login, password }));
    session = entered.sid;
    if (entered.stage !== 'totp')
      throw new CommandFault(
        1,
        `${login} has not finished the first log-in.`,
        'Do that in the browser first.',
      );
    const shown = done(await showCode(await context(), await askCode(asker, login)));
    if (shown.stage !== 'open')
      throw new CommandFault(
        1,
        `${login} must do something first: ${shown.stage}.`,
        'Do that in the browser.',
      );
    return await work({
      context,
      async confirm(action, hash) {
        const code = await askCode(asker, `${login} once more, the next code`);
        done(await presence.stepUp(await context(), { code, action, hash }));
      },
    });
  } finally {
    if (shared === undefined) asker.close();
    if (session !== null) await presence.logOut(await context());
  }
}

/** What a running server is shown by an officer who signs in there for one act. */
export async function credentialsOf(
  login: string,
): Promise<{ login: string; password: string; code: string }> {
  const asker = createAsker();
  try {
    const password = await asker.askSecret(`Password of ${login}`);
    return { login, password, code: await askCode(asker, login) };
  } finally {
    asker.close();
  }
}

const askCode = async (asker: Asker, whose: string) => (await asker.askSecret(`Code of ${whose}`)).trim();
