/** Claims about `commit`: what belongs together becomes durable together, and one unit's fault is its own. */
import { expect, it } from 'vitest';
import type { Change, CommitUnit } from '../store.ts';
import { LogUnavailable } from '../store.ts';
import { commission, draft, insertCommission, type Place, reading } from './rig.ts';

export function commitClaims(fresh: () => Promise<Place>): void {
  it('makes a change and its entry durable together, the entry named in the change', async () => {
    const store = await (await fresh()).open();
    await store.commit(reading(0));
    const result = await store.commit({
      changes: [
        {
          op: 'insert',
          table: 'applicationStep',
          row: {
            application: 'a1',
            version: 1,
            at: 5,
            officer: 'o1',
            action: 'receive',
            state: 'received',
            entry: { entrySeq: 1 },
          },
        },
      ],
      entries: [draft(1), draft(2)],
    });
    expect(result).toEqual({ kind: 'done', seqs: [1, 2], skipped: [] });
  });

  it('reads what was just acknowledged', async () => {
    const store = await (await fresh()).open();
    await store.commit({ changes: [insertCommission('1001')], entries: [draft(0)] });
    expect(await store.reader.commissions.byCode('1001')).toEqual(commission('1001'));
  });

  it('finds a unit and all below it, and no neighbour, by its path', async () => {
    const store = await (await fresh()).open();
    const rows = [commission('10'), commission('11', '/10/'), commission('12', '/10/11/'), commission('100')];
    await store.commit({
      changes: rows.map((row): Change => ({ op: 'insert', table: 'commission', row })),
      entries: [draft(0)],
    });
    expect((await store.reader.commissions.underPath('/10/')).map((row) => row.code)).toEqual([
      '10',
      '11',
      '12',
    ]);
    expect((await store.reader.commissions.all()).map((row) => row.path)).toEqual([
      '/10/',
      '/10/11/',
      '/10/11/12/',
      '/100/',
    ]);
  });

  it('undoes a unit that met a conflict in mid-batch alone, and writes its conflict entry instead', async () => {
    const place = await fresh();
    const store = await place.open();
    const insert = (code: string): CommitUnit => ({
      changes: [insertCommission(code)],
      entries: [draft(1)],
      onConflict: draft(2, { outcome: 'conflict' }),
    });
    // All in one turn of the event loop: one batch.
    const results = await Promise.all([
      store.commit(insert('1001')),
      store.commit({
        changes: [insertCommission('1002'), insertCommission('1001')],
        entries: [draft(3), draft(4)],
        onConflict: draft(5, { outcome: 'conflict' }),
      }),
      store.commit(insert('1003')),
      store.commit(reading(6)),
    ]);
    expect(results).toEqual([
      { kind: 'done', seqs: [0], skipped: [] },
      { kind: 'conflict', change: 1, seqs: [1] },
      { kind: 'done', seqs: [2], skipped: [] },
      { kind: 'done', seqs: [3], skipped: [] },
    ]);
    expect((await store.reader.commissions.all()).map((row) => row.code)).toEqual(['1001', '1003']);
    const leaves = await place.sql<{ seq: number; leaf: Buffer }>('select seq, leaf from entry order by seq');
    expect(leaves.map(({ leaf }) => JSON.parse(leaf.toString()).outcome)).toEqual([
      'done',
      'conflict',
      'done',
      'done',
    ]);
  });

  it('writes no entry for a conflict that brought none', async () => {
    const store = await (await fresh()).open();
    await store.commit({ changes: [insertCommission('1001')], entries: [draft(0)] });
    expect(await store.commit({ changes: [insertCommission('1001')], entries: [draft(1)] })).toEqual({
      kind: 'conflict',
      change: 0,
      seqs: [],
    });
    expect(store.status().size).toBe(1);
  });

  it('treats another version, a missing row and a taken key as conflicts, never as nothing', async () => {
    const store = await (await fresh()).open();
    await store.commit({
      changes: [insertCommission('1001'), { op: 'insert', table: 'commission', row: commission('1002') }],
      entries: [draft(0)],
    });
    const meets = async (change: Change) =>
      (await store.commit({ changes: [change], entries: [draft(1)] })).kind;
    const set = { address: 'Ош шаары' };
    expect(
      await meets({ op: 'update', table: 'commission', key: { code: '1001' }, expect: { version: 2 }, set }),
    ).toBe('conflict');
    expect(await meets({ op: 'update', table: 'commission', key: { code: '9999' }, set })).toBe('conflict');
    expect(await meets({ op: 'delete', table: 'commission', key: { code: '9999' } })).toBe('conflict');
    expect(
      await meets({ op: 'update', table: 'commission', key: { code: '1001' }, set: { path: '/1002/' } }),
    ).toBe('conflict');
    expect(await meets({ op: 'ensure', table: 'commission', row: commission('1001') })).toBe('done');
    expect(
      await meets({
        op: 'update',
        table: 'commission',
        key: { code: '1001' },
        expect: { parent: null, version: 1 },
        set,
      }),
    ).toBe('done');
    expect(
      await meets({ op: 'delete', table: 'commission', key: { code: '1002' }, expect: { version: 1 } }),
    ).toBe('done');
    expect(await store.reader.commissions.all()).toEqual([{ ...commission('1001'), address: 'Ош шаары' }]);
  });

  it('changes every row there is by then, and none without a conflict, where the change says so', async () => {
    const store = await (await fresh()).open();
    const commit = async (...changes: Change[]) =>
      (await store.commit({ changes, entries: [draft(0)], onConflict: draft(1) })).kind;
    const codes = (officer: string) => store.reader.factors.recoveryCodes(officer);
    const insert = (officer: string, hash: string): Change => ({
      op: 'insert',
      table: 'recoveryCode',
      row: { officer, hash, madeAt: 1, usedAt: null },
    });
    const use = { op: 'update-all', table: 'recoveryCode', key: { officer: 'a', usedAt: null } } as const;
    const clear: Change = { op: 'delete-all', table: 'recoveryCode', key: { officer: 'a' } };
    expect(await commit(clear, { ...use, set: { usedAt: 2 } })).toBe('done');
    // In one batch: what was handed in before it goes too, whoever read the table when.
    expect(
      await Promise.all([commit(insert('a', '1'), insert('a', '2'), insert('b', '3')), commit(clear)]),
    ).toEqual(['done', 'done']);
    expect([await codes('a'), await codes('b')]).toMatchObject([{ made: 0 }, { made: 1 }]);
    await commit(insert('a', '4'), insert('a', '5'));
    expect(await commit({ ...use, set: { usedAt: 2 } })).toBe('done');
    expect(await codes('a')).toMatchObject({ made: 2, left: 0 });
  });

  it('rejects a malformed unit alone, and its neighbours go on', async () => {
    const store = await (await fresh()).open();
    const wrong: [string, CommitUnit][] = [
      [
        'an unknown column',
        unit({ op: 'update', table: 'voter', key: { id: 'v' }, set: { nick: 'x' } as never }),
      ],
      [
        'a value compared with undefined',
        unit({ op: 'delete', table: 'voter', key: { id: undefined } as never }),
      ],
      ['no key', unit({ op: 'delete', table: 'voter', key: {} })],
      ['no key for all', unit({ op: 'delete-all', table: 'voter', key: {} })],
      ['a missing column', unit({ op: 'insert', table: 'surname', row: { fold: null } as never })],
      [
        'text for a number',
        unit({ op: 'insert', table: 'commission', row: { ...commission('1'), version: 'x' } as never }),
      ],
      ['a NUL character', unit({ op: 'insert', table: 'surname', row: { fold: 'a\0b' } })],
      [
        'an entry the unit does not have',
        unit({ op: 'update', table: 'voter', key: { id: 'v' }, set: { version: { entrySeq: 1 } } }),
      ],
      ['a leaf beyond 65,535 bytes', { changes: [], entries: [{ leaf: 'ө'.repeat(32_768), event: '{}' }] }],
      [
        'an update of the log',
        unit({ op: 'update', table: 'entry', key: { seq: 0 }, set: { leaf: Buffer.from('x') } }),
      ],
      ['a deletion from the log', unit({ op: 'delete', table: 'checkpoint', key: { size: 0 } })],
      ['one of all of it', unit({ op: 'delete-all', table: 'entry', key: { seq: 0 } })],
      ['an erasure of more than was named', unit({ op: 'delete-all', table: 'event', key: { seq: 0 } })],
      ['an insert into the log', unit({ op: 'insert', table: 'checkpoint', row: { size: 0, note: '' } })],
      ['an event without its entry', unit({ op: 'insert', table: 'event', row: { seq: 0, json: '{}' } })],
      [
        'an unknown table',
        unit({ op: 'delete', table: 'sqlite_master' as never, key: { name: 'x' } as never }),
      ],
      [
        'a change of a voter without an entry',
        { changes: [{ op: 'delete', table: 'voter', key: { id: 'v' } }], entries: [] },
      ],
    ];
    const answers = await Promise.allSettled([
      store.commit(reading(0)),
      ...wrong.map(([, bad]) => store.commit(bad)),
      store.commit(reading(1)),
    ]);
    for (const [i, [name]] of wrong.entries())
      expect([name, answers[i + 1]!.status]).toEqual([name, 'rejected']);
    expect(answers.at(-1)).toEqual({ status: 'fulfilled', value: { kind: 'done', seqs: [1], skipped: [] } });
    expect(store.status().size).toBe(2);
  });

  it('lets bookkeeping pass without an entry', async () => {
    const store = await (await fresh()).open();
    const change: Change = {
      op: 'insert',
      table: 'throttle',
      row: { lane: 'l', failures: 1, blockedUntil: 0, updatedAt: 0 },
    };
    expect(await store.commit({ changes: [change], entries: [] })).toEqual({
      kind: 'done',
      seqs: [],
      skipped: [],
    });
    expect(store.status().size).toBe(0);
  });

  it('keeps bytes, empty text, nulls and great numbers as they were', async () => {
    const place = await fresh();
    const store = await place.open();
    const content = Buffer.from([0, 255, 92, 120, 39]);
    await store.commit({
      changes: [
        {
          op: 'insert',
          table: 'attachment',
          row: {
            id: 'a',
            application: '',
            sha256: 'ө\'"\\{},',
            mediaType: 'text/plain',
            size: Number.MAX_SAFE_INTEGER,
            content,
            shelf: null,
            addedAt: 1_770_000_000_000,
            addedBy: 'o',
          },
        },
      ],
      entries: [draft(0)],
    });
    const [row] = await place.sql<{
      content: Buffer;
      size: number;
      shelf: null;
      sha256: string;
      application: string;
    }>('select content, size, shelf, sha256, application from attachment');
    expect(row).toEqual({
      content,
      size: Number.MAX_SAFE_INTEGER,
      shelf: null,
      sha256: 'ө\'"\\{},',
      application: '',
    });
  });

  it('loads rows, skipping those whose key exists, and names them', async () => {
    const place = await fresh();
    const store = await place.open();
    const rows = Array.from({ length: 2_500 }, (_, i) => [`тегиz-${i}`]);
    rows[3] = ['тегиz-2'];
    rows[2_499] = ['тегиz-0'];
    const load = (more: string[][]): Change => ({
      op: 'load',
      table: 'surname',
      columns: ['fold'],
      rows: more,
    });
    expect(await store.commit({ changes: [load(rows)], entries: [draft(0)] })).toEqual({
      kind: 'done',
      seqs: [0],
      skipped: [3, 2_499],
    });
    expect(
      await store.commit({ changes: [load([['жаңы']]), load([['тегиz-1'], ['эски']])], entries: [draft(1)] }),
    ).toEqual({
      kind: 'done',
      seqs: [1],
      skipped: [1],
    });
    expect((await place.sql('select fold from surname')).length).toBe(2_500);
  });

  it('gives concurrent commits seqs without gaps, in their order', async () => {
    const store = await (await fresh()).open();
    const seqs: number[] = [];
    const client = async (first: number) => {
      for (let i = 0; i < 20; i++) seqs.push((await store.commit(reading(first + i))).seqs[0]!);
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => client(i * 100)));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_280 }, (_, i) => i));
    expect(store.status()).toEqual({ size: 1_280, accepting: true, why: null, failed: null, queued: 0 });
  });

  it('refuses what a full queue cannot take', async () => {
    const store = await (await fresh()).open({ queueLimit: 10 });
    const answers = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => store.commit(reading(i))));
    expect(answers.map((answer) => answer.status)).toEqual([
      ...Array<string>(10).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(answers[11]).toMatchObject({ reason: expect.any(LogUnavailable) });
    expect((await store.commit(reading(12))).seqs).toEqual([10]);
  });
}

function unit(change: Change): CommitUnit {
  return { changes: [change], entries: [draft(0)] };
}
