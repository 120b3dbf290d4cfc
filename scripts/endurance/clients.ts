// Officers who never stop asking, and a monitor who fetches checkpoints: what each was given, whole or in part, by a server
// that may die at any moment.
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { Enrolled } from '../bench/enrol.ts';

export interface Served {
  officer: string;
  voter: string;
  act: 'voter.view';
  /** Entry the reply names; null where the reply broke off before it could be read. */
  entry: number | null;
}

export interface Heard {
  served: Served[];
  /** Replies 503. */
  refused: number;
  /** Checkpoints the monitor was given. */
  notes: string[];
  /** Replies that were neither: a fault of the server. */
  odd: string[];
}

interface Reply {
  status: number;
  body: string;
  whole: boolean;
}

/** Asks until `enough` says so or the server is gone. */
export async function ask(
  address: string,
  officers: readonly Enrolled[],
  enough: (heard: Heard) => boolean,
  isDown: () => boolean,
): Promise<Heard> {
  const heard: Heard = { served: [], refused: 0, notes: [], odd: [] };
  const agent = new Agent({ keepAlive: true });
  let ended = false;
  const over = () => {
    ended ||= isDown() || enough(heard);
    return ended;
  };
  async function officer({ officer: id, cookie, voters }: Enrolled): Promise<void> {
    for (let n = 0; !over(); n++) {
      const voter = voters[n % voters.length]!;
      const reply = await send(agent, `${address}/api/voters/${voter}`, { cookie });
      if (reply === null) {
        if (over()) return;
        await pause(20);
      } else if (reply.status === 200)
        heard.served.push({
          officer: id,
          voter,
          act: 'voter.view',
          entry: reply.whole ? (JSON.parse(reply.body) as { entry: number }).entry : null,
        });
      else if (reply.status === 503) {
        heard.refused++;
        await pause(10);
      } else heard.odd.push(`${reply.status} ${reply.body.slice(0, 200)}`);
    }
  }
  async function monitor(): Promise<void> {
    while (!over()) {
      const reply = await send(agent, `${address}/api/audit/checkpoint`, {});
      if (reply?.status === 200 && reply.whole) heard.notes.push(reply.body);
      await pause(50);
    }
  }
  await Promise.all([...officers.map(officer), monitor()]);
  agent.destroy();
  return heard;
}

/** Null when no byte of a reply arrived. */
function send(agent: Agent, url: string, headers: IncomingHttpHeaders): Promise<Reply | null> {
  return new Promise((resolve) => {
    const asked = request(url, { agent, headers }, (reply) => {
      let text = '';
      const end = (whole: boolean) => resolve({ status: reply.statusCode ?? 0, body: text, whole });
      reply
        .setEncoding('utf8')
        .on('data', (chunk) => {
          text += chunk;
        })
        .on('end', () => end(reply.complete))
        .on('error', () => end(false));
    });
    asked.on('error', () => resolve(null));
    asked.end();
  });
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));
