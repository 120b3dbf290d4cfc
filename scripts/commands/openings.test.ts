/** Openings erased by hand, on both engines: `audit verify` ends with 1 and says what an operator does; acts of erasure do not. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commitmentOf, type StoredEvent } from '#server/gate/leaf.ts';
import { engines, openRigOn } from '#server/test/both-engines.ts';
import { openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { verify } from './audit-verify.ts';

describe.each(engines)('openings erased on %s', (engine) => {
  let close = async () => {};
  let rig: WatchRig;
  let url: string;
  let seq: number;
  let event: string;

  beforeAll(async () => {
    ({ rig, url, close } = await openRigOn(engine, (openWith) => openWatch({ openWith })));
    const clerk = await rig.logIn('precinct-member', '1001');
    seq = await rig.act(clerk, 'voter.view', { subjects: ['voter-1-0000', 'voter-2-0000'] });
    event = (await rig.store.reader.audit.entriesAt([seq]))[0]!.json!;
    // What is searched was made of the event before anybody's hand is on it.
    await rig.store.settled();
  });
  afterAll(() => close());

  /** As somebody with the database in their hands. */
  async function byHand(sql: string, ...values: (string | number)[]): Promise<void> {
    if (engine === 'sqlite') {
      const db = new Database(rig.path);
      db.prepare(sql.replaceAll(/\$\d/g, '?')).run(...values);
      return void db.close();
    }
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql, values);
    await client.end();
  }
  const put = (json: string) => byHand('update event set json = $1 where seq = $2', json, seq);

  async function verified() {
    const [said, told] = [[] as string[], [] as string[]];
    const out = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
    const err = vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
    const code = await verify(undefined, { db: url, keys: join(rig.dir, 'keys') });
    out.mockRestore();
    err.mockRestore();
    return { code, said: said[0], told: told.join('\n') };
  }

  test('by nobody: 0', async () => {
    expect(await verified()).toMatchObject({ code: 0, said: expect.stringMatching(/^ok: /), told: '' });
  });

  test('by hand, a part or the whole row: 1, where, and what to do', async () => {
    const { detail } = JSON.parse(event) as StoredEvent;
    await put(JSON.stringify({ detail }));
    expect(await verified()).toMatchObject({
      code: 1,
      said: expect.stringMatching(/^every entry is as it was signed: /),
      told: expect.stringMatching(
        new RegExp(`^wrong: the openings: 2 are gone that no act.*begin at ${seq}.*by hand.*newest backup`),
      ),
    });
    await byHand('delete from event where seq = $1', seq);
    const row = new RegExp(`3 are gone.*entry ${seq} is the first whose event is gone whole`);
    expect(await verified()).toMatchObject({ code: 1, told: expect.stringMatching(row) });
    await byHand('insert into event (seq, json) values ($1, $2)', seq, event);
    expect(await verified()).toMatchObject({ code: 0, told: '' });
  });

  test('not erased, but taken out of what is searched: 1, and what to do', async () => {
    await rig.store.settled();
    await byHand('delete from trail_voter where voter = $1', 'voter-2-0000');
    expect(await verified()).toMatchObject({
      code: 1,
      said: expect.stringMatching(/^every entry is as it was signed: /),
      told: expect.stringMatching(/^wrong: what is searched of the log: .* other persons .*audit rebuild/),
    });
    await byHand('insert into trail_voter (voter, seq) values ($1, $2)', 'voter-2-0000', seq);
    expect(await verified()).toMatchObject({ code: 0, told: '' });
  });

  test('by an act that says so: 0; put back afterwards: 1', async () => {
    const { subjects = [], ...rest } = JSON.parse(event) as StoredEvent;
    const [first, second] = subjects;
    await put(JSON.stringify({ ...rest, subjects: [{ commitment: commitmentOf(first!) }, second] }));
    await byHand('delete from trail_voter where voter = $1', 'voter-1-0000');
    const officer = await rig.logIn('protection-officer', 'CEC');
    await rig.act(officer, 'voter.destroy', { persons: 1, erased: 1 });
    expect(await verified()).toMatchObject({ code: 0, said: expect.stringMatching(/^ok: /), told: '' });
    await put(event);
    expect(await verified()).toMatchObject({
      code: 1,
      told: expect.stringMatching(/^wrong: the openings: 1 fewer are missing than .* put back by hand/),
    });
  });
});
