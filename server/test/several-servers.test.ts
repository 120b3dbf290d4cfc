// Two servers of one database are one console: what one of them changed holds at the other before the change is answered, what is
// counted is counted once, and what happens at either reaches the rules. Requests reach the two by turns.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPolicyFiles } from '#server/policy/source.ts';
import { done } from './attacks/scene.ts';
import { openOn } from './both-engines.ts';
import type { ConsoleRig, Officer } from './console-rig.ts';

const both = [0, 1];
const shipped = readPolicyFiles('policies/access');
/** Auditors lose the list of destructions; nobody else's rights move. */
const auditorsLessTrail = shipped.map(({ name, text }) => ({
  name,
  text: name === 'duties.cedar' ? text.replace('    Action::"destruction.list",\n', '') : text,
}));

let rig: ConsoleRig;
let url = '';
let close = async () => {};
let security: Officer;
let second: Officer;
let auditor: Officer;
beforeAll(async () => {
  ({ rig, url, close } = await openOn('two servers on postgres', { limits: true }));
  security = await rig.logIn('security-officer', 'CEC');
  second = await rig.logIn('security-officer', 'CEC');
  auditor = await rig.logIn('auditor', 'CEC');
  await rig.rooms.detection.start();
});
afterAll(async () => {
  await rig?.rooms.rules.close();
  await rig?.rooms.detection.close();
  await close();
});

/** Where the newest entry of this act was made. */
async function madeAt(act: string): Promise<string> {
  await rig.store.settled();
  const [row] = await rig.store.reader.audit.newestOf([act], 1);
  const [entry] = await rig.store.reader.audit.entriesAt([row!.seq]);
  return (JSON.parse(Buffer.from(entry!.leaf).toString()) as { node: string }).node;
}

/** Plain SQL, as somebody with the owner's rights would type it. */
async function past(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** A request more, so that the next one meets the other server. */
const turn = () => auditor.get('/api/session');

test('policies and rules approved at either server are in force at both when the vote is answered', async () => {
  const at = new Set<string>();
  for (const [n, files] of [auditorsLessTrail, shipped].entries()) {
    const by = { files, reason: 'аудиторлор жок кылуу актыларын көрбөшү керек' };
    const { id } = done<{ id: string }>(await security.withFactor('/api/policies/proposals', by));
    if (n % 2) await turn();
    done(await second.vote(id));
    const seen = await Promise.all(both.map(() => auditor.get('/api/destructions')));
    expect(seen.map(({ statusCode }) => statusCode)).toEqual(files === shipped ? [200, 200] : [403, 403]);
    at.add(await madeAt('approval.approve'));
  }
  expect([...at].toSorted()).toEqual(['test', 'test-joined']);

  const { hash: from } = done<{ hash: string }>(await auditor.get('/api/rules'));
  const change = { from, files: [], without: ['copying.yml'], reason: 'көчүрүү эрежеси убактылуу алынат' };
  const { id } = done<{ id: string }>(await security.withFactor('/api/rules/proposals', change));
  done(await second.vote(id));
  const [one, other] = await Promise.all(
    both.map(async () => done<{ hash: string }>(await auditor.get('/api/rules'))),
  );
  expect(one!.hash).not.toBe(from);
  expect(other!.hash).toBe(one!.hash);
});

test('an emergency access ended at one server is over at both', async () => {
  const voter = await rig.addVoter('1001');
  const ended = new Set<string>();
  for (const _round of both) {
    const admin = await rig.logIn('territorial-admin', 'T2');
    const see = async () => (await admin.get(`/api/voters/${voter.id}`)).statusCode;
    const asked = { unit: '1001', acts: ['voter.view'], reason: 'өрт чыкты, тизме керек' };
    const { id } = done<{ id: string }>(await admin.withFactor('/api/emergencies', asked));
    done(await (await rig.logIn('approver', 'T1')).vote(id));
    // Both servers remember it.
    expect([await see(), await see()]).toEqual([200, 200]);
    done(await admin.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 2 }));
    // Threat: the row written open again, past every server; the log is what both go by.
    await past(`update emergency set ended_at = null, ended_by = null where id = '${id}'`);
    expect([await see(), await see()]).toEqual([404, 404]);
    ended.add(await madeAt('emergency.end'));
  }
  expect(ended.size).toBe(2);
});

test('wrong codes and requests a minute are counted once for both', async () => {
  const member = await rig.logIn('precinct-member', '1001');
  const codes: number[] = [];
  for (let i = 0; i < 8; i++)
    codes.push((await member.post('/api/session/step-up', { code: '000000' })).statusCode);
  expect(codes).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  const searches = await Promise.all(
    Array.from({ length: 70 }, () => member.post('/api/voters/search', { q: 'Төлөгөнова' })),
  );
  expect(searches.filter(({ statusCode }) => statusCode === 200)).toHaveLength(60);
  expect(searches.filter(({ statusCode }) => statusCode === 429)).toHaveLength(10);
});

test('what happens at the joined server reaches the rules, and both show the alert', async () => {
  const member = await rig.logIn('precinct-member', '1001');
  await Promise.all(
    Array.from({ length: 40 }, () =>
      member.post('/api/voters/locate', { pin: '10101199000000', purpose: 'list-check' }),
    ),
  );
  await rig.rooms.detection.drain();
  const alerts = await Promise.all(
    both.map(async () => done<{ items: { rule: string }[] }>(await security.get('/api/alerts')).items.length),
  );
  expect(alerts[0]).toBeGreaterThan(0);
  expect(alerts[1]).toBe(alerts[0]);
  expect(rig.faults).toEqual([]);
});
