// Who looked at a voter, through HTTP: every kind of access is found, each is proved without naming anybody else, and the
// person's own answer names offices, never staff. The proof is checked here with node:crypto alone, by the recipe.
import { createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccessPage, AccessProof, SubjectAnswer } from '#server/contract/accesses.ts';
import { type ConsoleRig, type Officer, openConsole } from '#server/test/console-rig.ts';
import { cpuMs } from '#server/test/cpu-time.ts';
import { includeVoter } from '#server/voters/rules.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
let protector: Officer;
let approvers: Officer[];

beforeAll(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  protector = await rig.logIn('protection-officer', 'CEC');
  approvers = [await rig.logIn('approver', 'T1'), await rig.logIn('approver', 'CEC')];
});
afterAll(() => rig.close());

const accesses = async (voter: string, query = '') => {
  const reply = await protector.get(`/api/voters/${voter}/accesses${query}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json() as AccessPage;
};
const sha256 = (...parts: (Buffer | string)[]) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((p) => Buffer.from(p))))
    .digest();

/** RFC 6962: the root that a leaf hash, its place and its siblings lead to. */
function rootFrom(leaf: Buffer, index: number, size: number, path: Buffer[]): Buffer {
  let [hash, at, last] = [leaf, index, size - 1];
  for (const sibling of path) {
    if (last === 0) throw new Error('the path is too long');
    if (at % 2 === 1 || at === last) {
      hash = sha256(Buffer.of(1), sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = sha256(Buffer.of(1), hash, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Error('the path is too short');
  return hash;
}

/** The written recipe, step by step; throws where a step fails. */
function check({ voter, leaf, membership, proof, vkey, seq }: AccessProof): void {
  const equal = (a: Buffer, b: string, what: string) => {
    if (a.toString('hex') !== b) throw new Error(what);
  };
  const { salt, commitment, index, count, path } = membership;
  equal(createHmac('sha256', Buffer.from(salt, 'hex')).update(voter).digest(), commitment, 'commitment');
  const mine = sha256(Buffer.of(0), Buffer.from(commitment, 'hex'));
  const subjects = rootFrom(
    mine,
    index,
    count,
    path.map((hash) => Buffer.from(hash, 'hex')),
  );
  equal(subjects, (JSON.parse(leaf) as { subjects: string }).subjects, 'subjects');
  const [head = '', note = ''] = [
    proof.slice(0, proof.indexOf('\n\n')),
    proof.slice(proof.indexOf('\n\n') + 2),
  ];
  const [, indexLine, ...siblings] = head.split('\n');
  if (indexLine !== `index ${seq}`) throw new Error('index');
  const body = note.slice(0, note.indexOf('\n\n') + 1);
  const [, size, root = ''] = body.split('\n');
  const top = rootFrom(
    sha256(Buffer.of(0), leaf),
    seq,
    Number(size),
    siblings.map((s) => Buffer.from(s, 'base64')),
  );
  equal(top, Buffer.from(root, 'base64').toString('hex'), 'root');
  const key = Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const line = note.split('\n').find((l) => l.startsWith(`— ${vkey.split('+')[0]} `))!;
  const signature = Buffer.from(line.split(' ').at(-1)!, 'base64').subarray(4);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (!verify(null, Buffer.from(body), publicKey, signature)) throw new Error('signature');
}

describe('every access to a voter', () => {
  test('is listed with office, name and login as they were then, purpose, case and fields; refusals too', async () => {
    const { id } = await rig.addVoter('1001');
    await member.get(`/api/voters/${id}`);
    await admin.post(`/api/voters/${id}/reveal`, { field: 'pin', purpose: 'list-check' });
    await member.post(`/api/voters/${id}/reveal`, { field: 'pin', purpose: 'list-check' });
    const stranger = await rig.logIn('precinct-member', '2001');
    await stranger.get(`/api/voters/${id}`);
    await rig.write([
      { op: 'update', table: 'officer', key: { id: admin.id }, set: { login: 'renamed-admin' } },
      {
        op: 'insert',
        table: 'officerVersion',
        row: {
          ...{ officer: admin.id, version: 2, validFrom: rig.time.now + 1, login: 'renamed-admin' },
          ...{ surname: 'Жаңы', givenName: 'Ат', patronymic: '', role: 'auditor', commission: 'CEC' },
          state: 'active',
        },
      },
    ]);
    const { items } = await accesses(id);
    expect(items.map(({ act, outcome, role }) => [act, outcome, role])).toEqual([
      ['voter.view', 'denied', 'precinct-member'],
      ['voter.reveal', 'denied', 'precinct-member'],
      ['voter.reveal', 'done', 'territorial-admin'],
      ['voter.view', 'done', 'precinct-member'],
    ]);
    expect(items[2]).toMatchObject({
      officer: { login: admin.login },
      unit: { code: 'T1' },
      purpose: 'list-check',
      fields: ['pin'],
      persons: 1,
    });
    expect(items[0]!.unit!.code).toBe('2001');
    // Asking is itself an access.
    expect((await accesses(id, '?limit=1')).items[0]!.act).toBe('voter.accesses');
    expect((await admin.get(`/api/voters/${id}/accesses`)).statusCode).toBe(403);
    expect((await protector.get('/api/voters/voter-none-00/accesses')).statusCode).toBe(404);
  });

  test('is proved to be in the signed log and about this voter; anything altered is not', async () => {
    const { id } = await rig.addVoter('1001', { surname: 'Далилова' });
    await rig.addVoter('1001', { surname: 'Далилова' });
    const other = await rig.addVoter('1001', { surname: 'Далилова' });
    await member.post('/api/voters/search', { q: 'Далилова' });
    const [seen] = (await accesses(id)).items;
    expect(seen).toMatchObject({ act: 'voter.search', persons: 3 });
    const reply = await protector.get(`/api/voters/${id}/accesses/${seen!.seq}`);
    expect(reply.body).not.toContain(other.id);
    const proof = reply.json() as AccessProof;
    check(proof);
    const altered: [string, Partial<AccessProof>][] = [
      ['commitment', { voter: other.id }],
      [
        'subjects',
        { membership: { ...proof.membership, path: proof.membership.path.map(() => '0'.repeat(64)) } },
      ],
      ['root', { leaf: proof.leaf.replace('"done"', '"dane"') }],
      [
        'signature',
        {
          proof: proof.proof.replace(
            /(\n— \S+ )(.{20})(.)/,
            (_, a, b, c) => `${a}${b}${c === 'A' ? 'B' : 'A'}`,
          ),
        },
      ],
    ];
    for (const [why, change] of altered) expect(() => check({ ...proof, ...change }), why).toThrow(why);
    // An entry about somebody else proves nothing about this voter.
    await member.get(`/api/voters/${other.id}`);
    expect((await protector.get(`/api/voters/${id}/accesses/${rig.size() - 1}`)).statusCode).toBe(404);
    expect((await protector.get(`/api/voters/${id}/accesses/99999999`)).statusCode).toBe(404);
  });

  test('to an export of ten thousand is found for each, small in the log, and proved in a moment', async () => {
    const people = Array.from({ length: 10_000 }, (_, i) => {
      const pin = `2020219${String(i).padStart(7, '0')}`;
      return includeVoter(
        {
          ...{ id: `crowd-${i}-0000`, pin, surname: `Эл${i}`, givenName: 'Көп', patronymic: '' },
          ...{ birthDate: '1982-02-02', sex: 'M', address: `Көчө, ${i}`, precinct: '1002' },
        },
        rig.time.now,
      ).row;
    });
    const columns = Object.keys(people[0]!) as (keyof (typeof people)[0])[];
    await rig.write([
      { op: 'load', table: 'voter', columns, rows: people.map((row) => columns.map((name) => row[name])) },
    ]);
    for (const kind of ['prints', 'exports']) {
      const body = { precinct: '1002', list: 'control', purpose: 'list-check' };
      const asked = await admin.withFactor(`/api/${kind}`, body);
      expect(asked.statusCode, asked.body).toBe(201);
      const { id } = asked.json();
      for (const approver of approvers) await approver.withFactor(`/api/approvals/${id}/actions/approve`);
      // A list of ten thousand may be more than one file holds; its rendering is authorised and entered all the same.
      await admin.withFactor(`/api/downloads/${id}`);
    }
    for (const id of ['crowd-0-0000', 'crowd-6789-0000', 'crowd-9999-0000']) {
      const { items } = await accesses(id);
      expect(items.map(({ act, persons }) => [act, persons])).toEqual([
        ['list.export', 10_000],
        ['list.print', 10_000],
      ]);
      expect(items[0]!.fields).toContain('address');
      const started = cpuMs();
      const proof = (
        await protector.get(`/api/voters/${id}/accesses/${items[0]!.seq}`)
      ).json() as AccessProof;
      expect(cpuMs() - started).toBeLessThan(5_000);
      expect(proof.membership.path.length).toBeLessThanOrEqual(14);
      expect(proof.leaf.length).toBeLessThan(1_200);
      check(proof);
    }
  });
});

describe('the person’s own question', () => {
  test('finds their record by exact PIN, masked, with an entry, and nobody outside the officer’s unit', async () => {
    const here = await rig.addVoter('1001', { pin: '20303198300001', status: 'removed' });
    const there = await rig.addVoter('2001', { pin: '20303198300002' });
    const local = await rig.logIn('protection-officer', 'T1');
    const ask = async (who: Officer, pin: string) => {
      const before = rig.size();
      const reply = await who.post('/api/voters/lookup', { pin, purpose: 'subject-request' });
      expect(reply.statusCode, reply.body).toBe(200);
      expect(rig.size() - before).toBe(1);
      expect(reply.body).not.toContain(pin);
      return (reply.json() as { voter: { id: string } | null }).voter;
    };
    expect(await ask(local, here.pin)).toMatchObject({ id: here.id, status: 'removed', address: '••••••' });
    expect(await ask(local, there.pin)).toBeNull();
    expect(await ask(protector, there.pin)).toMatchObject({ id: there.id });
    expect(await ask(protector, '20303198300003')).toBeNull();
    const wrong = { pin: here.pin, purpose: 'list-check' };
    expect((await protector.post('/api/voters/lookup', wrong)).statusCode).toBe(400);
    const [seen] = (await accesses(here.id)).items;
    expect(seen).toMatchObject({ act: 'voter.lookup', purpose: 'subject-request' });
  });

  test('is answered by office, without a member of staff, under a checkpoint that covers the answer', async () => {
    const { id } = await rig.addVoter('1001', { surname: 'Суроочу' });
    await member.get(`/api/voters/${id}`);
    const before = rig.size();
    const reply = await protector.post(`/api/voters/${id}/answer`, {});
    expect(reply.statusCode, reply.body).toBe(200);
    expect(rig.size() - before).toBe(1);
    for (const who of [member, protector]) expect(reply.body).not.toContain(who.login);
    expect(reply.body).not.toContain('Өмүралиева');
    const answer = reply.json() as SubjectAnswer;
    expect(answer).toMatchObject({
      voter: { surname: 'Суроочу', precinct: '1001' },
      held: { status: 'listed', earlierVersions: 0, applications: 0, blocked: false },
      entry: before,
    });
    expect(answer.held.fields).toEqual(expect.arrayContaining(['pin', 'address']));
    expect(answer.accesses).toMatchObject([
      { act: 'voter.view', unit: { code: '1001' }, role: 'precinct-member' },
    ]);
    expect(Number(answer.checkpoint.split('\n')[1])).toBeGreaterThan(answer.entry);
    // Having been answered is on the record, too.
    expect((await accesses(id)).items[0]).toMatchObject({ act: 'voter.answer', seq: before });
  });
});
