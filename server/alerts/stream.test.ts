import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlertItem } from '#server/contract/alerts.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';

let rig: WatchRig;
let valid: boolean;
let port: number;
let supervisor: Officer;
let editor: Officer;
const open: ClientRequest[] = [];

beforeEach(async () => {
  valid = true;
  rig = await openWatch({ heartbeatMs: 40, stillValid: async () => valid });
  supervisor = await rig.logIn('supervisor', 'T1');
  editor = await rig.logIn('territorial-admin', 'T1');
  await rig.app.listen({ host: '127.0.0.1', port: 0 });
  port = (rig.app.server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const request of open.splice(0)) request.destroy();
  await rig.close();
  expect(rig.faults).toEqual([]);
});

interface Following {
  status: number;
  headers: IncomingMessage['headers'];
  text(): string;
  events(): { id: string; name: string; data: Record<string, unknown> }[];
  /** Resolves when what was received satisfies the claim, or fails when the stream ends before. */
  until(claim: () => boolean): Promise<void>;
  ended: Promise<void>;
}

function follow(who: Officer, lastEventId?: string): Promise<Following> {
  return new Promise((resolve, reject) => {
    const headers = {
      cookie: who.cookie,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    const request = get({ host: '127.0.0.1', port, path: '/api/alerts/stream', headers }, (response) => {
      let text = '';
      let over = false;
      const waiting = new Set<() => void>();
      const look = () => {
        for (const one of waiting) one();
      };
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        look();
      });
      const ended = new Promise<void>((done) => {
        response.on('close', () => {
          over = true;
          look();
          done();
        });
      });
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: () => text,
        events: () =>
          text.split('\n\n').flatMap((block) => {
            const found = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block);
            return found
              ? [{ id: found[1]!, name: found[2]!, data: JSON.parse(found[3]!) as Record<string, unknown> }]
              : [];
          }),
        until: (claim) =>
          new Promise((done, fail) => {
            const look1 = () => {
              if (claim()) done();
              else if (over) fail(new Error(`the stream ended with: ${text}`));
              else return;
              waiting.delete(look1);
            };
            waiting.add(look1);
            look1();
          }),
        ended,
      });
    });
    request.on('error', reject);
    open.push(request);
  });
}

async function raise(who = editor, precinct = '1001'): Promise<AlertItem> {
  rig.time.now += 1_000;
  const detection = rig.detect();
  await detection.start();
  await rig.correct(who, `voter-${rig.size()}-0000`, precinct, { approved: false });
  await detection.drain();
  await detection.close();
  return ((await rig.get(supervisor, '/api/alerts')).json() as { items: AlertItem[] }).items[0]!;
}

describe('following alerts', () => {
  test('an alert in scope arrives with rule, level and id alone; one elsewhere does not', async () => {
    const before = rig.size();
    const stream = await follow(supervisor);
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toContain('text/event-stream');
    expect(stream.headers['cache-control']).toBe('no-store');
    expect(rig.size()).toBe(before + 1);
    const neighbour = await rig.logIn('territorial-admin', 'T2');
    await raise(neighbour, '2001');
    const alert = await raise();
    await stream.until(() => stream.events().length > 0);
    expect(stream.events()).toEqual([
      {
        id: expect.any(String),
        name: 'alert',
        data: { rule: alert.rule, level: 'critical', alert: alert.id },
      },
    ]);
  });

  test('whoever was cut off takes up where they were, in order and without repetition', async () => {
    const first = await follow(supervisor);
    const one = await raise();
    await first.until(() => first.events().length === 1);
    const last = first.events()[0]!.id;
    open[0]!.destroy();
    const two = await raise();
    await rig.post(supervisor, `/api/alerts/${two.id}/actions/acknowledge`, { expectedVersion: two.version });
    const second = await follow(supervisor, last);
    await second.until(() => second.events().length === 2);
    expect(second.events().map(({ name, data }) => [name, data.alert])).toEqual([
      ['alert', two.id],
      ['change', two.id],
    ]);
    const ids = [last, ...second.events().map(({ id }) => id)].map(Number);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(one.id).not.toBe(two.id);
  });

  test('a session that may no longer follow is cut off at the next event or heartbeat', async () => {
    const stream = await follow(supervisor);
    await stream.until(() => stream.text().includes(': alive'));
    valid = false;
    await stream.ended;
    expect(rig.alerts.streams.size).toBe(0);
  });

  test('an event is not told to a session that ended before it', async () => {
    const stream = await follow(supervisor);
    valid = false;
    await raise();
    await stream.ended;
    expect(stream.events()).toEqual([]);
  });

  test('one officer follows in three windows at most, and a closed window leaves nothing behind', async () => {
    for (let i = 0; i < 3; i++) expect((await follow(supervisor)).status).toBe(200);
    expect((await follow(supervisor)).status).toBe(429);
    const [request] = open;
    request!.destroy();
    await expect.poll(() => rig.alerts.streams.size, { timeout: 30_000 }).toBe(2);
    expect((await follow(supervisor)).status).toBe(200);
  });

  test('following is no activity of the officer', async () => {
    const seen = async () => (await rig.store.reader.access.standing(supervisor.sid))!.seenAt;
    const before = await seen();
    rig.time.now += 5 * 60_000;
    await follow(supervisor);
    expect(await seen()).toBe(before);
  });

  test('the server closes with streams open', async () => {
    const stream = await follow(supervisor);
    await rig.app.close();
    await stream.ended;
  });
});
