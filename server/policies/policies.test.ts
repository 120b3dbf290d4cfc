// Access policies on both engines: who sees a unit's voters is what the policies decide, and other policies come into force
// only when a second person approved exactly them; then at once, and again after a restart, whatever lies in the folder.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PolicyChecked, PolicyFile, ProposalCard, WhoSees } from '#server/contract/policies.ts';
import { SetRefused } from '#server/gate/file-sets.ts';
import { draftEntry } from '#server/gate/leaf.ts';
import { flags } from '#server/policy/relation.ts';
import { policyHash, readPolicyFiles } from '#server/policy/source.ts';
import { done } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { agreesWithLog, baseline, choosePolicies } from './in-force.ts';

const shipped = readPolicyFiles('policies/access');
const edited = (name: string, from: string | RegExp, to: string): PolicyFile[] =>
  shipped.map((file) => (file.name === name ? { name, text: file.text.replace(from, to) } : file));
/** Auditors get the reading of unit names only; nobody else's rights move. */
const auditorsLessTrail = (n = 1) =>
  edited(
    'duties.cedar',
    '    Action::"destruction.list",\n    Action::"officer.list",',
    `    // ${n}\n    Action::"officer.list",`,
  );
const reason = 'аудиторлор жок кылуу актыларын көрбөшү керек';

describe.each(engines)('access policies on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let security: Officer;
  let second: Officer;
  let central: Officer;
  let auditor: Officer;
  let approver: Officer;

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    security = await rig.logIn('security-officer', 'CEC');
    second = await rig.logIn('security-officer', 'CEC');
    central = await rig.logIn('central-admin', 'CEC');
    auditor = await rig.logIn('auditor', 'CEC');
    approver = await rig.logIn('approver', 'CEC');
    await rig.rooms.detection.start();
  });
  afterAll(async () => {
    await rig.rooms.detection.close();
    await close();
  });

  const check = async (files: PolicyFile[]) =>
    done<PolicyChecked>(await security.post('/api/policies/check', { files }));
  const propose = async (files: PolicyFile[], by = security) =>
    done<{ id: string }>(await by.withFactor('/api/policies/proposals', { files, reason })).id;
  const inForce = async () =>
    done<{ hash: string; approval: string | null }>(await auditor.get('/api/policies'));

  // Nothing of it asks the database for more than who is central.
  if (engine === 'sqlite') {
    test('a set is checked to the line, and what it would change is said by role, act and policy', async () => {
      const faulty = await check(
        edited('duties.cedar', 'action == Action::"list.export"', 'action == Action::"list.exprt"'),
      );
      expect(faulty.hash).toBeNull();
      expect(faulty.faults[0]).toMatchObject({
        file: 'duties.cedar',
        fault: expect.stringContaining('list.exprt'),
      });
      const lines = shipped.find(({ name }) => name === 'duties.cedar')!.text.split('\n');
      expect(lines[faulty.faults[0]!.line! - 1]).toContain('action == Action::"list.export"');

      const { difference } = await check(auditorsLessTrail());
      expect(difference).toMatchObject({
        added: [],
        removed: [],
        changed: [{ after: { id: 'auditor-reads-all' } }],
      });
      expect(difference!.shifts).toEqual([
        {
          becomes: 'denied',
          by: 'default-deny',
          before: 'auditor-reads-all',
          roles: ['auditor'],
          acts: ['destruction.list'],
          where: 'own',
          facts: [],
        },
      ]);
    });

    test('a set that would lock everybody out is told so, and cannot be proposed', async () => {
      const nobody = edited('duties.cedar', /@id\("policy-approvers"\)[^;]*;/, '');
      expect((await check(nobody)).faults[0]!.fault).toContain('no two officers');
      const refused = await security.withFactor('/api/policies/proposals', { files: nobody, reason });
      expect(refused.json()).toMatchObject({ status: 422, field: 'files' });
      const deaf = edited('duties.cedar', '    Action::"alert.raise",\n', '');
      expect((await check(deaf)).faults[0]!.fault).toContain('alert.raise');
      const shut = edited('duties.cedar', /@id\("session-own"\)[^;]*;/, '');
      expect((await check(shut)).faults[0]!.fault).toContain('session.login');
      for (const [act, when] of [
        ['alert.raise', 'context.factor == "stale"'],
        ['session.step-up', 'context.factor != "bound"'],
        ['session.login', 'context.flags.contains("own-account")'],
        ['session.unlock', 'context.locked'],
      ]) {
        const rule = `@id("x") @why("y") forbid (principal, action == Action::"${act}", resource) when { ${when} };`;
        const set = [...shipped, { name: 'own.cedar', text: rule }];
        expect((await check(set)).faults[0]?.fault, act).toContain(act);
      }
    });

    test('what would take hours to compare is refused; who asks for many comparisons at once waits', async () => {
      const every = `@id("x") @why("y") forbid (principal, action, resource)
        when { context.flags.containsAll(${JSON.stringify(flags)}) };`;
      const files = [...shipped, { name: 'own.cedar', text: every }];
      expect(await check(files)).toMatchObject({
        difference: null,
        faults: [{ fault: expect.stringContaining('too much to compare') }],
      });
      const refused = await security.withFactor('/api/policies/proposals', { files, reason });
      expect(refused.json()).toMatchObject({ status: 422, field: 'files' });

      const many = await Promise.all(
        [11, 12, 13, 14, 15].map((n) =>
          security.post('/api/policies/check', { files: auditorsLessTrail(n) }),
        ),
      );
      expect(many.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 200, 200, 503, 503]);
    });
  }

  test('proposed by one it changes nothing; refused by a second it changes nothing', async () => {
    const before = await inForce();
    const id = await propose(auditorsLessTrail(2));
    for (const [by, status] of [
      [security, 403],
      [approver, 403],
      [auditor, 403],
    ] as const)
      expect((await by.vote(id)).statusCode).toBe(status);
    done(await second.vote(id, 'deny', { reason: 'керек эмес' }));
    expect((await central.vote(id)).statusCode).toBe(409);
    expect(await inForce()).toEqual(before);
    expect((await auditor.get('/api/destructions')).statusCode).toBe(200);
  });

  test('approved by a second it is in force at once, with old and new hash in the log', async () => {
    const before = await inForce();
    const files = auditorsLessTrail();
    const id = await propose(files);
    const card = done<ProposalCard>(await auditor.get(`/api/policies/proposals/${id}`));
    expect(card).toMatchObject({ from: before.hash, reason, files });
    expect(card.difference.shifts[0]).toMatchObject({ becomes: 'denied', acts: ['destruction.list'] });
    expect((await auditor.get('/api/destructions')).statusCode).toBe(200);
    // The factor is for exactly this set: one for another hash opens nothing.
    await central.stepUp('approval.approve', before.hash);
    expect((await central.post(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(403);
    expect(done<{ state: string }>(await central.vote(id)).state).toBe('executed');

    const refused = await auditor.get('/api/destructions');
    expect(refused.json()).toMatchObject({ status: 403, policy: 'default-deny' });
    expect(await inForce()).toMatchObject({ hash: card.to, approval: id });
    const told = { policy: card.to, policyBefore: before.hash, approval: id };
    expect(await rig.newest('approval.approve')).toMatchObject(told);
    expect(await rig.newest('rule.change')).toMatchObject(told);
  });

  test('two proposals from the same policies: the second approval meets the first', async () => {
    const [a, b] = [await propose(auditorsLessTrail(3)), await propose(auditorsLessTrail(4))];
    const { hash } = await inForce();
    const replies = await Promise.all([second.vote(a), central.vote(b)]);
    expect(replies.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
    const now = await inForce();
    expect(now.hash).not.toBe(hash);
    expect([a, b]).toContain(now.approval);
  });

  test('a server started again decides by what was approved, and says that its files are others', async () => {
    const chosen = await choosePolicies(rig.store.reader, 'policies');
    const { hash } = await inForce();
    expect(chosen.source.hash).toBe(hash);
    expect(chosen.differs?.hash).toMatch(/^[0-9a-f]{64}$/);
    await rig.store.settled();
    await agreesWithLog(rig.store.reader, chosen);
    // Files nobody can read leave the approved ones in force, too.
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-policies-'));
    cpSync('policies/access', join(dir, 'access'), { recursive: true });
    const duties = join(dir, 'access', 'duties.cedar');
    writeFileSync(duties, readFileSync(duties, 'utf8').replace(/^permit/m, 'allow'));
    const spoilt = await choosePolicies(rig.store.reader, dir);
    expect(spoilt).toMatchObject({
      source: { hash },
      differs: { fault: expect.stringContaining('duties.cedar') },
    });
    rmSync(dir, { recursive: true });
  });

  test('rows that say something else than the log refuse to start', async () => {
    const { reader } = rig.store;
    const { inForce: row, files } = (await reader.policies.inForce('access'))!;
    const set = (over: object) =>
      rig.write([{ op: 'update', table: 'policyInForce', key: { name: 'access' }, set: over }]);
    const judge = async () => {
      await rig.store.settled();
      return agreesWithLog(reader, await choosePolicies(reader, 'policies'));
    };
    // Back to an earlier set, without anybody's approval.
    const earlier = (JSON.parse((await reader.policies.files(row.hash))!) as PolicyFile[]).length;
    expect(earlier).toBe(shipped.length);
    const first = await rig.newest('rule.change');
    await set({ hash: String(first.policyBefore) });
    await expect(judge()).rejects.toThrow(SetRefused);
    await set({ hash: row.hash });
    await judge();
    // Nor with what the newest entries say written over, erased, or hidden from where the log is searched.
    await set({ hash: String(first.policyBefore) });
    const [{ seq, json }] = (await reader.audit.newestOf(['rule.change'], 1)) as [
      { seq: number; json: string },
    ];
    const event = (json: string) =>
      rig.write([{ op: 'update', table: 'event', key: { seq }, set: { json } }]);
    for (const written of [json.replaceAll(row.hash, String(first.policyBefore)), '{}']) {
      await event(written);
      await expect(judge(), written).rejects.toThrow(SetRefused);
    }
    await event(json);
    await rig.store.settled();
    const called = (act: string) => rig.write([{ op: 'update', table: 'trail', key: { seq }, set: { act } }]);
    await called('voter.view');
    await expect(judge()).rejects.toThrow(/altered/);
    await called('rule.change');
    await set({ hash: row.hash });
    await judge();
    // The text under the approved hash exchanged.
    await rig.write([
      { op: 'update', table: 'policySet', key: { hash: row.hash }, set: { files: JSON.stringify(shipped) } },
    ]);
    await expect(judge()).rejects.toThrow(/altered/);
    await rig.write([{ op: 'update', table: 'policySet', key: { hash: row.hash }, set: { files } }]);
    // The row gone.
    await rig.write([{ op: 'delete', table: 'policyInForce', key: { name: 'access' } }]);
    await expect(judge()).rejects.toThrow(/deleted/);
    await rig.write([{ op: 'insert', table: 'policyInForce', row }]);
    await judge();
  });

  test('a database made for trying things out takes a newer release’s files in place of a set that lacks an act, once', async () => {
    const act = 'system.backup-untested';
    const files = shipped.map(({ name, text }) => ({
      name,
      text: text.replace(`, "${act}"`, '').replace(`,\n    Action::"${act}"`, ''),
    }));
    const hash = policyHash(files);
    const started = (policy: string) => {
      const by = { actor: 'system:start', role: 'system', commission: null, session: null } as const;
      const { leaf, event: json } = draftEntry(
        {
          ...{ t: 0, act: 'system.start', outcome: 'done', ...by, request: 'r', policy: 'p', node: 'n' },
          ...{ address: 'local', workstation: '' },
        },
        { detail: { policy, recorded: true } },
      );
      return { seq: 7, leaf, json };
    };
    let newest = started(hash);
    const inForce = { hash, since: 0, approval: null, entry: 7 };
    // What the room reads: the row with its set, and the newest start of the log.
    const reader = {
      policies: { inForce: async () => ({ inForce, files: JSON.stringify(files) }) },
      audit: { newestBefore: async () => newest },
    } as never;
    await expect(choosePolicies(reader, 'policies')).rejects.toThrow(new RegExp(`${act} is missing`));
    const chosen = await choosePolicies(reader, 'policies', { renewable: true });
    await agreesWithLog(reader, chosen);
    expect(baseline(chosen, 9)).toMatchObject([
      { op: 'ensure', table: 'policySet', row: { hash: policyHash(shipped) } },
      { op: 'update', table: 'policyInForce', expect: { hash }, set: { hash: policyHash(shipped) } },
    ]);
    newest = started(policyHash(shipped));
    await expect(agreesWithLog(reader, chosen)).rejects.toThrow(/altered/);
  });

  test('who sees a precinct’s voters is asked of the policies: by role, policy and what must hold besides', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    const admin = await rig.logIn('territorial-admin', 'T1');
    const supervisor = await rig.logIn('supervisor', 'T1');
    const lapsed = await rig.logIn('precinct-member', '1001', { clearanceUntil: '2024-01-01' });
    const away = await rig.logIn('precinct-member', '1001', {
      absentFrom: '2025-11-01',
      absentUntil: '2025-11-30',
    });
    await rig.logIn('precinct-member', '2001');
    const size = rig.size();
    const { items } = done<WhoSees>(await auditor.get('/api/policies/readers/1001'));
    expect(rig.size() - size).toBe(1);
    const of = (officer: Officer) => items.find(({ login }) => login === officer.login);
    expect(of(member)!.sees).toContainEqual({ act: 'voter.view', policy: 'precinct-finds', facts: [] });
    expect(of(member)!.sees).toContainEqual({
      act: 'voter.reveal',
      policy: 'precinct-reveals-for-case',
      facts: ['case-open'],
    });
    expect(of(admin)!.sees).toContainEqual({ act: 'voter.reveal', policy: 'territory-finds', facts: [] });
    expect(of(supervisor)!.sees).toEqual([
      { act: 'voter.view', policy: 'supervisor-alert-voter', facts: ['alert-subject'] },
    ]);
    expect(of(lapsed)).toMatchObject({ sees: [], hindered: 'guard-clearance' });
    expect(of(away)).toMatchObject({ sees: [], hindered: 'on-leave' });
    expect(of(approver)).toBeUndefined();
    expect(items.map(({ commission }) => commission)).not.toContain('2001');
    // What the list says is what happens.
    const voter = await rig.addVoter('1001');
    expect((await admin.get(`/api/voters/${voter.id}`)).statusCode).toBe(200);
    expect((await lapsed.get(`/api/voters/${voter.id}`)).statusCode).toBe(403);
    expect((await auditor.get(`/api/voters/${voter.id}`)).statusCode).toBe(403);
    // Whoever sits lower sees neither officers above nor units elsewhere.
    const low = await rig.logIn('auditor', 'T1');
    const below = done<WhoSees>(await low.get('/api/policies/readers/1001')).items;
    expect(below.map(({ commission }) => commission)).not.toContain('CEC');
    expect((await low.get('/api/policies/readers/2001')).statusCode).toBe(404);
  });
});
