/** What an import leaves in a real store: entries, rows, surnames; and what it hands back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MaintainedStore, openReadOnly, openStore } from '#db/open.ts';
import { systemContext } from '#server/gate/context.ts';
import { createGate } from '#server/gate/gate.ts';
import { generateSigner, signerToPem } from '#server/lib/log/note.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import type { Policy } from '#server/policy/relation.ts';
import type { VoterImportRow } from './import/rows.ts';
import { createVoterSink, ImportRefused, type WatchedStore, watchSkipped } from './sink.ts';

const dir = mkdtempSync(join(tmpdir(), 'kuzot-sink-'));
const path = join(dir, 'kuzot.sqlite');
const sha256 = 'a'.repeat(64);
const now = Date.UTC(2025, 10, 4, 3);
const permissive: Policy = { hash: 'test', decide: () => ({ kind: 'permit', policy: 'test' }) };
let opened: MaintainedStore;
let store: WatchedStore;
const macs = createRowMacs(Buffer.alloc(32), true);

beforeAll(async () => {
  const origin = 'test.kuzot.invalid/log';
  opened = await openStore(`sqlite:${path}`, {
    origin,
    signingKeyPem: signerToPem(generateSigner(origin)),
    headFile: join(dir, 'head'),
    create: true,
    clock: () => now,
  });
  store = watchSkipped(opened);
  const gate = createGate({ store, policy: permissive, macs, node: 'test' });
  const unit = {
    code: '1001',
    level: 'PEC',
    parent: null,
    path: '/1001/',
    nameKy: '',
    nameRu: '',
    nameEn: '',
    address: '',
    version: 1,
  };
  await gate.change(systemContext('test', now, 'r0'), 'system.init', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      changes: [{ op: 'insert', table: 'commission', row: unit }],
      value: null,
      about: {},
    }),
  });
});
afterAll(async () => {
  await opened.close();
  rmSync(dir, { recursive: true });
});

let people = 0;
function row(over: Partial<VoterImportRow> = {}): VoterImportRow {
  people += 1;
  return {
    pin: String(10_101_198_000_000 + people),
    identifierScheme: 'kg-pin',
    surname: 'Төлөгөнова',
    givenName: 'Жаңыл',
    patronymic: '',
    birthDate: null,
    sex: null,
    address: '',
    precinct: '1001',
    fold: 'тологонова жаныл',
    flags: [],
    ...over,
  };
}

function sink(policy: Policy = permissive, over: { frozen?: boolean; legalReference?: string } = {}) {
  const gate = createGate({ store, policy, macs, node: 'test' });
  const { frozen = false, legalReference = '' } = over;
  const context = () => systemContext('import', now, 'r1');
  return createVoterSink({
    gate,
    store,
    context,
    sha256,
    fromRow: 2,
    isFrozen: async () => frozen,
    legalReference,
  });
}

async function lastEntries(count: number) {
  const { log, close } = await openReadOnly(`sqlite:${path}`);
  const { entries } = await log.counts();
  const from = entries - count;
  const leaves: Record<string, unknown>[] = [];
  for await (const leaf of log.readLeaves(from, entries)) leaves.push(JSON.parse(leaf.toString()));
  const events = (await log.readEvents(from, entries)).map(({ json }) => JSON.parse(json).detail.json);
  await close();
  return { leaves, events };
}

describe('the sink of an import', () => {
  test('makes one entry a batch, naming the file and the rows it dealt with, and no voter', async () => {
    const { write } = sink();
    await write([row(), row()], 4);
    await write([row()], 9);
    const { leaves, events } = await lastEntries(2);
    expect(leaves).toMatchObject([
      { act: 'list.import', actor: 'system:import', artifact: sha256, n: 2 },
      { act: 'list.import', artifact: sha256, n: 1 },
    ]);
    expect(events).toMatchObject([
      { file: sha256, batch: 1, fromRow: 2, throughRow: 4 },
      { batch: 2, fromRow: 5, throughRow: 9 },
    ]);
    expect(JSON.stringify([leaves, events])).not.toMatch(/Төлөгөнова|тологонова|101011980/);
  });

  test('hands back who is registered, and takes the others, also when surnames are known', async () => {
    const { write } = sink();
    const before = row();
    expect(await write([before], 2)).toEqual({ rejected: [] });
    const [fresh, other] = [row({ surname: 'Ёлкина', fold: 'елкина жаныл' }), row()];
    const answer = await write([fresh, { ...before, surname: 'Башка' }, other], 5);
    expect(answer.rejected).toEqual([{ index: 1, reason: 'already-registered' }]);
    expect((await store.reader.voters.byPin(before.pin))?.voter.surname).toBe('Төлөгөнова');
    expect((await store.reader.voters.byPin(other.pin))?.voter).toMatchObject({
      status: 'listed',
      version: 1,
      birthDate: '',
      sex: '',
      changedAt: now,
    });
    expect(await store.reader.voters.surnames()).toEqual(expect.arrayContaining(['тологонова', 'елкина']));
  });

  test('a check finds the same and changes nothing', async () => {
    const { write, check } = sink();
    const before = row();
    await write([before], 2);
    const { size } = store.status();
    const fresh = row();
    expect(await check!([fresh, before])).toEqual({ rejected: [{ index: 1, reason: 'already-registered' }] });
    expect(store.status().size).toBe(size);
    expect(await store.reader.voters.byPin(fresh.pin)).toBeNull();
  });

  test('what policy denies takes no row', async () => {
    const denying: Policy = {
      hash: 'test',
      decide: () => ({ kind: 'deny', policy: 'test', remedy: 'none' }),
    };
    const one = row();
    await expect(sink(denying).write([one], 2)).rejects.toThrow(ImportRefused);
    expect(await store.reader.voters.byPin(one.pin)).toBeNull();
  });

  test('a frozen list takes a row only by a named decision, also when it is only tried (R27)', async () => {
    const one = row();
    const frozen = { frozen: true };
    const refused = expect.objectContaining({ refusal: 'frozen' });
    await expect(sink(permissive, frozen).write([one], 2)).rejects.toEqual(refused);
    await expect(sink(permissive, frozen).check!([one])).rejects.toEqual(refused);
    expect(await store.reader.voters.byPin(one.pin)).toBeNull();
    expect((await lastEntries(1)).leaves).toMatchObject([{ act: 'list.import', outcome: 'denied' }]);
    const decided = sink(permissive, { ...frozen, legalReference: 'Сот чечими № 9' });
    await decided.check!([one]);
    await decided.write([one], 2);
    expect(await store.reader.voters.byPin(one.pin)).not.toBeNull();
    expect((await lastEntries(1)).events).toMatchObject([{ frozen: true, legalReference: 'Сот чечими № 9' }]);
  });

  test('ids are opaque and never the same', async () => {
    const rows = Array.from({ length: 3000 }, () => row());
    await sink().write(rows, 3001);
    const ids = await Promise.all(
      rows.map(async ({ pin }) => (await store.reader.voters.byPin(pin))!.voter.id),
    );
    expect(new Set(ids).size).toBe(3000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
  });
});
