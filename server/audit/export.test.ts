import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { systemContext } from '#server/gate/context.ts';
import { commitment } from '#server/gate/leaf.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import { generateSigner, signerFromPem } from '#server/lib/log/note.ts';
import { openProofFile } from '#server/lib/log/proof-file.ts';
import { rootFromInclusion } from '#server/lib/log/proofs.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { checkProofs } from './check-proof.ts';
import { exportAudit, recordExport } from './export.ts';
import { proveAccesses } from './proof.ts';
import { verifyAudit } from './verify.ts';

let rig: WatchRig;
let clerk: Officer;
let territory: Officer;

beforeAll(async () => {
  rig = await openWatch();
  clerk = await rig.logIn('precinct-member', '1001');
  territory = await rig.logIn('territorial-admin', 'T1');
  for (let i = 0; i < 300; i++) await rig.act(clerk, 'voter.view', { subjects: [`voter-${i}-0000`] });
  for (let i = 0; i < 12; i++) await rig.correct(territory, `voter-${i}-0000`);
});
afterAll(() => rig.close());

const verifier = () => signerFromPem(rig.keys.origin, rig.keys.signingKeyPem).verifier;

async function withLog<T>(work: (store: Awaited<ReturnType<typeof openReadOnly>>) => Promise<T>): Promise<T> {
  const store = await openReadOnly(`sqlite:${rig.path}`);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

describe('export and verification', () => {
  test('an export holds the entry that records it, and is found whole', async () => {
    const dir = join(rig.dir, 'export-1');
    const recorded = await recordExport(rig.rooms.gate, systemContext('export', rig.time.now, 'export-1'));
    if (recorded.kind !== 'done') throw new Error(recorded.kind);
    expect(recorded.note!.size).toBeGreaterThan(recorded.entry);
    const written = await withLog(({ log }) => exportAudit(log, recorded.note!.note, rig.keys, dir));
    expect(written).toMatchObject({ kind: 'ok', size: recorded.note!.size });
    expect(readdirSync(dir).toSorted()).toEqual(['checkpoint', 'policy', 'tile', 'vkey']);
    expect(await verifyDirectory(dir)).toMatchObject({ kind: 'ok', size: recorded.note!.size });
  });

  test('verification beside a running server finds the log whole, and an event changed in silence', async () => {
    const verify = () =>
      withLog(({ log }) =>
        verifyAudit(log, { origin: rig.keys.origin, verifiers: [verifier()], head: null, kept: null }),
      );
    await rig.store.checkpoint();
    expect(await verify()).toMatchObject({ kind: 'ok', size: rig.size(), unsigned: 0, erased: 0 });
    const db = new Database(rig.path);
    const seq = 40;
    const { json } = db.prepare('select json from event where seq = ?').get(seq) as { json: string };
    const change = (text: string) => db.prepare('update event set json = ? where seq = ?').run(text, seq);
    change(json.replace('10.0.0.7', '10.0.0.8'));
    expect(await verify()).toEqual({
      kind: 'broken',
      where: `entry ${seq}`,
      why: 'the detail does not open its commitment',
    });
    // Erasing is lawful, and counted.
    db.prepare('delete from event where seq = ?').run(seq);
    expect(await verify()).toMatchObject({ kind: 'ok', erased: 1 });
    db.prepare('insert into event (seq, json) values (?, ?)').run(seq, json);
    db.close();
  });
});

describe('proof of an access', () => {
  test('leads from the voter to the entry’s root and from the entry to the signed log', async () => {
    const voter = await rig.addVoter('1001', { id: 'voter-asks-000' });
    const others = Array.from({ length: 6 }, (_, i) => `voter-x${i}-000`);
    const seq = await rig.act(clerk, 'voter.search', {
      subjects: [...others.slice(0, 4), voter.id, ...others.slice(4)],
    });
    const keeper = await rig.logIn('protection-officer', 'CEC');
    await rig.store.settled();
    const outcome = await proveAccesses(
      rig.rooms.gate,
      await rig.contextOf(keeper),
      rig.audit.tree,
      voter.id,
    );
    if (outcome.kind !== 'done') throw new Error(outcome.kind);
    const [proof, ...more] = outcome.value;
    expect(more).toEqual([]);
    const { membership } = proof!;
    expect(proof!.seq).toBe(seq);
    expect(membership).toMatchObject({ index: 4, count: 7 });
    expect(commitment(Buffer.from(membership!.salt, 'hex'), voter.id)).toBe(membership!.commitment);
    const root = rootFromInclusion(
      leafHash(Buffer.from(membership!.commitment, 'hex')),
      4,
      7,
      membership!.path.map((hash) => Buffer.from(hash, 'hex')),
    );
    expect(root!.toString('hex')).toBe((JSON.parse(proof!.leaf) as { subjects: string }).subjects);
    expect(JSON.stringify(outcome.value)).not.toContain('voter-x');
    // As a file it is checked with the verifier key alone; whatever is changed in it is found.
    const against = { keys: [verifier()], policy: null, leaf: null };
    const [checked] = checkProofs(`${JSON.stringify(proof)}\n`, against);
    expect(checked).toMatchObject({
      kind: 'ok',
      shows: expect.stringContaining(`entry ${seq} of ${rig.keys.origin} (voter.search, done, `),
    });
    expect(checked).toMatchObject({ shows: expect.stringContaining(`names voter ${voter.id} among`) });
    const altered: [object, RegExp][] = [
      [{ voter: 'voter-other-00' }, /do not give the commitment/],
      [{ seq: seq + 1 }, /the proof is of entry/],
      [{ leaf: proof!.leaf.replace('voter.search', 'voter.reveal') }, /does not lead from this entry/],
      [{ membership: { ...membership!, index: 3 } }, /not among those/],
      [{ membership: { ...membership!, count: 4 } }, /not among those/],
      [{ membership: { ...membership!, path: membership!.path.slice(1) } }, /not among those/],
      [{ membership: { ...membership!, salt: 'zz' } }, /not a proof about a voter/],
      [{ proof: undefined }, /not a proof about a voter/],
    ];
    for (const [over, why] of altered)
      expect(checkProofs(JSON.stringify({ ...proof, ...over }), against)).toEqual([
        { kind: 'refused', why: expect.stringMatching(why) },
      ]);
    const stranger = { ...against, keys: [generateSigner(rig.keys.origin).verifier] };
    expect(checkProofs(JSON.stringify(proof), stranger)[0]!.kind).toBe('refused');
    expect(checkProofs(JSON.stringify({ ...proof, membership: null }), against)).toMatchObject([
      { shows: expect.stringContaining('was erased') },
    ]);
    // One entry alone, where somebody asks for that.
    const context = () => rig.contextOf(keeper);
    const one = async (asked: number) => {
      const alone = await proveAccesses(rig.rooms.gate, await context(), rig.audit.tree, voter.id, {
        seq: asked,
      });
      return alone.kind === 'done' ? alone.value.map((each) => each.seq) : alone.kind;
    };
    expect(await one(seq)).toEqual([seq]);
    expect(await one(seq - 1)).toEqual([]);
    expect(openProofFile(proof!.proof, leafHash(Buffer.from(proof!.leaf)), [verifier()])).toMatchObject({
      kind: 'ok',
      index: seq,
    });
    const denied = await proveAccesses(
      rig.rooms.gate,
      await rig.contextOf(territory),
      rig.audit.tree,
      voter.id,
    );
    expect(denied.kind).toBe('denied');
  });
});
