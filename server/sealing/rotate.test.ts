/** Rotation of the sealing key on both engines: nothing is left under the old key, lost, or done twice, however often it is cut. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Place, type Rig, startRig } from '#db/conformance/rig.ts';
import { getTableColumns, getTableName } from '#db/drizzle.ts';
import type { MaintainedStore } from '#db/open.ts';
import { sealedColumns } from '#db/schema/sealed.ts';
import { createTables } from '#db/schema/tables.ts';
import { sqliteDialect } from '#db/sqlite/dialect.ts';
import type { Change } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import { addKey, createKeys, loadKeys } from '#server/keys.ts';
import { SealBroken, sealedWith } from '#server/lib/secrets.ts';
import { composeRooms, indexedTexts } from '#server/rooms.ts';
import { countByKey, rotateSeals } from './rotate.ts';

const policiesDir = join(import.meta.dirname, '../../policies');
const clock = () => 1_770_000_000_000;
const officers = 230;

test('every column of bytes outside the log is known to be sealed', () => {
  const log = new Set(['entry', 'tile', 'checkpoint', 'cosignature']);
  const found = Object.entries(createTables(sqliteDialect)).flatMap(([name, table]) =>
    log.has(getTableName(table))
      ? []
      : Object.entries(getTableColumns(table)).flatMap(([property, { dataType }]) =>
          dataType === 'buffer' ? [`${name}.${property}`] : [],
        ),
  );
  const known = Object.entries(sealedColumns).flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`),
  );
  expect(found.sort()).toEqual(known.sort());
});

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let rig: Rig;
  let place: Place;
  let store: MaintainedStore;
  let rooms: Awaited<ReturnType<typeof composeRooms>>;
  let keysDir: string;

  beforeAll(async () => {
    rig = await startRig(engine);
  }, 120_000);
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    keysDir = join(mkdtempSync(join(tmpdir(), 'kuzot-rotate-')), 'keys');
    createKeys(keysDir, 'test.kuzot.invalid/log');
    const keys = loadKeys(keysDir);
    place = await rig.fresh();
    const { origin, signingKeyPem, headFile } = keys;
    store = await place.open({ origin, signingKeyPem, headFile, clock });
    rooms = await composeRooms({
      store,
      keys,
      policiesDir,
      node: 'test',
      clock,
      limits: true,
      onFault: (error) => console.error(error),
    });
    const changes: Change[] = Array.from({ length: officers }, (_, n) => officer(n));
    changes.push(unit, application('a1', true), application('a2', false), savedView(), passkey());
    const set = await rooms.gate.change(asSystem(), 'system.init', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes, value: null, about: {} }),
    });
    expect(set.kind).toBe('done');
  });
  afterEach(async () => {
    await rooms.access.close();
    await place.remove();
    rmSync(join(keysDir, '..'), { recursive: true });
  });

  const asSystem = () => systemContext('keys', clock(), crypto.randomUUID());
  const sealed = (table: string, column: string, id: string, text: string) =>
    loadKeys(keysDir).seal.seal({ table, column, id }, Buffer.from(text));
  const passport = { number: '1234567', series: 'ID' };
  const indexOf = (number: string) =>
    loadKeys(keysDir).index.of({ table: 'application', column: 'passport_index' }, `ID${number}`);
  const idOf = (n: number) => `officer-${String(n).padStart(4, '0')}`;
  function officer(n: number): Change {
    const id = idOf(n);
    const row = {
      ...{ id, login: id, surname: 'Осмонова', givenName: 'Асел', patronymic: '', role: 'auditor' },
      ...{ commission: 'CEC', state: 'active', createdBy: 'system:test', passwordTemporary: 0, totpStep: 0 },
      ...{ clearanceOrder: '1', clearanceLevel: 'personal', clearanceUntil: '2027-01-01', version: 1 },
      // One in ten has not enrolled yet.
      totpSeed: n % 10 === 0 ? null : sealed('officer', 'totp_seed', id, `seed ${n}`),
    };
    return { op: 'insert', table: 'officer', row };
  }
  function application(id: string, isFull: boolean): Change {
    const row = {
      ...{ id, number: id, kind: 'correction', channel: 'precinct', election: 'e', precinct: '1001' },
      ...{ territory: 'T1', state: 'received', legalBasis: 'x', takenBy: idOf(1), createdAt: 1 },
      ...{ photoMatched: 0, version: 3 },
      applicant: sealed('application', 'applicant', id, 'applicant'),
      change: sealed('application', 'change', id, 'change'),
      passport: isFull ? sealed('application', 'passport', id, JSON.stringify(passport)) : null,
      passportIndex: isFull ? indexOf(passport.number) : null,
      representative: isFull ? sealed('application', 'representative', id, 'representative') : null,
    };
    return { op: 'insert', table: 'application', row };
  }
  const unit: Change = {
    op: 'insert',
    table: 'commission',
    row: {
      ...{ code: '1001', level: 'PEC', parent: null, path: '/1001/', address: '', version: 1 },
      ...{ nameKy: '1001', nameRu: '1001', nameEn: '1001' },
    },
  };
  const passkey = (): Change => ({
    op: 'insert',
    table: 'passkey',
    row: {
      ...{ id: 'k1', officer: idOf(1), credential: 'c1', publicKey: '', counter: 0, transports: '' },
      ...{ synced: 0, name: '', createdAt: 1, usedAt: null },
      sealedName: sealed('passkey', 'sealed_name', 'k1', 'name'),
    },
  });
  const savedView = (): Change => ({
    op: 'insert',
    table: 'savedView',
    row: { id: 'w1', officer: idOf(1), createdAt: 1, sealed: sealed('savedView', 'sealed', 'w1', 'view') },
  });
  const values = officers - officers / 10 + 4 + 2 + 1 + 1;
  const rotate = (context = asSystem) => {
    const { seal, sealVersions, index, indexVersions } = loadKeys(keysDir);
    const versions = { seal: sealVersions.at(-1)!, index: indexVersions.at(-1)! };
    const { reader } = store;
    return rotateSeals({ gate: rooms.gate, reader, context, seal, index, versions, indexed: indexedTexts });
  };
  const counts = async (kind: 'seal' | 'index' = 'seal') =>
    Object.fromEntries((await countByKey(store.reader.system))[kind]);
  const found = (number: string) =>
    store.reader.applications.withDocument(
      loadKeys(keysDir).index.all({ table: 'application', column: 'passport_index' }, `ID${number}`),
      '',
      '/',
    );

  test('13.3.4 everything opens without the old key afterwards, and nothing but the sealed bytes has changed', async () => {
    expect(addKey(keysDir, 'seal')).toBe(2);
    expect(statSync(join(keysDir, 'seal-2.key')).mode & 0o777).toBe(0o600);
    expect(await rotate()).toMatchObject({ kind: 'done', value: { resealed: values, values } });
    expect(await counts()).toEqual({ 2: values });
    rmSync(join(keysDir, 'seal-1.key'));
    const { seal } = loadKeys(keysDir);
    const rows = [];
    for (let after = ''; ; after = rows.at(-1)!.id) {
      const page = await store.reader.system.sealedRows('officer', after, 100);
      if (page.length === 0) break;
      rows.push(...page);
    }
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: officers }, (_, n) => idOf(n)));
    for (const [
      n,
      {
        id,
        values: [one],
      },
    ] of rows.entries()) {
      if (n % 10 === 0) expect(one).toBeUndefined();
      else
        expect(seal.open({ table: 'officer', column: 'totp_seed', id }, one!.bytes).toString()).toBe(
          `seed ${n}`,
        );
    }
    const full = (await store.reader.system.sealedRows('application', '', 1))[0]!;
    for (const { column, bytes } of full.values)
      expect(seal.open({ table: 'application', column, id: 'a1' }, bytes).toString()).toBe(
        column === 'passport' ? JSON.stringify(passport) : column,
      );
    const kept = await place.sql<{ version: number; state: string }>(
      'select version, state from application order by id',
    );
    expect(kept.map(({ version, state }) => [Number(version), state])).toEqual([
      [3, 'received'],
      [3, 'received'],
    ]);
  });

  test('each commit is an entry, and the last one says that all was found under the new key', async () => {
    addKey(keysDir, 'seal');
    await rotate();
    await store.settled();
    const rows = await place.sql<{ act: string }>("select act from trail where act = 'system.keys-rotate'");
    // The beginning, three pages of officers, one of applications, one of saved views, one of passkeys, and the end.
    expect(rows).toHaveLength(8);
  });

  test.each([2, 3, 4, 5])(
    '13.3.4 cut at commit %i it goes on where it was, with the same key',
    async (cut) => {
      addKey(keysDir, 'seal');
      let made = 0;
      const cutting = () => {
        if (++made === cut) throw new Error('cut');
        return asSystem();
      };
      await expect(rotate(cutting)).rejects.toThrow('cut');
      const between = await counts();
      expect((between[1] ?? 0) + (between[2] ?? 0)).toBe(values);
      expect(between[1] ?? 0).toBeGreaterThan(0);
      expect(await rotate()).toMatchObject({ value: { resealed: between[1], values } });
      expect(await counts()).toEqual({ 2: values });
      expect(readdirSync(keysDir).filter((name) => name.startsWith('seal-'))).toEqual([
        'seal-1.key',
        'seal-2.key',
      ]);
    },
  );

  test('a value with a flipped bit is named by its column, stays as it is, and stops the end being told', async () => {
    addKey(keysDir, 'seal');
    const [row] = await store.reader.system.sealedRows('application', '', 1);
    const { bytes } = row!.values[0]!;
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 20]! ^= 1;
    const set = await rooms.gate.change(asSystem(), 'system.init', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        changes: [{ op: 'update', table: 'application', key: { id: 'a1' }, set: { applicant: flipped } }],
        value: null,
        about: {},
      }),
    });
    expect(set.kind).toBe('done');
    await expect(rotate()).rejects.toThrow(SealBroken);
    await expect(rotate()).rejects.toThrow(/application\.applicant/);
    const [after] = await store.reader.system.sealedRows('application', '', 1);
    expect(sealedWith(after!.values[0]!.bytes)).toBe(1);
  });

  test('a blind index is found under either key while it is made anew, and under the new one alone afterwards', async () => {
    expect(await found('1234567')).toBe(1);
    expect(await found('7654321')).toBe(0);
    addKey(keysDir, 'index');
    // Not a row is touched yet, and the new key is the one that would store.
    expect(await found('1234567')).toBe(1);
    expect(await rotate()).toMatchObject({ value: { resealed: 0, reindexed: 1, indexes: 1 } });
    expect(await counts('index')).toEqual({ 2: 1 });
    rmSync(join(keysDir, 'index-1.key'));
    expect(await found('1234567')).toBe(1);
  });

  test('a blind index that is missing or was altered is made as it should be', async () => {
    for (const passportIndex of [null, indexOf('7654321'), 'nonsense']) {
      const set = await rooms.gate.change(asSystem(), 'system.init', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          changes: [{ op: 'update', table: 'application', key: { id: 'a1' }, set: { passportIndex } }],
          value: null,
          about: {},
        }),
      });
      expect([set.kind, await found('1234567')]).toEqual(['done', 0]);
      expect(await rotate()).toMatchObject({ value: { resealed: 0, reindexed: 1 } });
      expect(await found('1234567')).toBe(1);
    }
  });

  test('a second rotation leaves nothing under the first or the second key', async () => {
    addKey(keysDir, 'seal');
    await rotate();
    addKey(keysDir, 'seal');
    expect(await rotate()).toMatchObject({ value: { resealed: values, values } });
    expect(await counts()).toEqual({ 3: values });
  });
});
