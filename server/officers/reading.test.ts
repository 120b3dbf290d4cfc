// What those who keep accounts can see: clearances about to end, briefings not signed, who is away, and what somebody else must
// take over. On both engines, within the asker's reach.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBriefing } from '#server/access/policy-files.ts';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import { done, step, takeIn } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';

describe.each(engines)('officers on %s', (engine) => {
  let rig: ConsoleRig;
  let close: () => Promise<void>;
  let guard: Officer;
  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    guard = await rig.logIn('security-officer', 'CEC');
  });
  afterAll(() => close());

  const inDays = (n: number) => addCalendarDays(bishkekDay(rig.time.now), n);
  const listed = async (query: string) =>
    done<{ items: { id: string; briefing: object }[]; count: number }>(
      await guard.get(`/api/officers?limit=200&${query}`),
    );
  const ids = async (query: string) => (await listed(query)).items.map(({ id }) => id);

  test('whose clearance is over or ends within so many days', async () => {
    const [over, today, soon, later] = await Promise.all(
      [-1, 0, 30, 31].map((n) => rig.logIn('auditor', 'CEC', { clearanceUntil: inDays(n) })),
    );
    const found = await ids('clearanceWithinDays=30');
    for (const one of [over, today, soon]) expect(found).toContain(one!.id);
    expect(found).not.toContain(later!.id);
    expect((await listed('clearanceWithinDays=30')).count).toBe(found.length);
    expect(await ids('clearanceWithinDays=0')).not.toContain(soon!.id);
    expect((await guard.get('/api/officers?clearanceWithinDays=9999')).statusCode).toBe(400);
  });

  test('R28 a clearance counts through its last day and nothing opens on the next', async () => {
    const officer = await rig.logIn('auditor', 'CEC', { clearanceUntil: inDays(0) });
    expect((await officer.get('/api/officers')).statusCode).toBe(200);
    expect(done(await officer.get('/api/session'))).toMatchObject({ clearanceUntil: inDays(0) });
    await rig.write([
      { op: 'update', table: 'officer', key: { id: officer.id }, set: { clearanceUntil: inDays(-1) } },
    ]);
    const refused = await officer.get('/api/officers');
    expect([refused.statusCode, refused.json().type]).toEqual([
      403,
      expect.stringContaining('clearance-expired'),
    ]);
  });

  test('R39 who signed which text, when and in which language, and who has not', async () => {
    const officer = await rig.logIn(
      'auditor',
      'CEC',
      { briefingVersion: 'old', briefingHash: 'f'.repeat(64) },
      { stage: 'briefing' },
    );
    expect(await ids('briefing=unsigned')).toContain(officer.id);
    expect(await ids('briefing=signed')).not.toContain(officer.id);
    const { version } = done<{ version: string }>(await officer.get('/api/session/briefing'));
    const stale = await officer.post('/api/session/briefing', { version: 'old', language: 'ky' });
    expect(stale.statusCode).toBe(409);
    const entry = rig.size();
    done(await officer.post('/api/session/briefing', { version, language: 'ky' }));
    expect(await ids('briefing=unsigned')).not.toContain(officer.id);
    expect(await ids('briefing=signed')).toContain(officer.id);
    const { hash } = readBriefing('policies');
    expect(done(await guard.get(`/api/officers/${officer.id}`))).toMatchObject({
      briefing: { version, current: true },
      signatures: [{ version, hash, language: 'ky', signedAt: rig.time.now, entry }],
    });
  });

  test('who is away today', async () => {
    const away = await rig.logIn('auditor', 'CEC', { absentFrom: inDays(0), absentUntil: inDays(2) });
    const later = await rig.logIn('auditor', 'CEC', { absentFrom: inDays(1), absentUntil: inDays(2) });
    const found = await ids('absent=true');
    expect(found).toContain(away.id);
    expect(found).not.toContain(later.id);
  });

  test('how many other factors an account has is shown to those who may ask for its reset, and no secret of them', async () => {
    const owner = await rig.logIn('auditor', 'CEC');
    const auditor = await rig.logIn('auditor', 'CEC');
    const codes = [1, 2].map((n) => ({
      ...{
        officer: owner.id,
        hash: `hash-${n}`,
        madeAt: rig.time.now,
        usedAt: n === 1 ? rig.time.now : null,
      },
    }));
    const key = {
      ...{ id: 'key-of-owner', officer: owner.id, credential: 'credential-x', publicKey: 'public-x' },
      ...{ counter: 0, transports: '', synced: 0, name: 'Үстөлдөгү ачкыч', createdAt: 1, usedAt: null },
    };
    await rig.write([
      ...codes.map((row) => ({ op: 'insert' as const, table: 'recoveryCode' as const, row })),
      { op: 'insert', table: 'passkey', row: key },
    ]);
    const seen = await guard.get(`/api/officers/${owner.id}`);
    expect(seen.json().factors).toEqual({ passkeys: 1, recoveryCodesLeft: 1 });
    expect(seen.body).not.toMatch(/hash-|-x|ачкыч/);
    expect((await auditor.get(`/api/officers/${owner.id}`)).json().factors).toBeNull();
  });

  test('open work is named for who takes over: references, nothing about a voter', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    const admin = await rig.logIn('territorial-admin', 'T1');
    const voter = await rig.addVoter('1001', { surname: 'Көрүнбөсүн' });
    const at = await takeIn(member, voter.id);
    await step(admin, at, 'start-review');
    const asked = done<{ id: string }>(
      await admin.withFactor('/api/prints', { precinct: '1001', list: 'control', purpose: 'list-check' }),
    );
    const card = await guard.get(`/api/officers/${admin.id}`);
    expect(card.json().openWork).toMatchObject({
      applications: [{ state: 'in-review', number: expect.stringMatching(/./) }],
      approvals: [{ id: asked.id, kind: 'print' }],
      alerts: [],
      samples: [],
    });
    expect(card.body).not.toContain('Көрүнбөсүн');
    expect(card.body).not.toContain(voter.id);
  });
});

test('R39 the briefing holds nine rules and liability in three languages, without a part left out', () => {
  const { text } = readBriefing('policies');
  for (const [language, liability] of [
    ['ky', 'Жоопкерчилик'],
    ['ru', 'Ответственность'],
    ['en', 'Liability'],
  ] as const) {
    const rules = [...text[language].matchAll(/^(\d)\. /gm)].map(([, n]) => Number(n));
    expect([language, rules]).toEqual([language, [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    expect(text[language]).toContain(`\n${liability}\n`);
  }
});
