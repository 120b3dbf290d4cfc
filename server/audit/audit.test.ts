import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import { checkOpenings } from '#server/gate/opening-check.ts';
import { decodeBundle } from '#server/lib/log/bundles.ts';
import { openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { openConsistencyFile } from '#server/lib/log/consistency-file.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import { parseVkey, signerFromPem } from '#server/lib/log/note.ts';
import { openProofFile } from '#server/lib/log/proof-file.ts';
import { rootOfPartials, tileLevels, tilePath } from '#server/lib/log/tiles.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';

let rig: WatchRig;
let auditor: Officer;
let security: Officer;
let supervisor: Officer;
let territory: Officer;
let neighbour: Officer;
let clerk: Officer;
let applied: number;
const minute = 60_000;

beforeAll(async () => {
  rig = await openWatch();
  auditor = await rig.logIn('auditor', 'CEC');
  security = await rig.logIn('security-officer', 'CEC');
  supervisor = await rig.logIn('supervisor', 'T1');
  territory = await rig.logIn('territorial-admin', 'T1');
  neighbour = await rig.logIn('territorial-admin', 'T2');
  clerk = await rig.logIn('precinct-member', '1001');
  rig.time.now += minute;
  applied = await rig.correct(territory, 'voter-1-0000');
  await rig.act(neighbour, 'voter.search', { query: 'Асанов', subjects: ['voter-2-0000'] });
});
afterAll(() => rig.close());

const page = async (who: Officer, query = '') => {
  const reply = await rig.get(who, `/api/audit/entries${query}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json() as { items: TrailItem[]; next: number | null };
};

describe('the audit trail', () => {
  test('shows name, login, role and unit as they were then, and the session’s start and length', async () => {
    const { items } = await page(auditor, `?actor=${territory.login}&act=application.apply`);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      seq: applied,
      act: 'application.apply',
      outcome: 'done',
      officer: { login: territory.login, role: 'territorial-admin', commission: 'T1' },
      session: { id: territory.sid, startedAt: rig.time.now - minute, lengthSeconds: 60 },
      case: 'application-1-0',
      persons: 1,
      fields: ['surname'],
      address: '10.0.0.7',
      workstation: 'desk-7',
      subjects: ['voter-1-0000'],
      erased: false,
    });
    const nameThen = items[0]!.officer!.name;
    // Renamed and moved afterwards: the entry still tells who it was.
    await rig.write([
      {
        op: 'update',
        table: 'officer',
        key: { id: territory.id },
        set: { login: 'renamed', surname: 'Башкаева', role: 'auditor', commission: 'CEC', version: 2 },
      },
      {
        op: 'insert',
        table: 'officerVersion',
        row: {
          officer: territory.id,
          version: 2,
          validFrom: rig.time.now + 1,
          login: 'renamed',
          surname: 'Башкаева',
          givenName: 'Гүлзат',
          patronymic: '',
          role: 'auditor',
          commission: 'CEC',
          state: 'active',
        },
      },
    ]);
    const after = await page(auditor, '?actor=renamed&act=application.apply');
    expect(after.items[0]!.officer).toEqual({
      login: territory.login,
      name: nameThen,
      role: 'territorial-admin',
      commission: 'T1',
    });
    await rig.write([
      {
        op: 'update',
        table: 'officer',
        key: { id: territory.id },
        set: { login: territory.login, role: 'territorial-admin', commission: 'T1' },
      },
    ]);
  });

  test('a territory and a supervisor see their own units’ entries only, the centre all of them', async () => {
    for (const who of [supervisor, territory]) {
      const { items } = await page(who, '?limit=200');
      expect(items.length).toBeGreaterThan(0);
      expect(new Set(items.map((item) => item.officer?.commission))).toEqual(new Set(['T1']));
    }
    const all = await page(auditor, '?limit=200');
    expect(all.items.some((item) => item.officer?.commission === 'T2')).toBe(true);
    expect(all.items.some((item) => item.officer?.login.startsWith('system:'))).toBe(true);
    expect((await rig.get(supervisor, '/api/audit/entries?commission=T2')).statusCode).toBe(404);
    expect((await rig.get(clerk, '/api/audit/entries')).statusCode).toBe(403);
  });

  test('values are for those who look into cases; for the system’s keepers voters are opaque', async () => {
    const of = async (who: Officer) =>
      (await page(who, '?act=application.apply')).items.find((item) => item.seq === applied)!;
    expect((await of(auditor)).changes).toEqual([
      { field: 'surname', old: 'Асанов', new: 'Асанова' },
      { field: 'address', old: 'Чүй, 1', new: 'Чүй, 2' },
    ]);
    expect((await of(supervisor)).changes[1]).toEqual({ field: 'address', old: '••••••', new: '••••••' });
    const keeper = await of(security);
    expect(keeper.changes).toEqual([{ field: 'surname' }, { field: 'address' }]);
    expect(keeper.detail.note).toBeUndefined();
    expect(keeper.subjects).toEqual(['voter-1-0000']);
    const search = async (who: Officer) => (await page(who, '?act=voter.search')).items[0]!.query;
    expect(await search(auditor)).toBe('Асанов');
    expect(await search(security)).toBeNull();
  });

  test('pages follow each other without overlap or gap', async () => {
    const first = await page(auditor, '?limit=3&to=2025-11-04');
    const second = await page(auditor, `?limit=3&to=2025-11-04&after=${first.next}`);
    expect(first.items.map((i) => i.seq)).toEqual([...first.items.map((i) => i.seq)].sort((a, b) => b - a));
    expect(second.items[0]!.seq).toBe(first.items.at(-1)!.seq - 1);
  });

  test('a time that is none is named', async () => {
    const reply = await rig.get(auditor, '/api/audit/entries?from=2025-02-30');
    expect([reply.statusCode, (reply.json() as { field: string }).field]).toEqual([422, 'from']);
    const none = await page(auditor, '?to=2025-11-03');
    expect(none.items).toEqual([]);
  });

  test('reading is itself one entry; a search keeps what was asked in the event alone', async () => {
    const before = rig.size();
    const reply = await rig.post(auditor, '/api/audit/search', { voter: 'voter-1-0000' });
    expect((reply.json() as { items: TrailItem[] }).items.map((item) => item.seq)).toContain(applied);
    expect(rig.size()).toBe(before + 1);
    const [entry] = await rig.store.reader.audit.entriesAt([before]);
    const leaf = Buffer.from(entry!.leaf).toString('utf8');
    expect(JSON.parse(leaf)).toMatchObject({ act: 'audit.search', actor: auditor.id, n: 1 });
    expect(leaf).not.toContain('voter-1-0000');
    expect(checkOpenings(leaf, entry!.json!)).toBeNull();
    expect(JSON.parse(entry!.json!)).toMatchObject({
      subjects: [{ id: 'voter-1-0000' }],
      query: { text: '{"voter":"voter-1-0000"}' },
    });
  });

  test('what was durable when it was asked is in the answer', async () => {
    for (let i = 0; i < 5; i++) {
      const seq = await rig.act(clerk, 'voter.view', { subjects: ['voter-5-0000'] });
      const { items } = await page(auditor, '?act=voter.view&limit=1');
      expect(items[0]!.seq).toBe(seq);
    }
  });

  test('an entry opens with its leaf and a proof that anybody can check', async () => {
    const reply = await rig.get(auditor, `/api/audit/entries/${applied}`);
    expect(reply.statusCode, reply.body).toBe(200);
    const card = reply.json() as { leaf: string; leafHash: string; proof: string };
    const hash = leafHash(Buffer.from(card.leaf));
    expect(card.leafHash).toBe(hash.toString('hex'));
    const verifier = signerFromPem(rig.keys.origin, rig.keys.signingKeyPem).verifier;
    expect(openProofFile(card.proof, hash, [verifier])).toMatchObject({ kind: 'ok', index: applied });
    expect((await rig.get(neighbour, `/api/audit/entries/${applied}`)).statusCode).toBe(404);
    expect((await rig.get(auditor, '/api/audit/entries/99999')).statusCode).toBe(404);
  });

  test('a view is kept for its officer alone, and not with a day that no calendar has', async () => {
    const url = '/api/audit/views';
    const view = {
      name: 'Жексен',
      filter: { act: 'voter.view', from: '2025-11-01', to: '2025-11-04T09:00' },
    };
    const saved = await rig.post(auditor, url, view);
    expect([saved.statusCode, saved.json()]).toMatchObject([201, view]);
    expect((await rig.get(auditor, url)).json().items).toMatchObject([view]);
    expect((await rig.get(security, url)).json().items).toEqual([]);
    for (const field of ['from', 'to']) {
      const reply = await rig.post(auditor, url, { ...view, filter: { [field]: '2025-02-30' } });
      expect([reply.statusCode, reply.json().field]).toEqual([422, `filter.${field}`]);
    }
    expect((await rig.get(auditor, url)).json().items).toHaveLength(1);
  });

  test('copying and printing seen by a page are entries', async () => {
    expect((await rig.post(clerk, '/api/events', { kind: 'copy', page: 'voter' })).statusCode).toBe(201);
    expect((await rig.post(clerk, '/api/events', { kind: 'print' })).statusCode).toBe(201);
    expect((await rig.post(clerk, '/api/events', { kind: 'copy', page: 'Асанов' })).statusCode).toBe(400);
    const { items } = await page(auditor, `?actor=${clerk.login}&limit=3`);
    expect(items.map((item) => [item.act, item.outcome])).toEqual([
      ['screen.copy', 'denied'],
      ['screen.print', 'done'],
      ['screen.copy', 'done'],
    ]);
  });
});

describe('the log in public', () => {
  test('a stranger fetches a checkpoint and the tiles that lead to its root, making no entry', async () => {
    for (let i = 0; i < 300; i++) await rig.act(clerk, 'voter.view', { subjects: [`voter-${i}-0000`] });
    rig.time.now += 2_000;
    const before = rig.size();
    const note = await rig.get(null, '/api/audit/checkpoint');
    expect(note.headers['content-type']).toContain('text/plain');
    const verifier = signerFromPem(rig.keys.origin, rig.keys.signingKeyPem).verifier;
    const opened = openCheckpoint(note.body, [verifier]);
    if (opened.kind !== 'ok') throw new Error(opened.why);
    expect(opened.checkpoint.size).toBe(before);
    const partials = [];
    for (const { level, full, partial } of tileLevels(before)) {
      if (full > 0) {
        const whole = await rig.get(null, `/api/audit/${tilePath({ level, idx: 0, width: 256 })}`);
        expect(whole.rawPayload).toHaveLength(8_192);
        expect(whole.headers['cache-control']).toContain('immutable');
      }
      const tile = await rig.get(null, `/api/audit/${tilePath({ level, idx: full, width: partial })}`);
      expect(tile.statusCode, tile.body).toBe(200);
      expect(tile.headers['cache-control']).toContain('immutable');
      partials.push(tile.rawPayload);
    }
    expect(rootOfPartials(before, partials).equals(opened.checkpoint.root)).toBe(true);
    expect(rig.size()).toBe(before);
    for (const none of ['0/999', '0/1', '0/000.p/0', '0/002.p/9', '1/000', '64/000', '0/x000/000'])
      expect((await rig.get(null, `/api/audit/tile/${none}`)).statusCode, none).toBe(404);
  });

  test('a stranger fetches key, policy and proofs by number, making no entry and learning no entry', async () => {
    const older = await rig.store.checkpoint();
    await rig.act(clerk, 'voter.view', {});
    const newer = await rig.store.checkpoint();
    // The log is signed once a second, too, at whatever size it has by then.
    const { log, close } = await openReadOnly(`sqlite:${rig.path}`);
    const signed = (await log.readCheckpoints(0, 10_000)).map(({ size }) => size);
    await close();
    let unsigned = older.size - 1;
    while (signed.includes(unsigned)) unsigned -= 1;
    const next = signed.find((size) => size > unsigned);
    const before = rig.size();
    const text = async (path: string) => {
      const reply = await rig.get(null, `/api/audit/${path}`);
      expect(reply.statusCode, reply.body).toBe(200);
      expect(reply.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      return reply.body;
    };
    expect(await text('vkey')).toBe(rig.keys.vkeyText);
    expect(await text('policy')).toBe(rig.keys.policyText);
    const parsed = parseVkey((await text('vkey')).trimEnd());
    if (parsed.kind === 'refused') throw new Error(parsed.why);
    const keys = [parsed.verifier];
    expect(openConsistencyFile(await text(`consistency/${older.size}/${newer.size}`), keys)).toMatchObject({
      kind: 'ok',
      older: { size: older.size },
      olderSigned: true,
    });
    expect(openConsistencyFile(await text(`consistency/${unsigned}/${newer.size}`), keys)).toMatchObject({
      kind: 'ok',
      olderSigned: false,
    });
    const inclusion = await text(`inclusion/${applied}/${newer.size}`);
    const [entry] = await rig.store.reader.audit.entriesAt([applied]);
    expect(openProofFile(inclusion, leafHash(entry!.leaf), keys)).toMatchObject({
      kind: 'ok',
      index: applied,
    });
    expect(inclusion).not.toContain(Buffer.from(entry!.leaf).toString('base64').slice(0, 40));
    const none = async (path: string, status: number) => {
      const reply = await rig.get(null, `/api/audit/${path}`);
      expect(reply.statusCode, path).toBe(status);
      return (reply.json() as { detail?: string }).detail;
    };
    expect(await none(`consistency/1/${unsigned}`, 404)).toContain(`the next one has ${next}`);
    expect(await none(`consistency/${newer.size}/${older.size}`, 404)).toContain('older size first');
    expect(await none(`inclusion/${newer.size}/${newer.size}`, 404)).toContain('not among the first');
    expect(await none(`inclusion/0/${newer.size + 99}`, 404)).toContain('the newest one has');
    await none('inclusion/-1/5', 400);
    await none('consistency/x/5', 400);
    expect(rig.size()).toBe(before);
  });

  test('the public checkpoint is signed at most once a second', async () => {
    rig.time.now += 2_000;
    const first = await rig.get(null, '/api/audit/checkpoint');
    await rig.act(clerk, 'voter.view', {});
    expect((await rig.get(null, '/api/audit/checkpoint')).body).toBe(first.body);
    rig.time.now += 1_000;
    expect((await rig.get(null, '/api/audit/checkpoint')).body).not.toBe(first.body);
  });

  test('bundles of raw entries are for auditors alone, and fetching one is an entry', async () => {
    const before = rig.size();
    const bundle = await rig.get(auditor, '/api/audit/tile/entries/000');
    expect(bundle.statusCode).toBe(200);
    expect(bundle.headers['cache-control']).toBe('no-store');
    const decoded = decodeBundle(bundle.rawPayload, 256);
    expect(decoded.kind).toBe('ok');
    const [entry] = await rig.store.reader.audit.entriesAt([applied]);
    expect(decoded.leaves[applied]!.equals(entry!.leaf)).toBe(true);
    expect(rig.size()).toBe(before + 1);
    for (const [who, status] of [
      [null, 401],
      [security, 403],
      [supervisor, 403],
    ] as const)
      expect((await rig.get(who, '/api/audit/tile/entries/000')).statusCode).toBe(status);
    expect((await rig.get(auditor, '/api/audit/tile/entries/900')).statusCode).toBe(404);
  });
});
