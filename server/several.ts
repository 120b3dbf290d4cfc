// Several servers of one PostgreSQL database: what each lets go of when another changed it, and what the appending one does and
// counts for the others. All else a server holds is in the database, read anew on every request.
import { join } from 'node:path';
import type { Heed, HubHeed } from '#db/open.ts';
import { answerCount, type CountAsked } from './access/counting.ts';
import { socketIn } from './lib/socket-path.ts';
import type { Rooms } from './rooms.ts';

/** Where the appending server of this key folder listens for others; null where the folder's path is too long for a socket. */
export const serversOf = (keysDir: string): string | null => socketIn(join(keysDir, 'servers.sock'));

type Remembering = Pick<Rooms, 'policies' | 'rules' | 'alerts' | 'forgetEmergencies'>;

/** Of a server that joined: what it cannot let go of is told and thrown, and it serves nothing until it can. */
export const heedOf = (rooms: Remembering, onFault: (error: unknown) => void): Heed => ({
  async changed(tables) {
    if (tables.includes('emergency')) rooms.forgetEmergencies();
    if (tables.includes('policyInForce')) await takeUpSets(rooms, onFault);
    if (tables.includes('alert')) rooms.alerts.streams.poke();
  },
});

async function takeUpSets({ policies, rules }: Remembering, onFault: (error: unknown) => void) {
  try {
    await policies.takeUp();
    await rules.takeUp();
  } catch (error) {
    onFault(error);
    throw error;
  }
}

/** Of the appending server: what another changed stands, whatever it can make of it. */
export const heedOfAppender = (
  rooms: Remembering & Pick<Rooms, 'access'>,
  onFault: (error: unknown) => void,
): HubHeed => ({
  changed: (tables) =>
    heedOf(rooms, onFault)
      .changed(tables)
      .catch(() => undefined),
  count: (asked) => answerCount(rooms.access.counting, asked as CountAsked), // a joined server's countThere
});
