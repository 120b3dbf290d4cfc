/** Claims about failing storage: answers follow what is durable, nothing false is signed, and the log goes on. */
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { postgresDialect } from '../postgres/dialect.ts';
import { columnTypes, PostgresEngine } from '../postgres/engine.ts';
import { tableFacts } from '../schema/facts.ts';
import { createTables } from '../schema/tables.ts';
import { sqliteDialect } from '../sqlite/dialect.ts';
import { SqliteEngine } from '../sqlite/engine.ts';
import { type CommitUnit, LogUnavailable } from '../store.ts';
import type { NewEntries, WriteEngine } from '../writer/engine.ts';
import { readHead, writeHead } from '../writer/head-file.ts';
import { encodeUnit, type WriteUnit } from '../writer/units.ts';
import { LogWriter, type UnitAnswer } from '../writer/writer.ts';
import { verifiedSize } from './log.suite.ts';
import { draft, insertCommission, origin, type Place, reading, signingKeyPem, verifier } from './rig.ts';

/** Makes COMMIT fail, not a statement before it, for a batch with this event. */
const boom: CommitUnit = { changes: [], entries: [{ leaf: '{}', event: '"boom"' }] };
const failAtCommit = {
  sqlite: `
    create table fault_parent (id integer primary key) strict;
    create table fault (id integer references fault_parent (id) deferrable initially deferred) strict;
    create trigger fault_at_commit after insert on event when new.json = '"boom"'
      begin insert into fault values (1); end;`,
  postgres: `
    create function fault() returns trigger language plpgsql as $$ begin raise exception 'boom'; end $$;
    create constraint trigger fault_at_commit after insert on event deferrable initially deferred
      for each row when (new.json = '"boom"') execute function fault();`,
};

export function recoveryClaims(fresh: () => Promise<Place>): void {
  it('refuses every unit of a commit that failed, and goes on without a gap', async () => {
    const place = await fresh();
    const store = await place.open();
    await store.commit(reading(0));
    await place.sql(failAtCommit[place.engine]);
    const change: CommitUnit = { changes: [insertCommission('1001')], entries: [draft(1)] };
    const answers = await Promise.allSettled([
      store.commit(change),
      store.commit(boom),
      store.commit(reading(2)),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ reason: expect.any(LogUnavailable) });
    expect(await store.reader.commissions.all()).toEqual([]);
    expect((await store.commit(change)).seqs).toEqual([1]);
    expect(store.status()).toEqual({
      size: 2,
      accepting: true,
      why: null,
      failed: { at: expect.any(Number), why: expect.stringContaining('could not be written') },
      queued: 0,
    });
    await store.checkpoint();
    expect(await verifiedSize(place)).toBe(2);
  });

  it('acknowledges a batch whose commit was reported failed but did become durable', async () => {
    const place = await fresh();
    const faults: Faults = {};
    const writer = await openWriter(place, faults);
    await writer.write([reading(0)]);
    faults.commit = async (commit) => {
      faults.commit = undefined;
      await commit();
      throw new Error('the answer was lost');
    };
    expect(await writer.write([reading(1), reading(2)])).toEqual([
      { kind: 'done', seqs: [1], skipped: [] },
      { kind: 'done', seqs: [2], skipped: [] },
    ]);
    expect(await writer.write([reading(3)])).toEqual([{ kind: 'done', seqs: [3], skipped: [] }]);
    await writer.close();
    expect(await verifiedSize(place)).toBe(4);
  });

  it('accepts nothing while the storage fails, says why, and comes back by itself', async () => {
    const place = await fresh();
    const faults: Faults = {};
    const writer = await openWriter(place, faults);
    faults.full = new Error('no space left');
    const [answer] = await writer.write([reading(0)]);
    expect(answer).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('no space left') });
    expect(writer.status()).toMatchObject({
      accepting: false,
      why: expect.stringContaining('no space left'),
    });
    faults.full = undefined;
    await writer.acceptingAgain();
    expect(await writer.write([reading(1)])).toEqual([{ kind: 'done', seqs: [0], skipped: [] }]);
    await writer.close();
  });

  it('signs nothing when a byte read back is not the byte written', async () => {
    const place = await fresh();
    const faults: Faults = {};
    const writer = await openWriter(place, faults);
    await writer.write([reading(0), reading(1)]);
    faults.rows = (rows) => {
      faults.rows = undefined;
      const { leaves, lengths } = rows[0] as { leaves: Buffer; lengths: string };
      leaves[Number(lengths.split(',')[0]) + 10]! ^= 1;
    };
    await expect(writer.checkpoint()).rejects.toThrow(
      'Entry 1: the stored bytes no longer give the stored hash',
    );
    expect(await place.sql('select size from checkpoint')).toEqual([]);
    await writer.close();
    expect(await verifiedSize(place)).toBe(2);
  });

  it('goes on without projections that cannot be built, and says so to whoever waits for them', async () => {
    const place = await fresh();
    const store = await place.open();
    await place.sql('alter table trail rename to trail_away');
    await store.commit(reading(0));
    await expect(store.settled()).rejects.toThrow('trail');
    expect((await store.commit(reading(1))).seqs).toEqual([1]);
    expect((await store.checkpoint()).size).toBe(2);
    await place.sql('alter table trail_away rename to trail');
    await store.rebuildProjections();
    expect((await place.sql('select seq from trail')).length).toBe(2);
  });

  it.each(['begin', 'mark', 'run', 'append', 'addTiles', 'commit'] as const)(
    'loses nothing acknowledged and repeats no seq when %s fails in the middle of a batch',
    async (step) => {
      const place = await fresh();
      const faults: Faults = {};
      const writer = await openWriter(place, faults);
      await writer.write(Array.from({ length: 255 }, (_, i) => reading(i)));
      const unit = (code: string): CommitUnit => ({ changes: [insertCommission(code)], entries: [draft(0)] });
      faults.step = step;
      const answers = await writer.write([unit('1001'), unit('1002')]);
      expect(answers.map(({ kind }) => kind)).toEqual(['unavailable', 'unavailable']);
      expect(faults.step, 'the step was reached').toBeUndefined();
      expect(await place.sql('select code from commission')).toEqual([]);
      expect(await writer.write([unit('1001')])).toEqual([{ kind: 'done', seqs: [255], skipped: [] }]);
      await writer.close();
      expect(await verifiedSize(place)).toBe(256);
    },
  );

  it('takes no entries while the head file cannot be made durable, says so, and signs each size once', async () => {
    const place = await fresh();
    const writer = await openWriter(place, {});
    await writer.write([reading(0)]);
    await writer.checkpoint();
    await writer.write([reading(1)]);
    mkdirSync(`${place.headFile}.new`);
    await expect(writer.checkpoint()).rejects.toThrow('head file');
    const { accepting, why } = writer.status();
    expect([accepting, why]).toEqual([false, expect.stringMatching(/head file beside the keys .*: EISDIR/)]);
    // Anybody may ask how the server fares: it names no folder.
    expect(why).not.toContain(dirname(place.headFile));
    expect(await writer.write([reading(2)])).toMatchObject([{ kind: 'unavailable' }]);
    rmdirSync(`${place.headFile}.new`);
    await writer.acceptingAgain();
    expect((await writer.checkpoint()).size).toBe(2);
    await writer.close();
    expect(await place.sql('select size from checkpoint order by size')).toEqual(
      [1, 2].map((size) => ({ size })),
    );
    expect(await verifiedSize(place)).toBe(2);
  });

  it('hands out no note whose row could not be stored, though the head file knows it already', async () => {
    const place = await fresh();
    const faults: Faults = {};
    const writer = await openWriter(place, faults);
    await writer.write([reading(0)]);
    faults.note = new Error('no space left');
    await expect(writer.checkpoint()).rejects.toThrow('no space left');
    expect((await readHead(place.headFile, [verifier]))?.size).toBe(1);
    expect(await place.sql('select size from checkpoint')).toEqual([]);
    faults.note = undefined;
    await writer.acceptingAgain();
    const { note } = await writer.checkpoint();
    expect((await readHead(place.headFile, [verifier]))?.note).toBe(note);
    await writer.close();
    expect(await verifiedSize(place)).toBe(1);
  });

  it('puts the head file right when the last note was stored but not yet copied to it', async () => {
    const place = await fresh();
    const writer = await openWriter(place, {});
    await writer.write([reading(0)]);
    const { note } = await writer.checkpoint();
    await writer.close();
    const empty = { origin, size: 0, root: emptyRoot, extensions: [] };
    const older = signCheckpoint(empty, signerFromPem(origin, signingKeyPem));
    await writeHead(place.headFile, { size: 0, root: emptyRoot, note: older });
    await (await place.open()).close();
    expect(readFileSync(place.headFile, 'utf8')).toContain(note);
  });
}

const emptyRoot = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');

/** What the storage under a writer is made to do wrong. */
interface Faults {
  /** In place of the commit of a batch with entries. */
  commit?: ((commit: () => Promise<void>) => Promise<void>) | undefined;
  /** A batch is being written. */
  batch?: boolean;
  /** This step of the next batch fails, once. */
  step?: keyof WriteEngine | undefined;
  /** Storing a checkpoint fails with it. */
  note?: Error | undefined;
  /** Every commit fails with it. */
  full?: Error | undefined;
  /** Sees the rows of every read of leaves. */
  rows?: ((rows: unknown[]) => void) | undefined;
}

/** The writer alone, in this thread, over storage that can be made to fail. */
async function openWriter(place: Place, faults: Faults) {
  await (await place.open()).close();
  const engine = faulty(await engineOf(place), faults);
  const waiting: WriteUnit[] = [];
  let answered: (answers: UnitAnswer[]) => void = () => undefined;
  let accepted: () => void = () => undefined;
  const writer = await LogWriter.open(
    {
      engine,
      facts: tableFacts(createTables(sqliteDialect)),
      origin,
      signer: signerFromPem(origin, signingKeyPem),
      headFile: place.headFile,
      extensions: [],
      predecessors: [],
      recovering: false,
    },
    {
      take(limit) {
        faults.batch = waiting.length > 0;
        return waiting.splice(0, limit);
      },
    },
    {
      settled(answers) {
        faults.batch = false;
        answered(answers);
      },
      status: ({ accepting }) => accepting && accepted(),
    },
  );
  return {
    status: () => writer.status,
    checkpoint: () => writer.checkpoint(),
    close: () => writer.close(),
    acceptingAgain: () =>
      new Promise<void>((resolve) => {
        accepted = resolve;
        if (writer.status.accepting) resolve();
      }),
    write(units: CommitUnit[]): Promise<UnitAnswer[]> {
      const answers = new Promise<UnitAnswer[]>((resolve) => {
        answered = resolve;
      });
      waiting.push(...units.map(encodeUnit));
      writer.wake();
      return answers;
    },
  };
}

async function engineOf(place: Place): Promise<WriteEngine> {
  if (place.engine === 'sqlite') return new SqliteEngine(place.url.slice('sqlite:'.length));
  return PostgresEngine.open({
    url: place.url,
    role: null,
    columnTypes: columnTypes(createTables(postgresDialect)),
  });
}

function faulty(real: WriteEngine, faults: Faults): WriteEngine {
  let appended = false;
  return new Proxy(real, {
    get(target, key: keyof WriteEngine) {
      if (faults.batch && key === faults.step) {
        return async () => {
          faults.step = undefined;
          throw new Error('the disk is gone');
        };
      }
      if (key === 'append') {
        return async (entries: NewEntries) => {
          appended = true;
          await target.append(entries);
        };
      }
      if (key === 'commit') {
        return async () => {
          if (faults.full) throw faults.full;
          const lie = appended ? faults.commit : undefined;
          appended = false;
          await (lie ? lie(async () => target.commit()) : target.commit());
        };
      }
      if (key === 'query') {
        return async (text: string, params: never[]) => {
          if (faults.note && text.startsWith('insert into checkpoint')) throw faults.note;
          const rows = await target.query(text, params);
          if (text.includes('leaf_hash') && rows.length > 0) faults.rows?.(rows);
          return rows;
        };
      }
      const member = target[key];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
