// Several servers of one PostgreSQL database: what each lets go of when another changed it, what the appending one does and
// counts for the others, and what operators are told. All else a server holds is in the database, read anew on every request.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Heed, HubHeed, SeveralState } from '#db/open.ts';
import { answerCount, type CountAsked } from './access/counting.ts';
import { socketIn } from './lib/socket-path.ts';
import type { Rooms } from './rooms.ts';

/** Where the appending server of this key folder listens for others; null where the folder's path is too long for a socket. */
export const serversOf = (keysDir: string): string | null => socketIn(join(keysDir, 'servers.sock'));

type Remembering = Pick<Rooms, 'policies' | 'rules' | 'alerts' | 'forgetEmergencies'>;

/** What cannot be let go of is told and thrown: until it can, the server serves nothing. */
export function heedOf(
  rooms: Remembering,
  onFault: (error: unknown) => void,
  onState?: Heed['onState'],
): Heed {
  /** One after another: of two at once, the one that read the older sets might be the last to put them in force. */
  let takingUp: Promise<unknown> = Promise.resolve();
  async function takeUpSets(): Promise<void> {
    try {
      await rooms.policies.takeUp();
      await rooms.rules.takeUp();
    } catch (error) {
      onFault(error);
      throw error;
    }
  }
  return {
    async changed(tables) {
      if (tables.includes('emergency')) rooms.forgetEmergencies();
      if (tables.includes('alert')) rooms.alerts.streams.poke();
      if (!tables.includes('policyInForce')) return;
      const taken = takingUp.then(takeUpSets);
      takingUp = taken.catch(() => undefined);
      await taken;
    },
    ...(onState && { onState }),
  };
}

export const heedOfAppender = (
  rooms: Remembering & Pick<Rooms, 'access'>,
  ...told: [onFault: (error: unknown) => void, onState?: Heed['onState']]
): HubHeed => ({
  ...heedOf(rooms, ...told),
  count: (asked) => answerCount(rooms.access.counting, asked as CountAsked), // a joined server's countThere
});

const words: Record<SeveralState, ['info' | 'warn', string]> = {
  joined: ['info', 'a server joined this one'],
  left: ['info', 'a server that had joined this one is gone'],
  'cut-off': ['warn', 'a server that did not let go of what another changed is cut off until it joins again'],
  stuck: ['warn', 'what another server changed could not be taken up: this one serves nothing until it can'],
  'in-step': ['info', 'what another server changed is taken up: this one serves again'],
  away: ['warn', 'the server that writes is away: this one serves nothing until it is back'],
  refused: ['warn', 'a server cannot join the one that writes'],
  back: ['info', 'the server that writes is back: this one serves again'],
};

/** For the operators' log. */
export const tellState = (logger: Logger) => (state: SeveralState, why?: string) => {
  const [level, text] = words[state];
  logger[level]({ why }, text);
};

/** A joined server's clock: not behind that of the appending one, which goes on when the machine's is set back. */
export const notBehind =
  (clock: () => number, other: () => number): (() => number) =>
  () =>
    Math.max(clock(), other());
