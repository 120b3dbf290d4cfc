// The outermost shell, over every registered route: what each reply carries, which methods there are, whose address is
// believed, what an address may hold, and that nothing typed breaks a line of a log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedHeaders, reportsAt } from '#server/http/headers.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { origin } from '../set-up.ts';

let rig: ConsoleRig;
let member: Officer;
const lines: string[] = [];

beforeAll(async () => {
  rig = await openConsole({
    logLines: lines,
    trustedProxies: ['127.0.0.1'],
    before: (app) =>
      app.post('/api/explode', { config: { duty: { act: 'voter.search' } } }, async (request) => {
        throw new Error(`broke on ${JSON.stringify(request.body)}\nand\r\non`);
      }),
  });
  member = await rig.logIn('precinct-member', '1001');
});
afterAll(() => rig.close());

/** Every address of the rooms and the frame, its parts filled in. */
const addresses = () => [
  ...new Set(
    rig.routes
      .filter(({ url }) => !url.includes('stream'))
      .map(({ url }) => url.replaceAll(/:\w+/g, '1').replace('*', 'nothing')),
  ),
];

describe('every address', () => {
  test('3.4.3 3.4.4 3.4.5 3.4.6 3.4.8 14.3.2 answers with all headers, whoever asks, by whatever method', async () => {
    const expected = { ...fixedHeaders(false), 'cache-control': 'no-store' };
    expect(addresses().length).toBeGreaterThan(60);
    for (const url of addresses())
      for (const method of ['GET', 'POST', 'OPTIONS'] as const)
        for (const cookie of ['', member.cookie]) {
          const reply = await rig.app.inject({ method, url, headers: { cookie, origin } });
          // Only documents tighten theirs; checkpoints and finished tiles are public and meant to be kept.
          const open = /^\/api\/audit\/(tile|checkpoint)/.test(url);
          const { 'cache-control': kept, ...fixed } = expected;
          expect([method, url, reply.headers]).toMatchObject([
            method,
            url,
            open ? fixed : { ...fixed, 'cache-control': kept },
          ]);
          expect(reply.headers).not.toHaveProperty('server');
          expect(reply.headers).not.toHaveProperty('x-powered-by');
        }
  });

  test('4.1.4 HEAD, OPTIONS and TRACE run no handler and show nothing', async () => {
    for (const url of addresses())
      for (const method of ['HEAD', 'OPTIONS', 'TRACE'] as const) {
        const reply = await rig.app.inject({
          method: method as 'HEAD',
          url,
          headers: { cookie: member.cookie },
        });
        expect([method, url, reply.statusCode]).toEqual([method, url, 404]);
        expect(reply.headers).not.toHaveProperty('allow');
      }
  });

  test('14.2.1 takes no typed word: what stands in a path or a query is an id, a number, a day or of a closed list', () => {
    const { paths } = (rig.app as unknown as { swagger(): Description }).swagger();
    // What nobody is named by: a coupon is random; the catch-all answers 404 whatever stands there.
    const known = new Set(['coupon', '*']);
    const isClosed = ({ type = '', pattern, ...rest }: Schema) =>
      'enum' in rest ||
      'const' in rest ||
      /integer|number|boolean/.test(type) ||
      (pattern !== undefined &&
        !['Асанова', 'Asanova Gulzat'].some((word) => new RegExp(pattern, 'u').test(word)));
    const typed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).flatMap(({ parameters = [] }) =>
        parameters
          .filter(({ name, schema }) => !known.has(name) && !(schema.anyOf ?? [schema]).every(isClosed))
          .map(({ name }) => `${path} ${name}`),
      ),
    );
    expect(typed).toEqual([]);
  });
});

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  anyOf?: Schema[];
}
interface Description {
  paths: Record<string, Record<string, { parameters?: { name: string; schema: Schema }[] }>>;
}

describe('3.4.7 what a browser reports of the content policy', () => {
  const report = (payload: string, remoteAddress: string, type = 'application/reports+json') =>
    rig.app.inject({
      method: 'POST',
      url: reportsAt,
      payload,
      remoteAddress,
      headers: { 'content-type': type },
    });
  const modern = (effectiveDirective: unknown) => ({
    type: 'csp-violation',
    url: 'http://localhost:8080/voters/Асанова',
    body: { effectiveDirective, sample: 'Асанова Гүлзат', blockedURL: 'inline' },
  });
  const countedSince = async (at: number) => {
    await rig.rooms.access.flush();
    const seqs = Array.from({ length: rig.size() - at }, (_, i) => at + i);
    const entries = await rig.store.reader.audit.entriesAt(seqs);
    return entries.map(({ leaf, json }) => ({
      text: `${Buffer.from(leaf)}${json}`,
      ...JSON.parse(json!).detail.json,
    }));
  };

  test('is counted by directive, in either form, with nothing else of it', async () => {
    await rig.rooms.access.flush();
    const at = rig.size();
    const old = { 'csp-report': { 'violated-directive': "script-src 'self'", 'document-uri': 'Асанова' } };
    const replies = [
      await report(JSON.stringify([modern('script-src-elem'), modern('img-src')]), '10.3.4.7'),
      await report(JSON.stringify(old), '10.3.4.7', 'application/csp-report'),
    ];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([204, 204]);
    const counted = await countedSince(at);
    expect(counted.map(({ reason, count }) => [reason, count]).toSorted()).toEqual([
      ['csp img-src', 1],
      ['csp script-src', 2],
    ]);
    for (const { text } of counted) expect(text).not.toMatch(/Асанова|inline/);
    expect(lines.join()).not.toContain('Асанова');
  });

  test('that is no report, or names no directive of ours, leaves nothing; too many and too long ones are refused', async () => {
    const at = rig.size();
    const odd = ['', 'x', 'null', '[]', '[null,1,"script-src"]', '{"csp-report":7}', '[[[[]]]]'];
    odd.push(JSON.stringify([modern('асан\r\nэл'), modern({}), modern('__proto__'), modern('')]));
    for (const payload of odd) expect([204, 400]).toContain((await report(payload, '10.3.4.8')).statusCode);
    expect((await report(`[${'1,'.repeat(20_000)}1]`, '10.3.4.8')).statusCode).toBe(413);
    expect((await report('{}', '10.3.4.8', 'text/plain')).statusCode).toBe(415);
    expect((await rig.app.inject({ url: reportsAt })).statusCode).toBe(401);
    expect((await countedSince(at)).filter(({ reason }) => String(reason).startsWith('csp'))).toEqual([]);
  });
});

describe('the address of a client', () => {
  const seen = async (remoteAddress: string, forwarded: string) => {
    const at = rig.size();
    await rig.app.inject({
      url: '/api/voters/unknown-voter-0',
      remoteAddress,
      headers: { cookie: member.cookie, 'x-forwarded-for': forwarded, 'x-real-ip': '198.51.100.1' },
    });
    const [entry] = await rig.store.reader.audit.entriesAt([at]);
    return (JSON.parse(entry!.json!) as { detail: { json: { address: string } } }).detail.json.address;
  };

  test('4.1.3 behind a declared proxy is the one the proxy added, not what the client wrote before it', async () => {
    expect(await seen('127.0.0.1', '10.9.9.9')).toBe('10.9.9.9');
    expect(await seen('127.0.0.1', '203.0.113.9, 10.9.9.9')).toBe('10.9.9.9');
    expect(await seen('127.0.0.1', '127.0.0.1, 203.0.113.9, 10.9.9.9')).toBe('10.9.9.9');
  });

  test('4.1.3 past the proxy nothing it says is believed', async () => {
    expect(await seen('10.0.0.7', '203.0.113.9')).toBe('10.0.0.7');
    expect(await seen('10.0.0.7', '127.0.0.1')).toBe('10.0.0.7');
  });
});

test('16.4.1 what is typed with line ends is one escaped line of the entry, and none of the operators’ log', async () => {
  const q = 'асан\r\n{"level":30,"msg":"all is well"}\u2028\u0085';
  const at = rig.size();
  await member.post('/api/voters/search', { q });
  await member.post('/api/explode', { q });
  await member.send('POST', '/api/voters/search', { q }, { 'user-agent': 'x', origin: 'http://a\u0085b' });
  const entries = await rig.store.reader.audit.entriesAt([at, at + 1, at + 2]);
  for (const { leaf, json } of entries)
    for (const text of [Buffer.from(leaf).toString('utf8'), json!]) expect(text).not.toMatch(/[\r\n]/);
  expect(JSON.parse(entries[0]!.json!)).toMatchObject({ query: { text: q } });
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(line.trimEnd()).not.toMatch(/[\r\n]/);
    expect(JSON.parse(line)).toHaveProperty('level');
    expect(line).not.toContain('all is well');
  }
});
