// Claims about the random re-check through HTTP, on both engines: commit before the dice, one draw, nobody judges themselves,
// late ones are told, and everything can be repeated from the leaves.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { exportAudit } from '#server/audit/export.ts';
import type { SampleCard, SampleItem } from '#server/contract/samples.ts';
import { DAY_MS } from '#server/lib/dates.ts';
import { DirectoryLeaves } from '#server/lib/log/directory-leaves.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { type Leaves, verifySamples } from './verify.ts';

const dice = '61325142635142631425';
const today = '2025-11-04';

describe.each(engines)('the re-check on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let url = '';
  let auditors: Officer[];
  let supervisor: Officer;
  let central: Officer;
  let territory: Officer;

  beforeAll(async () => {
    ({ rig, url, close } = await openOn(engine));
    central = await rig.logIn('central-admin', 'CEC');
    territory = await rig.logIn('territorial-admin', 'T1');
    auditors = [await rig.logIn('auditor', 'CEC'), await rig.logIn('auditor', 'CEC')];
    supervisor = await rig.logIn('supervisor', 'T1');
    // As many of each as let no draw of more than half leave either out.
    for (let i = 0; i < 20; i++) await central.get('/api/officers');
    for (let i = 0; i < 20; i++) await territory.post('/api/voters/search', { q: 'Төлөгөнова' });
  });
  afterAll(() => close());

  const [first, second] = [() => auditors[0]!, () => auditors[1]!];
  const leaves = async (): Promise<Leaves> => {
    await rig.store.settled();
    return { size: rig.size(), read: (from, to) => rig.store.reader.audit.leaves(from, to) };
  };
  const leafOf = async (seq: number) =>
    JSON.parse(Buffer.from((await rig.store.reader.audit.leaves(seq, seq + 1))[0]!).toString()) as {
      act: string;
      sample: Record<string, unknown>;
    };
  const card = async (who: Officer, number: number) => {
    const reply = await who.get(`/api/audit/samples/${number}`);
    expect(reply.statusCode, reply.body).toBe(200);
    return reply.json() as SampleCard;
  };
  const fix = (body: object = {}) => first().post('/api/audit/samples', { to: today, ...body });
  const draw = (number: number, body: object = {}, who = first()) =>
    who.post(`/api/audit/samples/${number}/actions/draw`, {
      expectedVersion: 1,
      source: 'dice',
      digits: dice,
      ...body,
    });
  const act = (who: Officer, { seq, version }: SampleItem, name: string, body: object, number = 1) =>
    who.post(`/api/audit/samples/${number}/items/${seq}/actions/${name}`, {
      expectedVersion: version,
      ...body,
    });
  const officerOf = (item: SampleItem) =>
    auditors.find(({ login }) => login === (item.state === 'to-sign' ? item.signer : item.reviewer)?.login)!;

  test('a period is fixed, in the log and under a checkpoint, before anything can be drawn', async () => {
    const reply = await fix({ rate: 100 });
    expect(reply.statusCode, reply.body).toBe(201);
    const { number, entry, population, wanted } = reply.json();
    expect({ number, population }).toEqual({ number: 1, population: 40 });
    // 10 % of 40 are 4; 21 drawn miss all four with 19·18·17·16 / 40·39·38·37 = 4.2 %, 20 with 5.3 %.
    expect(wanted).toBe(21);
    const shown = await card(first(), 1);
    expect(shown.published!.size).toBeGreaterThan(entry);
    expect(shown.actions).toEqual(['draw']);
    expect((await leafOf(entry)).sample).toMatchObject({ number: 1, population: 40, n: 21 });
  });

  test('a period without administrators, not over yet, or of no calendar is refused by name', async () => {
    for (const [body, field] of [
      [{}, 'to'],
      [{ to: '2025-11-05' }, 'to'],
      [{ to: '2025-02-30' }, 'to'],
      [{ from: '2025-02-30' }, 'from'],
      [{ from: '2024-01-01', to: '2024-02-01' }, 'to'],
    ] as const) {
      const reply = await fix(body);
      expect([reply.statusCode, reply.json().field], JSON.stringify(body)).toEqual([422, field]);
    }
  });

  test('digits that are no dice are refused by name, and draw nothing', async () => {
    for (const digits of ['123456', '7'.repeat(20), '1'.repeat(24), '6132514263514263142a']) {
      const reply = await draw(1, { digits });
      expect([reply.statusCode, reply.json().field], digits).toEqual([422, 'digits']);
    }
    expect((await card(first(), 1)).state).toBe('fixed');
  });

  test('the dice choose once; a second throw is refused, also one in the same moment', async () => {
    const before = rig.size();
    const replies = await Promise.all([draw(1), draw(1, { digits: `${dice}6` }, second())]);
    expect(replies.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
    expect(rig.size() - before).toBe(2);
    const again = await draw(1, { expectedVersion: 2 });
    expect([again.statusCode, again.json().type]).toEqual([
      409,
      'https://kuzot.invalid/problems/already-done',
    ]);
    expect((await card(first(), 1)).items).toHaveLength(21);
  });

  test('drawing the same entries again needs a reason, and says so in the log', async () => {
    const without = await fix({ from: today });
    expect([without.statusCode, without.json()]).toMatchObject([409, { field: 'reason', sample: 1 }]);
    const reply = await fix({ from: today, reason: 'Чүкө дубал артына түшүп кетти' });
    expect(reply.statusCode, reply.body).toBe(201);
    const { sample } = await leafOf(reply.json().entry);
    expect(sample).toMatchObject({ number: 2, repeats: 1 });
    expect(JSON.stringify(sample)).not.toContain('Чүкө');
    expect((await card(first(), 2)).repeatReason).toBe('Чүкө дубал артына түшүп кетти');
  });

  test('drawn acts go to auditors, evenly, and never to who did them', async () => {
    const { items } = await card(first(), 1);
    const loads = auditors.map(
      ({ login }) => items.filter(({ reviewer }) => reviewer?.login === login).length,
    );
    expect(loads.sort()).toEqual([10, 11]);
    for (const { entry, reviewer } of items) {
      expect(['central-admin', 'territorial-admin']).toContain(entry!.officer!.role);
      expect(entry!.officer!.login).not.toBe(reviewer!.login);
    }
  });

  test('only the one it was given to judges it; an administrator does not judge themselves', async () => {
    const [item] = (await card(first(), 1)).items;
    const other = auditors.find((one) => one !== officerOf(item!))!;
    expect((await act(other, item!, 'find', { finding: 'in-order' })).statusCode).toBe(403);
    expect((await act(central, item!, 'find', { finding: 'in-order' })).statusCode).toBe(403);
    // Even one who became an auditor since, and to whom a careless hand gave it.
    await rig.write([
      { op: 'update', table: 'officer', key: { id: central.id }, set: { role: 'auditor' } },
      {
        op: 'update',
        table: 'sampleItem',
        key: { sample: 1, seq: item!.seq },
        set: { reviewer: central.id, actor: central.id },
      },
    ]);
    const refused = await act(central, item!, 'find', { finding: 'in-order' });
    expect([refused.statusCode, refused.json().policy]).toEqual([403, 'guard-own-act']);
    await rig.write([
      { op: 'update', table: 'officer', key: { id: central.id }, set: { role: 'central-admin' } },
      {
        op: 'update',
        table: 'sampleItem',
        key: { sample: 1, seq: item!.seq },
        set: {
          reviewer: officerOf(item!).id,
          actor: item!.entry!.officer!.login === central.login ? central.id : territory.id,
        },
      },
    ]);
  });

  test('a finding that is not "in order" says what was found; the words are erasable, the leaf has the code', async () => {
    const [item] = (await card(first(), 1)).items;
    const who = officerOf(item!);
    expect((await act(who, item!, 'find', { finding: 'irregular' })).json()).toMatchObject({ field: 'note' });
    expect(
      (await act(who, item!, 'find', { finding: 'irregular', expectedVersion: 9, note: 'x' })).statusCode,
    ).toBe(409);
    const reply = await act(who, item!, 'find', { finding: 'irregular', note: 'Арызсыз издеген' });
    expect(reply.statusCode, reply.body).toBe(200);
    const { entry } = reply.json();
    expect((await leafOf(entry)).sample).toEqual({ number: 1, seq: item!.seq, finding: 'irregular' });
    expect((await card(first(), 1)).items[0]).toMatchObject({ state: 'to-sign', note: 'Арызсыз издеген' });
    expect(JSON.stringify(await leafOf(entry))).not.toContain('Арызсыз');
  });

  test('an irregular one is signed by another; sent back it is judged anew', async () => {
    let [item] = (await card(first(), 1)).items;
    const judge = auditors.find(({ login }) => login === item!.foundBy!.login)!;
    const signer = officerOf(item!);
    expect(signer.login).not.toBe(judge.login);
    expect((await act(judge, item!, 'sign', { agrees: true })).statusCode).toBe(403);
    const given = await act(first(), item!, 'assign', { login: judge.login, reason: 'ооруп калды' });
    expect([given.statusCode, given.json().field]).toEqual([422, 'login']);
    expect((await act(signer, item!, 'sign', { agrees: false })).json()).toMatchObject({ field: 'note' });
    expect((await act(signer, item!, 'sign', { agrees: false, note: 'арыз бар' })).statusCode).toBe(200);
    [item] = (await card(first(), 1)).items;
    expect(item).toMatchObject({ state: 'open', finding: null, returned: 1, signNote: 'арыз бар' });
    await act(judge, item!, 'find', { finding: 'irregular', note: 'чын эле жок' });
    [item] = (await card(first(), 1)).items;
    expect((await act(officerOf(item!), item!, 'sign', { agrees: true })).statusCode).toBe(200);
    expect((await card(first(), 1)).items[0]).toMatchObject({
      state: 'done',
      signedBy: { login: signer.login },
    });
  });

  test('a drawn act is given to another with a reason; a supervisor then sees that one, and no other', async () => {
    expect((await supervisor.get('/api/audit/samples')).json()).toMatchObject({ items: [], mayFix: false });
    expect((await supervisor.get('/api/audit/samples/1')).statusCode).toBe(403);
    const item = (await card(first(), 1)).items.find(
      ({ state, entry }) => state === 'open' && entry!.officer!.login === territory.login,
    )!;
    const { login } = supervisor;
    expect((await act(first(), item, 'assign', { login: territory.login, reason: 'а' })).statusCode).toBe(
      422,
    );
    expect((await act(first(), item, 'assign', { login, reason: 'аудитор өргүүдө' })).statusCode).toBe(200);
    const shown = await card(supervisor, 1);
    expect(shown.items.map(({ seq }) => seq)).toEqual([item.seq]);
    expect(shown.items[0]!.actions).toEqual(['find']);
    expect((await act(supervisor, shown.items[0]!, 'find', { finding: 'in-order' })).statusCode).toBe(200);
    const elsewhere = (await card(first(), 1)).items.find(
      ({ state, entry }) => state === 'open' && entry!.officer!.login === central.login,
    )!;
    expect((await act(first(), elsewhere, 'assign', { login, reason: 'а' })).json()).toMatchObject({
      field: 'login',
    });
  });

  test('what is late is told once for each due time, by the system, through the gate', async () => {
    const { samples } = rig.rooms;
    expect(await samples.tellOverdue(rig.time.now)).toBe(0);
    const later = rig.time.now + 15 * DAY_MS;
    // Sample 2 waits for dice, sample 1 for findings.
    expect(await samples.tellOverdue(later)).toBe(2);
    expect(await samples.tellOverdue(later)).toBe(0);
    const told = [await leafOf(rig.size() - 2), await leafOf(rig.size() - 1)];
    expect(told.map(({ act: name }) => name)).toEqual(['audit.sample-overdue', 'audit.sample-overdue']);
    expect(told[0]!.sample).toEqual({ number: 2 });
    expect(told[1]!.sample.late).toHaveLength(19);
    expect(await samples.tellOverdue(rig.time.now + 40 * DAY_MS)).toBe(1);
    const tally = await rig.store.reader.samples.tally([1], first().id, later);
    expect(tally.reduce((sum, { overdue }) => sum + Number(overdue), 0)).toBe(19);
    const now = await rig.store.reader.samples.tally([1], first().id, rig.time.now);
    expect(now.reduce((sum, { overdue }) => sum + Number(overdue), 0)).toBe(0);
  });

  test('closing waits for the last finding, and says what may be claimed', async () => {
    const early = await first().post('/api/audit/samples/1/actions/close', { expectedVersion: 2 });
    expect([early.statusCode, early.json().open]).toEqual([409, 19]);
    const open = (await card(first(), 1)).items.filter(({ state }) => state === 'open');
    for (const [i, item] of open.entries()) {
      const finding = i < 6 ? { finding: 'irregular', note: 'негизи жок' } : { finding: 'in-order' };
      expect((await act(officerOf(item), item, 'find', finding)).statusCode).toBe(200);
    }
    for (const item of (await card(first(), 1)).items.filter(({ state }) => state === 'to-sign')) {
      expect(item.signer!.login).not.toBe(item.foundBy!.login);
      expect((await act(officerOf(item), item, 'sign', { agrees: true })).statusCode).toBe(200);
    }
    expect((await card(first(), 1)).actions).toEqual(['close']);
    const closed = await first().post('/api/audit/samples/1/actions/close', { expectedVersion: 2 });
    expect(closed.statusCode, closed.body).toBe(200);
    const shown = await card(first(), 1);
    expect(shown).toMatchObject({
      state: 'closed',
      counts: { inOrder: 14, irregular: 7, open: 0, overdue: 0 },
    });
    expect((await leafOf(closed.json().entry)).sample).toEqual({
      number: 1,
      inOrder: 14,
      irregular: 7,
      cannotTell: 0,
      mostWrong: shown.closed!.mostWrong,
    });
    expect(shown.closed!.mostWrong).toBeGreaterThan(7);
    const judged = shown.items.find(
      ({ finding, reviewer }) => finding === 'in-order' && reviewer!.login !== supervisor.login,
    )!;
    const late = await act(officerOf(judged), judged, 'find', { finding: 'irregular', note: 'кеч' });
    expect(late.statusCode).toBe(409);
  });

  test('a closed check is shown in numbers to those who answer for compliance and to those it is about; an open one is not', async () => {
    expect(
      (await central.get('/api/audit/samples')).json().items.map((one: { number: number }) => one.number),
    ).toEqual([1]);
    const shown = await card(central, 1);
    expect(shown).toMatchObject({ state: 'closed', items: [], reviewers: [], actions: [] });
    expect(shown.counts.irregular).toBe(7);
    expect((await central.get('/api/audit/samples/2')).statusCode).toBe(403);
    expect((await territory.get('/api/audit/samples/1')).statusCode).toBe(403);
  });

  test('every draw of the log is repeated from its leaves; changed dice, drawn entries or counts are found', async () => {
    const sound = await verifySamples(await leaves());
    expect(sound.faults).toEqual([]);
    expect(sound.verdicts.map(({ number, faults, closed }) => ({ number, faults, closed }))).toEqual([
      { number: 1, faults: [], closed: true },
      { number: 2, faults: [], closed: false },
    ]);
    expect(sound.verdicts[0]!.findings).toEqual({ inOrder: 14, irregular: 7, cannotTell: 0, open: 0 });
    const log = await leaves();
    const forged = (change: (text: string) => string): Leaves => ({
      ...log,
      read: async (from, to) =>
        (await log.read(from, to)).map((leaf) => Buffer.from(change(leaf.toString()))),
    });
    const faultsOf = async (change: (text: string) => string) =>
      (await verifySamples(forged(change))).verdicts[0]!.faults.join('; ');
    expect(await faultsOf((text) => text.replace(dice, '61325142635142631426'))).toContain(
      'choose other entries',
    );
    expect(await faultsOf((text) => text.replace(/"digits":"\d+"/, '"digits":"6"'))).toContain('not thrown');
    expect(await faultsOf((text) => text.replace(/"population":40/, '"population":41'))).toContain('not 41');
    expect(await faultsOf((text) => text.replace(/"selected":\[(\d+),(\d+)/, '"selected":[$2,$1'))).toContain(
      'choose other entries',
    );
    expect(await faultsOf((text) => text.replace(/"inOrder":14/, '"inOrder":15'))).toContain(
      'other findings',
    );
    expect(await faultsOf((text) => text.replace(/"repeats":1,/, ''))).toBe('');
    const { verdicts } = await verifySamples(forged((text) => text.replace(/"repeats":1,/, '')));
    expect(verdicts[1]!.faults.join()).toContain('without saying so');
  });

  test('a row changed behind the log is noticed before dice are taken', async () => {
    await rig.write([{ op: 'update', table: 'sample', key: { number: 2 }, set: { wanted: 1 } }]);
    const reply = await draw(2);
    expect([reply.statusCode, reply.json().type]).toEqual([
      409,
      'https://kuzot.invalid/problems/wrong-state',
    ]);
  });

  test('RECIPE.md, run as it is printed, says the same from an exported directory alone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-recipe-'));
    try {
      const { note } = await rig.store.checkpoint();
      const reading = await openReadOnly(url);
      await exportAudit(reading.log, note, rig.keys, join(dir, 'log'));
      await reading.close();
      const size = Number(note.split('\n')[1]);
      expect((await verifySamples(new DirectoryLeaves(join(dir, 'log'), size))).verdicts[0]!.faults).toEqual(
        [],
      );
      const page = readFileSync(join(import.meta.dirname, 'RECIPE.md'), 'utf8');
      writeFileSync(join(dir, 'draw.py'), /```python\n([\s\S]*?)```/.exec(page)![1]!);
      const python = spawnSync('python3', [join(dir, 'draw.py'), join(dir, 'log'), '1'], {
        encoding: 'utf8',
      });
      if ((python.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return;
      expect(python.stderr).toBe('');
      const { draw: drawn, items } = await card(first(), 1);
      expect(python.stdout.split('\n').slice(0, 3)).toEqual([
        `seed ${drawn!.seed}`,
        `drawn ${items.map(({ seq }) => seq).join(' ')}`,
        'as recorded',
      ]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
