// Detection rules on both engines: others come into force only when a second person approved exactly them; then at once, in the
// detection that runs, and again after a restart, whatever lies in the folder. Until then the folder counts at each start.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuleCheck, RuleProposalCard, RulesChecked, RulesInForce } from '#server/contract/rules.ts';
import { done } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { loadCatalogue } from '../catalogue.ts';
import { agreesWithLog, baseline, chooseRules } from './in-force.ts';

const shipped = loadCatalogue('policies/detection');
const looked = (id: string, title: string) => `title: ${title}
id: ${id}
logsource: {product: kuzot}
level: high
detection: {selection: {event.action: rule.view}, condition: selection}
`;
const own = { id: '9d2b7a52-4a3c-4d6f-8f5e-2f1f6a9f0c11', name: 'own/looked.yml' };
const added = { name: own.name, text: looked(own.id, 'Somebody looked at the rules') };
const reason = 'эрежелерди ким караганын билишибиз керек';
const alone = '305c139b-58ff-4dd0-b2eb-89e8cf7edbef';

describe.each(engines)('detection rules on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let security: Officer;
  let second: Officer;
  let auditor: Officer;
  let approver: Officer;

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    security = await rig.logIn('security-officer', 'CEC');
    second = await rig.logIn('security-officer', 'CEC');
    auditor = await rig.logIn('auditor', 'CEC');
    approver = await rig.logIn('approver', 'CEC');
    await rig.rooms.detection.start();
  });
  afterAll(async () => {
    await rig.rooms.rules.close();
    await rig.rooms.detection.close();
    await close();
  });

  const inForce = async () => done<RulesInForce>(await auditor.get('/api/rules'));
  const change = async (over: Partial<RuleCheck>) => ({
    from: (await inForce()).hash,
    files: [],
    without: [],
    ...over,
  });
  const check = async (over: Partial<RuleCheck>) =>
    done<RulesChecked>(await security.post('/api/rules/check', await change(over)));
  const propose = async (over: Partial<RuleCheck>) =>
    security.withFactor('/api/rules/proposals', { ...(await change(over)), reason });
  const alertsOf = async (rule: string) => {
    await rig.rooms.detection.drain();
    const rows = await rig.store.reader.alerts.page({ path: '/CEC/', limit: 100 });
    return rows.filter(({ alert }) => alert.rule === rule).length;
  };

  test('a set is checked: what is wrong with it, what it would change, what it would have found in the log', async () => {
    const soft = { name: 'soft.yml', text: looked(alone, 'Softer') };
    expect((await check({ files: [soft] })).faults).toMatchObject([{ file: 'soft.yml', field: 'id' }]);
    const refused = await propose({ files: [soft] });
    expect(refused.json()).toMatchObject({
      status: 422,
      field: 'files',
      detail: expect.stringContaining('soft.yml'),
    });
    for (const name of ['../out.yml', '.hidden/a.yml', 'a/../b.yml'])
      expect(
        (await security.post('/api/rules/check', await change({ files: [{ name, text: '' }] }))).statusCode,
      ).toBe(400);
    const stale = await security.post('/api/rules/check', { from: 'f'.repeat(64), files: [], without: [] });
    expect(stale.json()).toMatchObject({ status: 422, detail: expect.stringContaining('meanwhile') });

    const { difference, faults } = await check({ files: [added], without: ['copying.yml'] });
    expect(faults).toEqual([]);
    expect(difference).toMatchObject({
      added: [{ key: own.id, level: 'high', file: own.name, text: added.text }],
      removed: [{ file: 'copying.yml' }],
    });
    const { entries, from, rules } = difference!.replay;
    expect(entries).toBeGreaterThan(10);
    expect(from).toBeLessThanOrEqual(rig.time.now);
    expect(rules).toMatchObject([{ key: own.id, before: 0, onlyBefore: 0 }]);
    expect(rules[0]!.after).toBeGreaterThan(1);
  });

  test('proposed by one it changes nothing; nobody else may decide; refused by a second it changes nothing', async () => {
    const before = await inForce();
    for (const who of [auditor, approver]) {
      const body = { ...(await change({ files: [added] })), reason };
      expect((await who.withFactor('/api/rules/proposals', body)).statusCode).toBe(403);
    }
    const { id } = done<{ id: string }>(await propose({ files: [added] }));
    for (const by of [security, approver, auditor]) expect((await by.vote(id)).statusCode).toBe(403);
    done(await second.vote(id, 'deny', { reason: 'керек эмес' }));
    expect(await inForce()).toEqual(before);
    expect(await alertsOf(own.id)).toBe(0);
  });

  test('until somebody approved a set, a start takes in what lies in the folder', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-rules-'));
    cpSync('policies/detection', join(dir, 'detection'), { recursive: true });
    writeFileSync(join(dir, 'detection', 'own.yml'), added.text);
    try {
      const { reader } = rig.store;
      const chosen = await chooseRules(reader, dir, { takesFiles: true });
      expect(chosen.catalogue.rule(own.id)).not.toBeNull();
      await rig.store.settled();
      await agreesWithLog(reader, chosen);
      expect(baseline(chosen, 9)).toMatchObject([
        { op: 'ensure', table: 'policySet', row: { hash: chosen.catalogue.set.hash } },
        {
          op: 'update',
          table: 'policyInForce',
          key: { name: 'detection' },
          expect: { hash: shipped.set.hash },
        },
      ]);
      // A command goes by what the last start took.
      expect((await chooseRules(reader, dir)).catalogue.set.hash).toBe(shipped.set.hash);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('approved by a second they are in force at once in the detection that runs, with both digests in the log', async () => {
    const before = await inForce();
    expect(before).toMatchObject({ hash: shipped.set.hash, approval: null, filesAgree: true });
    const { id } = done<{ id: string }>(await propose({ files: [added] }));
    const late = done<{ id: string }>(await propose({ without: ['copying.yml'] })).id;
    const card = done<RuleProposalCard>(await auditor.get(`/api/rules/proposals/${id}`));
    expect(card).toMatchObject({ from: before.hash, reason, difference: { added: [{ key: own.id }] } });
    const old = rig.rooms.rules.holder.catalogue.ruleSet.hash;
    done(await second.vote(id));
    const after = await inForce();
    expect(after).toMatchObject({ hash: card.to, approval: id });
    expect(after.rules.map(({ key }) => key)).toContain(own.id);
    expect(await alertsOf(own.id)).toBe(1);
    expect(await rig.newest('rule.change')).toMatchObject({
      rules: rig.rooms.rules.holder.catalogue.ruleSet.hash,
      rulesBefore: old,
      ruleFiles: card.to,
      ruleFilesBefore: before.hash,
      approval: id,
      rulesApproval: id,
    });
    expect(await rig.newest('approval.approve')).toMatchObject({
      ruleFiles: card.to,
      ruleFilesBefore: before.hash,
    });
    expect(await alertsOf(alone)).toBe(0);
    // Made from what is no longer in force.
    expect((await second.vote(late)).statusCode).toBe(409);
    const same = await propose({});
    expect(same.json()).toMatchObject({ status: 422, detail: expect.stringContaining('in force') });
  });

  test('a restart goes on with what was approved, says so when the folder is other, and refuses altered rows', async () => {
    const { reader } = rig.store;
    const { hash } = await inForce();
    await rig.store.settled();
    const chosen = await chooseRules(reader, 'policies', { takesFiles: true });
    expect(chosen).toMatchObject({
      catalogue: { set: { hash } },
      differs: { hash: shipped.set.hash, fault: null },
    });
    expect(baseline(chosen, 9)).toEqual([]);
    const nowhere = await chooseRules(reader, tmpdir(), { takesFiles: true });
    expect(nowhere.differs).toMatchObject({ hash: null, fault: expect.stringContaining('no such file') });

    const judge = async () =>
      agreesWithLog(reader, await chooseRules(reader, 'policies', { takesFiles: true }));
    await judge();
    const { inForce: row, files } = (await reader.policies.inForce('detection'))!;
    const put = (set: object) =>
      rig.write([{ op: 'update', table: 'policyInForce', key: { name: 'detection' }, set }]);
    // Back to what was in force before; or approved by nobody, so that the folder would count again.
    await put({ hash: shipped.set.hash });
    await expect(judge()).rejects.toThrow(/altered/);
    await put({ hash: row.hash, approval: null });
    await expect(judge()).rejects.toThrow(/another approval/);
    await put({ approval: row.approval });
    const key = { hash: row.hash };
    await rig.write([
      { op: 'update', table: 'policySet', key, set: { files: files.replace('high', 'low') } },
    ]);
    await expect(judge()).rejects.toThrow(/altered/);
    await rig.write([{ op: 'update', table: 'policySet', key, set: { files } }]);
    await rig.write([{ op: 'delete', table: 'policyInForce', key: { name: 'detection' } }]);
    await expect(judge()).rejects.toThrow(/deleted/);
    await rig.write([{ op: 'insert', table: 'policyInForce', row }]);
    await judge();
  });
});
