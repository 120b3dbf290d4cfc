// The session token: only what this server signed for this purpose is read (ASVS 9.1, 9.2; RFC 8725).
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hours, openRig, type Rig } from '#server/test/access-rig.ts';

let rig: Rig;
let token: string;
beforeAll(async () => {
  rig = await openRig();
  const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
  token = client.cookies.get('__Host-kuzot')!;
});
afterAll(() => rig.close());

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = () =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
const signed = (header: object, payload: object, key: Buffer = rig.jwt) => {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};
const own = { alg: 'HS256', typ: 'JWT' };

async function status(cookie: string): Promise<number> {
  const client = rig.client();
  client.cookies.set('__Host-kuzot', cookie);
  return (await client.get('/api/session')).statusCode;
}

describe('a session token', () => {
  test('signed here, it opens; the helpers of this test sign alike', async () => {
    expect(await status(token)).toBe(200);
    expect(await status(signed(own, claims()))).toBe(200);
  });

  test('ASVS 9.1.1 one flipped character anywhere refuses it', async () => {
    for (const at of [3, token.indexOf('.') + 5, Math.floor(token.length / 2), token.lastIndexOf('.') + 8]) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect([at, await status(token.slice(0, at) + other + token.slice(at + 1))]).toEqual([at, 401]);
    }
  });

  test('ASVS 9.1.1 the last character of a signature counts whole, the bits that hold nothing of it too', async () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const at = letters.indexOf(token.at(-1)!);
    for (const bits of [1, 2, 3]) expect(await status(token.slice(0, -1) + letters[at ^ bits])).toBe(401);
  });

  test('ASVS 9.1.2 `none`, another algorithm or another key refuse it', async () => {
    const bare = `${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`;
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsText = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims())}`;
    const rs = `${rsText}.${createSign('sha256').update(rsText).sign(privateKey, 'base64url')}`;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const esText = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims())}`;
    const es = `${esText}.${createSign('sha256').update(esText).sign({ key: ec.privateKey, dsaEncoding: 'ieee-p1363' }, 'base64url')}`;
    const confused = signed(own, claims(), publicKey.export({ type: 'spki', format: 'pem' }) as never);
    const hs512 = `${part({ alg: 'HS512', typ: 'JWT' })}.${part(claims())}`;
    const longer = `${hs512}.${createHmac('sha512', rig.jwt).update(hs512).digest('base64url')}`;
    for (const [name, cookie] of Object.entries({
      bare,
      bareSigned: bare + token.split('.')[2],
      rs,
      es,
      confused,
      longer,
      otherKey: signed(own, claims(), Buffer.alloc(32, 9)),
    }))
      expect([name, await status(cookie)]).toEqual([name, 401]);
  });

  test('ASVS 9.1.3 `jku`, `jwk`, `kid`, `crit` in the header refuse it, though it be signed with our key', async () => {
    for (const more of [
      { jku: 'https://evil.invalid/keys' },
      { jwk: { kty: 'oct', k: 'AAAA' } },
      { kid: '../../dev/null' },
      { x5u: 'https://evil.invalid/c' },
      { crit: ['exp'] },
      { crit: ['b64'], b64: false },
    ])
      expect([more, await status(signed({ ...own, ...more }, claims()))]).toEqual([more, 401]);
  });

  test('ASVS 9.2.1 past its end it is refused, also when it was read before', async () => {
    const end = (claims().exp as number) * 1000;
    const before = rig.time.now;
    expect(rig.access.room.tokens.read(token, end - 1)).not.toBeNull();
    expect(rig.access.room.tokens.read(token, end)).toBeNull();
    rig.time.now = before + hours(9);
    expect(await status(token)).toBe(401);
    rig.time.now = before;
    const { exp: _, ...endless } = claims();
    expect(await status(signed(own, endless))).toBe(401);
    expect(await status(signed(own, { ...claims(), exp: 1 }))).toBe(401);
  });

  test('ASVS 9.2.3 another audience or issuer is refused', async () => {
    for (const change of [
      { aud: 'another' },
      { iss: 'another' },
      { aud: undefined },
      { iss: undefined },
      { aud: ['kuzot-console-x'] },
    ])
      expect([change, await status(signed(own, { ...claims(), ...change }))]).toEqual([change, 401]);
  });

  test('a signed token for a session that does not exist, or with another rotation, is refused', async () => {
    const id = Buffer.alloc(32, 7).toString('base64url');
    expect(await status(signed(own, { ...claims(), sid: id }))).toBe(401);
    expect(await status(signed(own, { ...claims(), rot: id }))).toBe(401);
    expect(await status(signed(own, { ...claims(), sid: 7 }))).toBe(401);
  });

  test('ASVS 8.2.1 roles and stages put into a token change nothing', async () => {
    const client = rig.client();
    client.cookies.set('__Host-kuzot', signed(own, { ...claims(), role: 'central-admin', stage: 'open' }));
    expect((await client.get('/api/session')).json().officer.role).toBe('auditor');
  });
});
