// A person's data destroyed through HTTP on both engines: who may, when it is refused, and that nothing is left which names
// them: not in a row, not in the log's openings, not in what is rebuilt from it, not in the database's files.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MaintainedStore, openReadOnly } from '#db/open.ts';
import { proveMembership } from '#server/audit/proof.ts';
import { readEntry } from '#server/audit/rules.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import type { DestructionDone } from '#server/contract/destructions.ts';
import { leafHash, nodeHash } from '#server/lib/log/merkle.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { markOf } from './erase.ts';
import { registerFile } from './register.ts';

describe.each(engines)('on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let url: string;
  let member: Officer;
  let admin: Officer;
  let protector: Officer;
  let central: Officer;
  let other: Officer;

  beforeAll(async () => {
    ({ rig, url, close } = await openOn(engine));
    member = await rig.logIn('precinct-member', '1001');
    admin = await rig.logIn('territorial-admin', 'T1');
    protector = await rig.logIn('protection-officer', 'CEC');
    central = await rig.logIn('approver', 'CEC');
    other = await rig.logIn('approver', 'T1');
  });
  afterAll(() => close());

  const order = {
    basis: 'unlawful',
    number: '12-ж',
    orderedBy: 'БШКнын чечими',
    orderedOn: '2025-11-03',
    notice: 'кат № 4',
    leavesList: true,
  };
  const ask = (voter: string, over: object = {}) =>
    protector.withFactor(`/api/voters/${voter}/destroy`, { ...order, ...over });

  async function approved(voter: string, over: object = {}): Promise<string> {
    const asked = await ask(voter, over);
    expect(asked.statusCode, asked.body).toBe(201);
    const { id } = asked.json() as { id: string };
    for (const approver of [other, central]) {
      const vote = await approver.withFactor(`/api/approvals/${id}/actions/approve`);
      expect(vote.statusCode, vote.body).toBe(200);
    }
    return id;
  }

  async function destroy(voter: string, over: object = {}): Promise<DestructionDone> {
    const id = await approved(voter, over);
    const done = await protector.withFactor(`/api/destructions/${id}`);
    expect(done.statusCode, done.body).toBe(200);
    return done.json();
  }

  const verify = async () => {
    const { verifier } = signerFromPem(rig.keys.origin, rig.keys.signingKeyPem);
    await rig.store.checkpoint();
    const store = await openReadOnly(url);
    try {
      return await verifyAudit(store.log, {
        origin: rig.keys.origin,
        verifiers: [verifier],
        head: null,
        trail: store.log,
      });
    } finally {
      await store.close();
    }
  };

  /** Everything in every table, as text. */
  async function everything(): Promise<string> {
    const tables =
      engine === 'sqlite'
        ? "select name from sqlite_master where type = 'table'"
        : "select tablename as name from pg_tables where schemaname = 'public'";
    if (engine === 'sqlite') {
      const db = new Database(rig.path, { readonly: true });
      try {
        return (db.prepare(tables).all() as { name: string }[])
          .map(({ name }) => db.prepare(`select * from "${name}"`).raw().all())
          .flat(2)
          .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
          .join('\n');
      } finally {
        db.close();
      }
    }
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      let text = '';
      for (const { name } of (await client.query<{ name: string }>(tables)).rows)
        for (const row of (await client.query(`select * from "${name}"`)).rows as Record<string, unknown>[])
          for (const value of Object.values(row))
            text += `${Buffer.isBuffer(value) ? value.toString('utf8') : String(value)}\n`;
      return text;
    } finally {
      await client.end();
    }
  }

  /** The files that hold tables; PostgreSQL's own log is recycled by it, not by us. */
  async function files(): Promise<string[]> {
    if (engine === 'sqlite') return [rig.path, `${rig.path}-wal`];
    await run('checkpoint');
    const [{ path }] = (await run("select pg_relation_filepath('event') as path")) as [{ path: string }];
    const [{ data_directory: dataDir }] = (await run('show data_directory')) as [{ data_directory: string }];
    const folder = join(dataDir, dirname(path));
    // What PostgreSQL keeps of its own catalogue holds no rows, and comes and goes with any session.
    const names = readdirSync(folder).filter((name) => !name.startsWith('pg_internal.init'));
    return names.map((name) => join(folder, name));
  }

  /** SQL past the store. */
  async function run(text: string, values: string[] = []): Promise<Record<string, unknown>[]> {
    if (engine === 'sqlite') {
      const db = new Database(rig.path);
      db.prepare(text).run(values);
      db.close();
      return [];
    }
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(text.replace('?', '$1'), values);
    await client.end();
    return rows;
  }

  /** A life in the list: searched, seen, revealed, corrected by an application, printed, restored, guessed at. */
  async function lifeOf(pin: string, surname: string) {
    const voter = await rig.addVoter('1001', {
      pin,
      surname,
      givenName: 'Канарейка',
      address: 'Жашырын көчөсү, 7',
    });
    const { id } = voter;
    await member.post('/api/voters/search', { q: surname });
    await member.post('/api/voters/search', { q: `${surname} Канарейка` });
    await member.post('/api/voters/locate', { pin, purpose: 'subject-request' });
    await member.get(`/api/voters/${id}`);
    await admin.post(`/api/voters/${id}/reveal`, { field: 'address', purpose: 'list-check' });
    // Elsewhere it finds nobody, and yet names the person.
    const abroad = await rig.logIn('precinct-member', '2001');
    await abroad.post('/api/voters/search', { q: pin });
    await abroad.post('/api/voters/search', { q: `Канарейка ${surname}` });
    await abroad.get(`/api/voters/${id}`);
    const made = await member.post('/api/applications', {
      kind: 'correction',
      voter: id,
      applicant: { surname, givenName: 'Канарейка', pin },
      change: [{ field: 'address', new: 'Ачык көчөсү, 8' }],
    });
    expect(made.statusCode, made.body).toBe(201);
    let { id: application, version, coupon } = made.json();
    const step = async (officer: Officer, name: string, body: object = {}) => {
      const reply = await officer.post(`/api/applications/${application}/actions/${name}`, {
        expectedVersion: version,
        ...body,
      });
      expect(reply.statusCode, reply.body).toBe(200);
      ({ version, coupon } = reply.json());
    };
    await step(member, 'check-identity', {
      photoMatched: true,
      passport: { series: 'ID', number: '1234567' },
    });
    await step(member, 'receive');
    await step(member, 'enter');
    await step(admin, 'start-review');
    await step(admin, 'decide', { outcome: 'approved', reason: `${surname} Канарейка документ көрсөттү` });
    await step(admin, 'apply');
    await admin.withFactor(`/api/voters/${id}/restore`, {
      version: 1,
      reason: `${surname} Канарейкага кайтаруу`,
    });
    await member.get(`/api/voters/${id}`);
    await protector.get(`/api/voters/${id}/accesses`);
    await rig.store.settled();
    return { voter, application, coupon: coupon as string };
  }

  const salts = (text: string, id: string) =>
    [...text.matchAll(/\{"id":"([^"]+)","salt":"([0-9a-f]{64})"\}/g)]
      .filter((m) => m[1] === id)
      .map((m) => m[2]!);

  describe('when a person’s data are destroyed', () => {
    let done: DestructionDone;
    let traces: string[];
    let neighbour: string;
    let person: Awaited<ReturnType<typeof lifeOf>>;
    let shared: number;

    beforeAll(async () => {
      person = await lifeOf('20202198212345', 'Канарейкина');
      const { voter, application, coupon } = person;
      neighbour = (await rig.addVoter('1001', { surname: 'Канарова' })).id;
      // One entry about both.
      const found = await member.post('/api/voters/search', { q: 'Кана' });
      expect(found.json().items).toHaveLength(2);
      shared = rig.size() - 1;
      const before = await everything();
      const hidden = salts(before, voter.id);
      expect(hidden.length).toBeGreaterThan(10);
      traces = [voter.id, voter.pin, application, coupon, 'Канарейкина', 'канарейкина', 'Жашырын', ...hidden];
      for (const trace of traces) expect(before).toContain(trace);
      done = await destroy(voter.id);
      await rig.store.settled();
    }, 120_000);

    test('nothing in any table names them any more', async () => {
      const after = await everything();
      for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
    });

    test('nor after the projections were built anew from the log', async () => {
      await (rig.store as MaintainedStore).rebuildProjections();
      const after = await everything();
      for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
    });

    test('nor in the bytes of the database’s files', async () => {
      expect(done.residue).toBe('none');
      for (const file of await files()) {
        const bytes = readFileSync(file);
        for (const trace of traces)
          expect(bytes.includes(Buffer.from(trace)), `${trace} in ${file}`).toBe(false);
      }
    });

    test('the log is as whole as before, and says how much is gone under which act', async () => {
      const result = await verify();
      expect(result).toMatchObject({ kind: 'ok', unaccounted: 0 });
      expect(done.counts.openings).toBeGreaterThan(20);
      const [row] = (
        await (await rig.logIn('auditor', 'CEC')).get('/api/audit/entries?act=voter.destroy')
      ).json().items;
      expect(row).toMatchObject({
        seq: done.entry,
        outcome: 'done',
        persons: 1,
        subjects: [],
        case: null,
        officer: { login: protector.login },
        detail: { number: '12-ж', basis: 'unlawful', openings: done.counts.openings },
      });
    });

    test('an opening taken away without an act stands out', async () => {
      const sql = `update event set json = '{}' where seq = ${shared}`;
      const { json } = (await rig.store.reader.audit.entriesAt([shared]))[0]!;
      await run(sql);
      // The neighbour’s opening and the detail; the person’s own and the query had gone before.
      expect(await verify()).toMatchObject({ kind: 'ok', unaccounted: 2 });
      await run(`update event set json = ? where seq = ${shared}`, [json!]);
      expect(await verify()).toMatchObject({ unaccounted: 0 });
    });

    test('who stood beside them on an entry is still proved to; the entry itself still stands in the log', async () => {
      const [row] = await rig.store.reader.audit.entriesAt([shared]);
      const { event, leaf } = readEntry(row!.leaf, row!.json);
      expect(proveMembership(event, person.voter.id)).toBeNull();
      const proof = proveMembership(event, neighbour)!;
      expect(proof.count).toBe(2);
      const mine = leafHash(Buffer.from(proof.commitment, 'hex'));
      const sibling = Buffer.from(proof.path[0]!, 'hex');
      const root = proof.index === 0 ? nodeHash(mine, sibling) : nodeHash(sibling, mine);
      expect(Buffer.from(root).toString('hex')).toBe(leaf.subjects);
    });

    test('nobody finds them, and asking again is asking for nothing', async () => {
      expect((await member.get(`/api/voters/${person.voter.id}`)).statusCode).toBe(404);
      expect((await protector.get(`/api/voters/${person.voter.id}/accesses`)).statusCode).toBe(404);
      expect((await ask(person.voter.id)).statusCode).toBe(404);
      expect((await protector.withFactor(`/api/destructions/${done.id}`)).statusCode).toBe(403);
      const { items } = (await protector.get('/api/destructions')).json();
      expect(items[0]).toMatchObject({ id: done.id, number: '12-ж', entry: done.entry });
      expect((await protector.get(`/api/approvals/${done.id}`)).json()).toMatchObject({
        state: 'executed',
        basis: { number: '12-ж', effect: 'leave-list' },
      });
      // None of that brought the person back.
      await rig.store.settled();
      const after = await everything();
      for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
    });
  });

  test('two persons of one entry are destroyed one after the other, the third still opens', async () => {
    const [a, b, c] = [
      await rig.addVoter('1001', { surname: 'Үчөөлөбаев' }),
      await rig.addVoter('1001', { surname: 'Үчөөлөбаев' }),
      await rig.addVoter('1001', { surname: 'Үчөөлөбаев' }),
    ];
    await member.post('/api/voters/search', { q: 'Үчөөлөбаев' });
    const seq = rig.size() - 1;
    await destroy(a.id);
    await destroy(b.id);
    const { json } = (await rig.store.reader.audit.entriesAt([seq]))[0]!;
    expect(json).not.toContain(a.id);
    expect(json).not.toContain(b.id);
    expect(json).toContain(c.id);
    expect(await verify()).toMatchObject({ kind: 'ok', unaccounted: 0, trailFault: null });
  });

  test('a look under way while the data go is swept up after it', async () => {
    const voter = await rig.addVoter('1001', { surname: 'Жарышова' });
    const id = await approved(voter.id);
    // Located before, durable after: what a request under way looks like to the log.
    const late = await rig.rooms.gate.read(
      {
        request: 'late',
        now: rig.time.now,
        actor: null,
        session: null,
        address: '10.0.0.9',
        workstation: '',
        passive: true,
        seenAt: 0,
        ledger: { entries: 0, lastSeq: -1 },
      },
      'status.view',
      {
        locate: async () => ({ record: null, unit: null }),
        async release() {
          const done = await protector.withFactor(`/api/destructions/${id}`);
          expect(done.statusCode, done.body).toBe(200);
          return { kind: 'release', value: null, about: { subjects: [voter.id] } };
        },
      },
    );
    expect(late.kind).toBe('done');
    const [act] = (await protector.get('/api/destructions')).json().items;
    await rig.store.settled();
    expect(await everything()).toContain(voter.id);
    await rig.rooms.destructions.sweepNow();
    expect(await everything()).not.toContain(voter.id);
    expect(act).toMatchObject({ id });
    expect(await verify()).toMatchObject({ kind: 'ok', unaccounted: 0, trailFault: null });
  });

  test('a copy restored from before an act loses the same data again, once; a lost register is written anew', async () => {
    const voter = await rig.addVoter('1001', { surname: 'Кайтарылганов' });
    await member.get(`/api/voters/${voter.id}`);
    const act = {
      ...{
        id: 'approval-again',
        number: '9-ж',
        orderedBy: 'БШК',
        orderedOn: '2025-11-01',
        basis: 'retention',
      },
      ...{
        notice: null,
        commission: '1001',
        requestedBy: 'o1',
        executedBy: 'o1',
        at: 1,
        entry: 1,
        counts: '{}',
      },
      ...markOf(voter.id),
    };
    const register = registerFile(rig.keys.destroyedFile);
    const before = register.read().length;
    register.append(act);
    const { destroyAgain } = rig.rooms.destructions;
    expect(await destroyAgain()).toBe(1);
    const after = await everything();
    for (const trace of [voter.id, voter.pin, 'Кайтарылганов'])
      expect(after.includes(trace), trace).toBe(false);
    expect(await verify()).toMatchObject({ kind: 'ok', unaccounted: 0, trailFault: null });
    const size = rig.size();
    expect(await destroyAgain()).toBe(0);
    expect(rig.size()).toBe(size);
    rmSync(rig.keys.destroyedFile);
    expect(await destroyAgain()).toBe(0);
    expect(register.read().map(({ id }) => id)).toContain(act.id);
    expect(register.read()).toHaveLength(before + 1);
  });

  describe('is refused', () => {
    test('to everybody but the protection officer, and without two others', async () => {
      const voter = await rig.addVoter('1001', { status: 'removed' });
      for (const role of ['territorial-admin', 'auditor', 'central-admin', 'security-officer'] as const) {
        const officer = await rig.logIn(role, 'CEC');
        expect((await officer.withFactor(`/api/voters/${voter.id}/destroy`, order)).statusCode, role).toBe(
          403,
        );
      }
      const { id } = (await ask(voter.id, { basis: 'retention' })).json();
      expect((await protector.withFactor(`/api/destructions/${id}`)).statusCode).toBe(403);
      expect((await protector.withFactor(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(403);
      await central.withFactor(`/api/approvals/${id}/actions/approve`);
      expect((await protector.withFactor(`/api/destructions/${id}`)).statusCode).toBe(403);
      expect((await member.get(`/api/voters/${voter.id}`)).statusCode).toBe(200);
    });

    test('for its time being over while the person is on the list or an application is open', async () => {
      const listed = await rig.addVoter('1001');
      expect((await ask(listed.id, { basis: 'retention' })).json()).toMatchObject({
        status: 409,
        field: 'basis',
      });
      const removed = await rig.addVoter('1001', { status: 'removed' });
      await rig.write([
        {
          op: 'insert',
          table: 'block',
          row: { voter: removed.id, application: 'application-x', since: 1, until: null },
        },
      ]);
      expect((await ask(removed.id, { basis: 'retention' })).json().type).toContain('blocked');
      // Unlawful collection lifts the block and destroys (R14).
      const done = await destroy(removed.id);
      expect(done.counts).toMatchObject({ records: 1 });
      expect(await rig.store.reader.voters.openBlocks(removed.id)).toEqual([]);
    });

    test('in silence about the list, without a notice, with a name in the act, for a day to come', async () => {
      const { id } = await rig.addVoter('1001', { surname: 'Айтматова', givenName: 'Бермет' });
      const faults: [object, string][] = [
        [{ leavesList: false }, 'leavesList'],
        [{ notice: '' }, 'notice'],
        [{ number: '12, Айтматова Бермет' }, 'number'],
        [{ orderedOn: '2025-11-05' }, 'orderedOn'],
        [{ orderedOn: '2025-02-30' }, 'orderedOn'],
      ];
      for (const [over, field] of faults) {
        const reply = await ask(id, over);
        expect([400, 422], reply.body).toContain(reply.statusCode);
        expect(reply.body).toContain(field);
      }
    });

    test('when the record has changed since it was approved', async () => {
      const voter = await rig.addVoter('1001');
      const id = await approved(voter.id);
      await rig.write([{ op: 'update', table: 'voter', key: { id: voter.id }, set: { version: 2 } }]);
      const reply = await protector.withFactor(`/api/destructions/${id}`);
      expect(reply.statusCode, reply.body).toBe(409);
    });

    test('of anybody on a frozen list, whatever the basis and whatever was approved', async () => {
      const voter = await rig.addVoter('1001');
      const id = await approved(voter.id);
      const centre = await rig.logIn('central-admin', 'CEC');
      const set = await centre.post('/api/calendar', {
        election: { nameKy: 'Шайлоо', nameRu: 'Выборы', nameEn: 'Election', votingDay: '2025-11-14' },
        dates: [{ event: 'freeze', onDay: '2025-11-04', act: '1' }],
      });
      expect(set.statusCode, set.body).toBe(200);
      expect((await protector.withFactor(`/api/destructions/${id}`)).json().type).toContain('frozen');
      expect((await ask(voter.id)).json().type).toContain('frozen');
      expect((await member.get(`/api/voters/${voter.id}`)).statusCode).toBe(200);
    });
  });
});
