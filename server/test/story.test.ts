// The main job through HTTP on both engines: find, take in, decide, apply, approve, print, restore.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines, openOn } from './both-engines.ts';
import type { ConsoleRig, Officer } from './console-rig.ts';

describe.each(engines)('on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let member: Officer;
  let admin: Officer;
  let secondAdmin: Officer;

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    member = await rig.logIn('precinct-member', '1001');
    admin = await rig.logIn('territorial-admin', 'T1');
    secondAdmin = await rig.logIn('territorial-admin', 'T1');
  });
  afterAll(() => close());

  const applicant = { surname: 'Төлөгөнова', givenName: 'Жаңыл' };

  /** Takes an application to the territory; returns its id and version. */
  async function takeIn(voter: string, change: { field: string; new: string }[], kind = 'correction') {
    const made = await member.post('/api/applications', { kind, voter, applicant, change });
    expect(made.statusCode, made.body).toBe(201);
    let { id, version } = made.json() as { id: string; version: number };
    for (const [name, body] of [
      ['check-identity', { photoMatched: true, passport: { series: 'ID', number: '1234567' } }],
      ['receive', {}],
      ['enter', {}],
    ] as const) {
      const step = await member.post(`/api/applications/${id}/actions/${name}`, {
        expectedVersion: version,
        ...body,
      });
      expect(step.statusCode, step.body).toBe(200);
      ({ id, version } = step.json() as { id: string; version: number });
    }
    return { id, version };
  }

  async function step(officer: Officer, id: string, name: string, version: number, body: object = {}) {
    return officer.post(`/api/applications/${id}/actions/${name}`, { expectedVersion: version, ...body });
  }

  describe('a correction from receipt to reply', () => {
    test('the voter is blocked from receipt, changed by the decision alone, and the earlier version stays', async () => {
      const voter = await rig.addVoter('1001', { surname: 'Көчкөнбаева' });
      const { id, version } = await takeIn(voter.id, [{ field: 'address', new: 'Чүй проспектиси, 1' }]);
      const card = await member.get(`/api/voters/${voter.id}`);
      expect(card.json()).toMatchObject({ blocked: { case: id } });

      let reply = await step(admin, id, 'start-review', version);
      reply = await step(admin, id, 'decide', reply.json().version, {
        outcome: 'approved',
        reason: 'документ көрсөтүлдү',
      });
      expect(reply.json()).toMatchObject({ state: 'approved' });
      reply = await step(admin, id, 'apply', reply.json().version);
      expect(reply.statusCode, reply.body).toBe(200);
      expect(reply.json()).toMatchObject({ state: 'applied' });
      expect((await admin.get(`/api/voters/${voter.id}`)).json()).toMatchObject({
        blocked: null,
        version: 2,
      });
      const versions = (await admin.get(`/api/voters/${voter.id}/versions`)).json();
      expect(versions.items).toHaveLength(1);
      expect(versions.items[0]).toMatchObject({ version: 1, application: id, by: { login: admin.login } });
      const revealed = await admin.post(`/api/voters/${voter.id}/reveal`, {
        field: 'address',
        purpose: 'application',
        case: id,
      });
      expect(revealed.json()).toMatchObject({ value: 'Чүй проспектиси, 1' });
      reply = await step(admin, id, 'reply', reply.json().version, { method: 'paper' });
      expect(reply.json()).toMatchObject({ state: 'replied' });
    });

    test('a stale version is a conflict and changes nothing', async () => {
      const voter = await rig.addVoter('1001');
      const { id, version } = await takeIn(voter.id, [{ field: 'address', new: 'x' }]);
      expect((await step(admin, id, 'start-review', version - 1)).statusCode).toBe(409);
      expect((await admin.get(`/api/applications/${id}`)).json()).toMatchObject({
        state: 'at-territorial',
        version,
      });
    });

    test('a change of PIN waits for a second person, who is neither the decider nor the intake', async () => {
      const voter = await rig.addVoter('1001');
      const { id, version } = await takeIn(voter.id, [{ field: 'pin', new: '10101199099999' }]);
      let reply = await step(admin, id, 'start-review', version);
      reply = await step(admin, id, 'decide', reply.json().version, {
        outcome: 'approved',
        reason: 'ПИН такталды',
      });
      const decided = reply.json().version;
      expect((await step(admin, id, 'apply', decided)).statusCode).toBe(409);
      const about = (await admin.get(`/api/applications?voter=${voter.id}`)).json();
      expect(about.items.map((item: { id: string }) => item.id)).toEqual([id]);
      const { items } = (await secondAdmin.get('/api/approvals')).json();
      const waiting = items.find(
        (i: { kind: string; state: string }) => i.kind === 'application' && i.state === 'pending',
      );
      expect(waiting.basis.case).toBe(id);
      expect((await admin.withFactor(`/api/approvals/${waiting.id}/actions/approve`)).statusCode).toBe(403);
      const approved = await secondAdmin.withFactor(`/api/approvals/${waiting.id}/actions/approve`);
      expect(approved.json(), approved.body).toMatchObject({ state: 'approved' });
      expect((await step(admin, id, 'apply', decided)).statusCode).toBe(200);
    });

    test('a document attached on the way is kept sealed and opens byte for byte', async () => {
      const voter = await rig.addVoter('1001');
      const { id, version } = await takeIn(voter.id, [{ field: 'address', new: 'x' }]);
      const bytes = Buffer.from([...Buffer.from('%PDF-1.7'), 0, 255, 10, 13, 0]);
      const added = await member.post(`/api/applications/${id}/attachments`, {
        expectedVersion: version,
        mediaType: 'application/pdf',
        content: bytes.toString('base64'),
      });
      expect(added.statusCode, added.body).toBe(201);
      const { id: document, by } = added.json();
      const card = (await admin.get(`/api/applications/${id}`)).json();
      expect(card).toMatchObject({ version: version + 1, attachments: [{ id: document, size: 13, by }] });
      const opened = await admin.get(`/api/applications/${id}/attachments/${document}`);
      expect(opened.rawPayload.equals(bytes)).toBe(true);
      const kept = await rig.store.reader.applications.attachment(id, document);
      expect(Buffer.from(kept!.content).includes('%PDF')).toBe(false);
    });

    test('nobody decides what they took in', async () => {
      const voter = await rig.addVoter('1001');
      const made = await admin.post('/api/applications', {
        kind: 'correction',
        voter: voter.id,
        applicant,
        change: [{ field: 'address', new: 'y' }],
      });
      let { id, version } = made.json();
      for (const [name, body] of [
        ['check-identity', { photoMatched: true, passport: { series: 'ID', number: '1' } }],
        ['receive', {}],
        ['enter', {}],
        ['start-review', {}],
      ] as const)
        ({ id, version } = (await step(admin, id, name, version, body)).json());
      expect(
        (await step(admin, id, 'decide', version, { outcome: 'approved', reason: 'өзүм' })).statusCode,
      ).toBe(403);
    });
  });

  describe('search', () => {
    test('a misspelt surname finds the voter, and only inside the officer’s unit', async () => {
      const voter = await rig.addVoter('1001', { surname: 'Түмөнбаева', givenName: 'Айгүл' });
      await rig.addVoter('2001', { surname: 'Түмөнбаева', givenName: 'Айгүл' });
      const found = (await member.post('/api/voters/search', { q: 'Тумонбаева Айгул' })).json();
      expect(found.items.map((v: { id: string }) => v.id)).toEqual([voter.id]);
      const misspelt = (await member.post('/api/voters/search', { q: 'Тумонбева Айгул' })).json();
      expect(misspelt).toMatchObject({ approximate: true });
      expect(misspelt.items.map((v: { id: string }) => v.id)).toEqual([voter.id]);
    });

    test('a foreign voter’s card, history and reveal are 404 like one that does not exist', async () => {
      const foreign = await rig.addVoter('2001');
      const unknown = await member.get('/api/voters/no-such-voter');
      for (const reply of [
        await member.get(`/api/voters/${foreign.id}`),
        await member.post(`/api/voters/${foreign.id}/reveal`, { field: 'pin', purpose: 'list-check' }),
        await admin.get(`/api/voters/${foreign.id}/versions`),
      ]) {
        expect(reply.statusCode).toBe(404);
        expect(reply.json()).toEqual(unknown.json());
      }
      const where = await member.post('/api/voters/locate', { pin: foreign.pin, purpose: 'application' });
      expect(where.json()).toEqual({ where: 'elsewhere', precinct: '2001' });
    });
  });

  describe('what leaves', () => {
    test('a print needs two approvers, one of them central, and is fetched once', async () => {
      const central = await rig.logIn('approver', 'CEC');
      const territorial = await rig.logIn('approver', 'T1');
      await rig.addVoter('1002');
      const asked = await admin.withFactor('/api/prints', {
        precinct: '1002',
        list: 'control',
        purpose: 'list-check',
      });
      expect(asked.statusCode, asked.body).toBe(201);
      const { id } = asked.json();
      expect((await admin.withFactor(`/api/downloads/${id}`)).statusCode).toBe(403);
      expect((await territorial.withFactor(`/api/approvals/${id}/actions/approve`)).json()).toMatchObject({
        state: 'pending',
      });
      expect((await admin.withFactor(`/api/downloads/${id}`)).statusCode).toBe(403);
      expect((await central.withFactor(`/api/approvals/${id}/actions/approve`)).json()).toMatchObject({
        state: 'approved',
      });
      expect((await member.withFactor(`/api/downloads/${id}`)).statusCode).toBe(404);
      const before = rig.size();
      const file = await admin.withFactor(`/api/downloads/${id}`);
      expect(file.statusCode, file.body.slice(0, 300)).toBe(200);
      expect(file.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
      expect(file.headers['cache-control']).toBe('no-store');
      // The refused first try, the test's own step-up, the rendering, the download.
      expect(rig.size() - before).toBe(4);
      expect((await admin.withFactor(`/api/downloads/${id}`)).statusCode).not.toBe(200);
    });

    test('a blocked voter is left out of an export and stays on the print', async () => {
      const blocked = await rig.addVoter('1002', { surname: 'Бөгөттөлгөнова' });
      const free = await rig.addVoter('1002', { surname: 'Эркинбаева' });
      await rig.write([
        {
          op: 'insert',
          table: 'block',
          row: { voter: blocked.id, application: 'some-other-case', since: rig.time.now, until: null },
        },
      ]);
      const approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'CEC')];
      const { id, persons } = (
        await admin.withFactor('/api/exports', { precinct: '1002', list: 'final', purpose: 'list-check' })
      ).json();
      for (const approver of approvers) await approver.withFactor(`/api/approvals/${id}/actions/approve`);
      const csv = (await admin.withFactor(`/api/downloads/${id}`)).body;
      expect(csv).toContain(free.surname);
      expect(csv).not.toContain(blocked.surname);
      expect(csv.trim().split('\n')).toHaveLength(persons + 1);
      // Every row says under which entry it left, and which checkpoint covers it.
      const [, entry, origin, size] = /"(\d+)","([^" ]+) (\d+) [^" ]{44}"\r?$/m.exec(csv) ?? [];
      expect(origin).toBe(rig.keys.origin);
      expect(Number(size)).toBeGreaterThan(Number(entry));
      const [rendered] = await rig.store.reader.audit.entriesAt([Number(entry)]);
      expect(JSON.parse(Buffer.from(rendered!.leaf).toString())).toMatchObject({ act: 'list.export' });
    });
  });

  describe('restoration', () => {
    test('two approvers put an earlier version back, and it is a new version', async () => {
      const voter = await rig.addVoter('1001', { surname: 'Мурунку' });
      const { id, version } = await takeIn(voter.id, [{ field: 'surname', new: 'Кийинки' }]);
      let reply = await step(admin, id, 'start-review', version);
      reply = await step(admin, id, 'decide', reply.json().version, { outcome: 'approved', reason: 'ката' });
      await step(admin, id, 'apply', reply.json().version);
      const asked = await admin.withFactor(`/api/voters/${voter.id}/restore`, {
        version: 1,
        reason: 'туура эмес оңдолгон',
      });
      expect(asked.statusCode, asked.body).toBe(201);
      const approval = asked.json().approval;
      for (const approver of [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')])
        reply = await approver.withFactor(`/api/approvals/${approval}/actions/approve`);
      expect(reply.json(), reply.body).toMatchObject({ state: 'executed' });
      expect((await admin.get(`/api/voters/${voter.id}`)).json()).toMatchObject({
        surname: 'Мурунку',
        version: 3,
      });
    });
  });
});
