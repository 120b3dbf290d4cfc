// Over real sockets: bytes leave only after their entry is durable, however the client behaves: hanging up, pipelining,
// asking for a part, speaking no HTTP at all. What the client says about itself is not believed.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConsoleRig, Officer } from '../console-rig.ts';
import { origin } from '../set-up.ts';
import { openTapped, type Tap, unhandledDuring } from './scene.ts';

let rig: ConsoleRig;
let tap: Tap;
let port: number;
let member: Officer;
let card: string;
const surname = 'Розеткалуу';

beforeAll(async () => {
  ({ rig, tap } = await openTapped());
  member = await rig.logIn('precinct-member', '1001');
  card = `/api/voters/${(await rig.addVoter('1001', { surname })).id}`;
  port = Number(new URL(await rig.app.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(() => rig.close());

let before: number;
beforeEach(() => {
  before = rig.size();
});

/** Everything the server sends until it closes, or until `enough`. */
async function raw(bytes: string, enough?: (seen: string) => boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let seen = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk;
    if (enough?.(seen)) socket.destroy();
  });
  socket.on('error', () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  return seen;
}

const ask = (line: string, headers: Record<string, string> = {}, body = '') =>
  [
    line,
    'Host: localhost',
    `Cookie: ${member.cookie}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
const get = (headers: Record<string, string> = {}) => ask(`GET ${card} HTTP/1.1`, headers);
const last = { Connection: 'close' };
const replies = (text: string) => text.split(/(?=HTTP\/1\.1 \d{3})/).filter(Boolean);

/** The event of an entry, as JSON. */
async function eventOf(seq: number) {
  const [entry] = await rig.store.reader.audit.entriesAt([seq]);
  return JSON.parse(entry!.json!) as { detail: { json: Record<string, string> } };
}

describe('bytes and entries', () => {
  test('not one byte is sent while the entry is on its way to the disk', async () => {
    let release = () => {};
    tap.hold = new Promise((resolve) => {
      release = resolve;
    });
    let seen = '';
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      seen += chunk;
    });
    socket.write(get(last));
    // The server is awake and answers what needs no entry; the card still waits.
    for (let i = 0; i < 20; i++)
      expect(await raw(ask('GET /healthz HTTP/1.1', last))).toContain('HTTP/1.1 200');
    expect(seen).toBe('');
    expect(rig.size()).toBe(before);
    tap.hold = null;
    release();
    await once(socket, 'close');
    expect(seen).toContain(surname);
    expect(rig.size()).toBe(before + 1);
  });

  test('64 requests at once make 64 entries, each reply naming its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const reply = await fetch(`http://127.0.0.1:${port}${card}`, { headers: { cookie: member.cookie } });
        return ((await reply.json()) as { entry: number }).entry;
      }),
    );
    expect(new Set(answers).size).toBe(64);
    expect(Math.min(...answers)).toBe(before);
    expect(rig.size()).toBe(before + 64);
  });

  test('pipelined requests on one connection make one entry each', async () => {
    const text = await raw(get() + get() + get(last));
    const answered = replies(text);
    expect(answered).toHaveLength(3);
    for (const reply of answered) expect(reply).toContain('HTTP/1.1 200');
    expect(rig.size()).toBe(before + 3);
  });

  test('a client that hangs up at any moment leaves entries behind, never the other way round', async () => {
    const unhandled = await unhandledDuring(async () => {
      const received = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          i % 3 === 0
            ? raw(get(last))
            : new Promise<string>((resolve) => {
                const socket = connect(port, '127.0.0.1', () => {
                  socket.write(get().slice(0, i % 3 === 1 ? undefined : 40 + i), () => socket.destroy());
                });
                socket.on('error', () => resolve('')).on('close', () => resolve(''));
              }),
        ),
      );
      const served = received.filter((text) => text.includes(surname)).length;
      expect(served).toBe(20);
      // What was sent whole leaves its entry, whether anybody waits for the reply or not.
      await expect.poll(() => rig.size() - before, { timeout: 30_000 }).toBe(40);
      // The server still stands, and counts right.
      expect(await raw(get(last))).toContain('HTTP/1.1 200');
    });
    expect(unhandled).toEqual([]);
  });

  test('4.1.4 HEAD, Range and conditional requests get no shortcut round the entry', async () => {
    expect(await raw(ask(`HEAD ${card} HTTP/1.1`, last))).toMatch(/^HTTP\/1\.1 404/);
    for (const headers of [
      { Range: 'bytes=0-9' },
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': 'Tue, 04 Nov 2036 00:00:00 GMT' },
    ] as Record<string, string>[]) {
      const reply = await raw(get({ ...headers, ...last }));
      expect(reply).toMatch(/^HTTP\/1\.1 200/);
      expect(reply).not.toMatch(/etag|last-modified|accept-ranges|content-range/i);
    }
    expect(rig.size()).toBe(before + 4);
  });
});

describe('what is no proper request', () => {
  test.each([
    ['TRACE', 'TRACE /api/voters HTTP/1.1'],
    ['OPTIONS', 'OPTIONS * HTTP/1.1'],
    ['CONNECT', 'CONNECT example.invalid:80 HTTP/1.1'],
    ['a made-up method', 'FETCH /api/voters HTTP/1.1'],
    ['an absolute address', `GET http://evil.invalid${'/api/voters/unknown-voter'} HTTP/1.1`],
    ['a doubled slash', 'GET //api/voters/unknown-voter HTTP/1.1'],
    ['dots', 'GET /api/../../etc/passwd HTTP/1.1'],
    ['an old version', 'GET /api/voters/unknown-voter HTTP/0.9'],
  ])('4.1.4 %s is refused and shows nothing', async (_name, line) => {
    const reply = await raw(ask(line, last));
    expect(reply).not.toContain('HTTP/1.1 2');
    expect(reply).not.toContain('passwd');
  });

  test('16.5.1 an address that is no URL, or too long in one part, is refused in our words and makes its entry', async () => {
    for (const address of ['/api/voters/%zz', '/api/voters/%', `/api/voters/${'a'.repeat(150)}`]) {
      const at = rig.size();
      const reply = await raw(ask(`GET ${address} HTTP/1.1`, last));
      expect(reply).toMatch(/^HTTP\/1\.1 40[04]/);
      expect(reply).toContain('https://kuzot.invalid/problems/');
      expect(reply).toContain('no-store');
      expect(reply).toContain("default-src 'none'");
      expect(reply).not.toContain(address.slice(12));
      expect(rig.size(), address).toBe(at + 1);
    }
  });

  test('bytes that are no HTTP get 400 and are not repeated', async () => {
    const reply = await raw(`GET ${card} HTTP/1.1\r\nCookie: ${member.cookie}\r\nBad Header\x01: x\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 400/);
    expect(reply).not.toContain('__Host');
    expect(rig.size()).toBe(before);
    const long = await raw(ask('GET /healthz HTTP/1.1', { 'X-Long': 'a'.repeat(20_000) }));
    expect(long).toMatch(/^HTTP\/1\.1 431/);
    for (const refused of [reply, long])
      for (const header of ["default-src 'none'", 'nosniff', 'no-store', 'no-referrer'])
        expect(refused).toContain(header);
  });

  test('a smuggled second request is refused with the first', async () => {
    const body = `GET ${card} HTTP/1.1\r\nHost: localhost\r\nCookie: ${member.cookie}\r\n\r\n`;
    const reply = await raw(
      ask(
        'POST /api/voters/search HTTP/1.1',
        {
          Origin: origin,
          'Content-Type': 'application/json',
          'Content-Length': '4',
          'Transfer-Encoding': 'chunked',
        },
        `0\r\n\r\n${body}`,
      ),
    );
    expect(reply).not.toContain(surname);
    expect(replies(reply)).toHaveLength(1);
  });
});

describe('what a client says of itself', () => {
  test('4.1.3 a forwarded address is not believed: the entry shows the socket’s', async () => {
    await raw(
      get({
        'X-Forwarded-For': '203.0.113.9',
        Forwarded: 'for=203.0.113.9',
        'X-Real-IP': '203.0.113.9',
        ...last,
      }),
    );
    expect((await eventOf(before)).detail.json.address).toBe('127.0.0.1');
  });

  test('4.1.3 a foreign Host changes nothing: neither address nor origin come from it', async () => {
    const body = JSON.stringify({ q: surname });
    const post = (host: string, from: string) =>
      raw(
        [
          'POST /api/voters/search HTTP/1.1',
          `Host: ${host}`,
          `Origin: ${from}`,
          `Cookie: ${member.cookie}`,
          'Content-Type: application/json',
          `Content-Length: ${Buffer.byteLength(body)}`,
          'Connection: close',
          '',
          body,
        ].join('\r\n'),
      );
    expect(await post('evil.invalid', 'http://evil.invalid')).toMatch(/^HTTP\/1\.1 403/);
    const reply = await post('evil.invalid', origin);
    expect(reply).toMatch(/^HTTP\/1\.1 200/);
    expect(reply).not.toContain('evil');
  });

  test('16.4.1 line ends cannot be carried into a header or an entry', async () => {
    const reply = await raw(get({ 'User-Agent': 'x\r\nX-Injected: yes', ...last }));
    expect(reply).not.toMatch(/x-injected/i);
    const entry = await eventOf(rig.size() - 1);
    expect(JSON.stringify(entry)).not.toMatch(/injected/i);
  });
});
