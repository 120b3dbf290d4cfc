import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { draft, origin, type Place, type Rig, reading, startRig, verifier } from '#db/conformance/rig.ts';
import type { Engine } from '#db/dialect.ts';
import type { MaintainedStore } from '#db/open.ts';
import { openReadOnly } from '#db/open.ts';
import { createMonitors } from '#server/audit/monitors.ts';
import { storedTree } from '#server/audit/tree.ts';
import type { Act } from '#server/contract/acts.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { openCheckpoint, signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { cosign } from '#server/lib/log/cosignature.ts';
import { formatVkey, generateSigner } from '#server/lib/log/note.ts';
import {
  checkCosignatures,
  meetsQuorum,
  noWitnesses,
  type Policy,
  parsePolicy,
} from '#server/lib/log/policy.ts';
import { verifyCosignatures } from '#server/lib/log/verify-cosignatures.ts';
import { type Misbehave, type StrictWitness, startStrictWitness } from '#server/test/strict-witness.ts';
import { createWitnesses, type WitnessDeps, type Witnesses } from './witnesses.ts';

const began = 1_770_000_000_000;
/** Longer than any test may take: who waits for it fails. */
const timeoutMs = 3_600_000;

describe.each<Engine>(['sqlite', 'postgres'])('witnesses of a log on %s', (engine) => {
  let rig: Rig;
  let place: Place;
  let store: MaintainedStore;
  let folder: string;
  let now = began;
  let n = 0;
  const running: StrictWitness[] = [];
  const open: Witnesses[] = [];

  beforeAll(async () => {
    rig = await startRig(engine);
    folder = mkdtempSync(join(tmpdir(), 'kuzot-witness-'));
  }, 120_000);
  afterAll(async () => {
    await rig?.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    now = began;
    place = await rig.fresh();
    store = await place.open();
  });
  afterEach(async () => {
    for (const witnesses of open.splice(0)) await witnesses.close();
    for (const witness of running.splice(0)) await witness.close();
    await place.remove();
  });

  async function grow(count: number): Promise<number> {
    await Promise.all(Array.from({ length: count }, () => store.commit(reading(n++))));
    return (await store.checkpoint()).size;
  }

  async function witnessCalled(name: string, file = `${n}-${running.length}-${name}`, type: 4 | 6 = 4) {
    const signer = generateSigner(`${name}.example/w`, type);
    const witness = await startStrictWitness({
      signer,
      logs: [verifier],
      file: join(folder, `${engine}-${file}`),
      clock: () => now,
    });
    running.push(witness);
    return Object.assign(witness, { signer });
  }

  function policyOf(quorum: string, ...witnesses: StrictWitness[]): Policy {
    const text = [
      `log ${formatVkey(verifier)}\n`,
      ...witnesses.map((witness, i) => witness.policyLine(`w${i}`)),
      `${quorum}\n`,
    ];
    const parsed = parsePolicy(text.join(''));
    if (parsed.kind === 'refused') throw new Error(parsed.why);
    return parsed.policy;
  }

  function watch(policy: Policy, over: Partial<WitnessDeps> = {}) {
    const recorded: { act: Act; detail: object }[] = [];
    const faults: unknown[] = [];
    const said: string[] = [];
    const witnesses = createWitnesses({
      policy,
      store,
      node: storedTree(store.reader).node,
      witnessed: createMonitors(store.reader, storedTree(store.reader), policy).witnessed,
      async keep(size, vkey, line) {
        await store.commit({
          changes: [{ op: 'ensure', table: 'cosignature', row: { size, witness: vkey, line } }],
          entries: [],
        });
      },
      async record(act, detail) {
        recorded.push({ act, detail });
        const { event } = draft(n);
        const leaf = canonicalJson({ v: 1, t: now, act, outcome: 'done', n: 0 });
        await store.commit({
          changes: [],
          entries: [
            {
              leaf,
              event: event.replace(
                /"detail":.*/,
                `"detail":${JSON.stringify({ json: detail, salt: '00' })}}`,
              ),
            },
          ],
        });
      },
      clock: () => now,
      everyMs: 20,
      timeoutMs,
      onState: (name, state, why) => said.push(`${name} ${state} ${why}`),
      onFault: (error) => faults.push(error),
      ...over,
    });
    open.push(witnesses);
    return { witnesses, recorded, faults, said };
  }

  const rows = () =>
    place.sql<{ size: number; witness: string; line: string }>(
      'select * from cosignature order by size, witness',
    );

  test('where nobody is asked the report still says how far the log is signed', async () => {
    const { witnesses } = watch(noWitnesses);
    const signed = await grow(3);
    expect(await witnesses.report()).toMatchObject({
      quorum: null,
      state: 'none',
      entries: signed,
      witnessed: 0,
    });
  });

  test('cosign one checkpoint each round; what they say is kept, published and checked again', async () => {
    const court = await witnessCalled('court');
    const party = await witnessCalled('party', undefined, 6);
    const policy = policyOf('group all all w0 w1\nquorum all', court, party);
    const { witnesses, faults, recorded } = watch(policy);
    const first = await grow(300);
    await witnesses.askNow();
    const second = await grow(7);
    await witnesses.askNow();
    // Nothing new: nobody is asked.
    await witnesses.askNow();
    expect(faults).toEqual([]);
    expect(court.asked).toEqual([
      { old: 'old 0', status: 200 },
      { old: `old ${first}`, status: 200 },
    ]);
    expect(court.sizeOf(origin)).toBe(second);
    const published = witnesses.published()!;
    expect(published.size).toBe(second);
    const opened = openCheckpoint(published.note, [verifier]);
    if (opened.kind === 'refused') throw new Error(opened.why);
    expect(opened.checkpoint.size).toBe(second);
    const cosigned = checkCosignatures(opened.body, opened.unknown, policy);
    if (cosigned.kind === 'refused') throw new Error(cosigned.why);
    expect(
      meetsQuorum(
        policy,
        cosigned.by.map(({ witness }) => witness),
      ),
    ).toBe(true);
    expect(cosigned.by.map(({ timeSeconds }) => timeSeconds)).toEqual([began / 1000, began / 1000]);
    expect(await rows()).toHaveLength(4);
    expect(await witnesses.report()).toMatchObject({
      quorum: '2 of (w0, w1)',
      state: 'met',
      entries: second,
      witnessed: second,
      witnesses: [{ name: 'w0', state: 'cosigned', cosigned: second, at: began }, { name: 'w1' }],
    });
    expect(recorded).toEqual([]);
    const readOnly = await openReadOnly(place.url);
    expect(await verifyCosignatures(readOnly.log, policy)).toEqual({
      kind: 'ok',
      count: 4,
      quorumAt: second,
    });
    await readOnly.close();
  });

  test('a server that joined another publishes what that one was told, and asks nobody', async () => {
    const court = await witnessCalled('court');
    const policy = policyOf('quorum w0', court);
    const { witnesses, recorded, faults } = watch(policy);
    const beside = watch(policy);
    const first = await grow(4);
    await beside.witnesses.follow();
    expect([beside.witnesses.published(), (await beside.witnesses.report()).state]).toEqual([
      null,
      'waiting',
    ]);
    await witnesses.askNow();
    await expect.poll(() => beside.witnesses.published()?.size).toBe(first);
    expect(await beside.witnesses.report()).toMatchObject({
      state: 'met',
      witnessed: first,
      witnesses: [{ state: 'cosigned', cosigned: first }],
    });
    // Whoever did not ask a witness does not say that it is down.
    const up = (metrics: string[]) => metrics.filter((line) => line.startsWith('kuzot_witness_up'));
    expect([up(witnesses.metrics()), up(beside.witnesses.metrics())]).toEqual([
      ['kuzot_witness_up{witness="w0"} 1'],
      [],
    ]);
    expect(court.asked).toHaveLength(1);
    expect([recorded, faults, beside.recorded, beside.faults]).toEqual([[], [], [], []]);
  });

  test('are taken up where they were after a restart, and asked from the size they name', async () => {
    const court = await witnessCalled('court');
    const policy = policyOf('quorum w0', court);
    const first = await grow(20);
    await watch(policy).witnesses.askNow();
    const second = await grow(5);
    const again = watch(policy);
    await again.witnesses.askNow();
    expect(again.witnesses.published()!.size).toBe(second);
    expect(court.asked.map(({ old }) => old)).toEqual(['old 0', `old ${first}`]);
    // It cosigned, and the answer was lost: the next round learns its size from it.
    const third = await grow(3);
    let lost = false;
    court.misbehave = async (_, response) => {
      if (lost) return false;
      lost = true;
      response.destroy();
      return true;
    };
    const stolen = watch(policy);
    await stolen.witnesses.askNow();
    expect((await stolen.witnesses.report()).witnesses[0]!.state).toBe('away');
    await fetch(`${court.url}/add-checkpoint`, { method: 'POST', body: await proofOf(second, third) });
    const fourth = await grow(4);
    await stolen.witnesses.askNow();
    expect(court.asked.slice(-2)).toEqual([
      { old: `old ${second}`, status: 409 },
      { old: `old ${third}`, status: 200 },
    ]);
    expect(stolen.witnesses.published()!.size).toBe(fourth);
  });

  async function proofOf(older: number, newer: number): Promise<string> {
    const tree = storedTree(store.reader);
    const proof = await createMonitors(store.reader, tree, noWitnesses).consistency(older, newer);
    if (proof.kind === 'none') throw new Error(proof.why);
    const [head, text, signatures] = proof.text.split('\n\n');
    const hashes = head!.split('\n').slice(2);
    return `${[`old ${older}`, ...hashes].join('\n')}\n\n${text}\n\n${signatures}\n`;
  }

  const stranger = generateSigner('court.example/w', 4);
  const twin = generateSigner('log.example/twin');
  const send = (status: number, text: string, type = 'text/plain'): Misbehave => {
    return (_, response) => {
      response.writeHead(status, { 'content-type': type }).end(text);
      return true;
    };
  };
  /** What only its time ends. */
  const endless = ['never answers', 'drips without end'];
  const misbehaviours: [string, (w: { signer: ReturnType<typeof generateSigner> }) => Misbehave, string][] = [
    ['hangs up', () => (_, response) => Boolean(response.destroy()), 'away'],
    ['never answers', () => () => true, 'away'],
    [
      'drips without end',
      () => (_, response) => {
        const drip = setInterval(() => response.write('—'), 20);
        response.writeHead(200).on('close', () => clearInterval(drip));
        return true;
      },
      'away',
    ],
    [
      'floods without end',
      () => (_, response) => {
        response.writeHead(200);
        const flood = (): void =>
          void (response.destroyed || response.write(Buffer.alloc(1 << 16, 0x41), flood));
        flood();
        return true;
      },
      'garbage',
    ],
    ['fails', () => send(500, ''), 'away'],
    ['is too busy', () => send(429, ''), 'away'],
    ['says nothing', () => send(200, ''), 'garbage'],
    ['talks nonsense', () => send(200, '<html>sign in</html>\n'), 'garbage'],
    [
      'redirects',
      () => (_, response) => Boolean(response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end()),
      'refuses',
    ],
    ['does not know the key', () => send(403, ''), 'refuses'],
    ['does not know the log', () => send(404, ''), 'refuses'],
    ['finds the request malformed', () => send(400, ''), 'refuses'],
    ['finds the log inconsistent', () => send(422, ''), 'inconsistent'],
    ['has another size but does not say which', () => send(409, 'no\n', 'text/x.tlog.size'), 'garbage'],
    ['names its size as another type', () => send(409, '3\n'), 'garbage'],
    ['names the very size it was told', () => send(409, '0\n', 'text/x.tlog.size'), 'garbage'],
    ['names other sizes again and again', sizes, 'away'],
    ['has seen more than there is', () => send(409, '900\n', 'text/x.tlog.size'), 'ahead'],
    [
      'signs with another key of its name',
      () => answering((body) => cosign(body, now / 1000, stranger)),
      'garbage',
    ],
    [
      'signs another tree',
      ({ signer }) => answering((body) => cosign(body.replace(/^\d+$/m, '8'), now / 1000, signer)),
      'garbage',
    ],
    [
      'signs another log’s checkpoint of this size',
      ({ signer }) =>
        answering((body) => cosign(body.replace(origin, twin.verifier.name), now / 1000, signer)),
      'garbage',
    ],
    [
      'lives in the future',
      ({ signer }) => answering((body) => cosign(body, now / 1000 + 7_200, signer)),
      'garbage',
    ],
    [
      'signs a checkpoint as a log does',
      ({ signer }) =>
        answering(
          () =>
            signCheckpoint({ origin, size: 9, root: Buffer.alloc(32), extensions: [] }, signer).split(
              '\n\n',
            )[1]!,
        ),
      'garbage',
    ],
  ];

  function sizes(): Misbehave {
    let size = 1;
    return (_, response) =>
      Boolean(response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${size++}\n`));
  }

  function answering(lineOf: (checkpoint: string) => string): Misbehave {
    return (_, response, body) => {
      const [, text] = body.split('\n\n');
      response.writeHead(200).end(lineOf(`${text}\n`));
      return true;
    };
  }

  // What a witness does wrong is the same for either engine.
  test.each(engine === 'sqlite' ? misbehaviours : misbehaviours.slice(-1))(
    'one that %s is told apart, costs little and holds nobody up',
    async (name, how, state) => {
      const over = new AbortController();
      const within = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal);
      const good = await witnessCalled('party');
      const bad = await witnessCalled('court');
      bad.misbehave = how(bad);
      const policy = policyOf('group any any w0 w1\nquorum any', good, bad);
      const { witnesses, faults, recorded } = watch(policy);
      const size = await grow(9);
      const asking = witnesses.askNow();
      // The log goes on while witnesses are asked.
      expect((await store.commit(reading(n++))).kind).toBe('done');
      if (endless.includes(name)) {
        // Their time is over once the other one's answer is kept.
        while ((await rows()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        over.abort(new DOMException('', 'TimeoutError'));
      }
      await asking;
      within.mockRestore();
      expect(within.mock.calls.every(([ms]) => ms === timeoutMs)).toBe(true);
      expect(faults).toEqual([]);
      expect((await witnesses.report()).witnesses).toMatchObject([{ state: 'cosigned' }, { state }]);
      expect(witnesses.published()!.size).toBe(size);
      expect((await rows()).map(({ witness }) => witness)).toEqual([good.vkey]);
      const contradicts = state === 'ahead' || state === 'inconsistent';
      expect(recorded.map(({ act }) => act)).toEqual(contradicts ? ['log.witness-conflict'] : []);
      expect(
        witnesses.metrics().find((line) => line.startsWith('kuzot_witness_conflict{witness="w1"}')),
      ).toBe(`kuzot_witness_conflict{witness="w1"} ${contradicts ? 1 : 0}`);
      // It comes to its senses.
      bad.misbehave = null;
      await grow(1);
      await witnesses.askNow();
      expect((await witnesses.report()).witnesses).toMatchObject([
        { state: 'cosigned' },
        { state: 'cosigned' },
      ]);
    },
  );

  test('that fail are left alone for longer each time, the others not', async () => {
    const good = await witnessCalled('party');
    const bad = await witnessCalled('court');
    bad.misbehave = send(500, '');
    const { witnesses } = watch(policyOf('quorum w0', good, bad), { everyMs: 10 });
    await grow(3);
    await witnesses.start();
    while (good.asked.length <= 10) {
      await grow(1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await witnesses.close();
    // The clock stands still in this test: after the first failure the pause never ends.
    expect(bad.asked).toHaveLength(1);
    now += 3_600_000;
    const again = watch(policyOf('quorum w0', good, bad), { everyMs: 10 });
    await again.witnesses.askNow();
    expect(bad.asked).toHaveLength(2);
  });

  test('whose quorum stays away for long are missed in the log, once, and their return is told', async () => {
    const court = await witnessCalled('court');
    const policy = policyOf('quorum w0', court);
    const { witnesses, recorded, faults } = watch(policy);
    const seen = await grow(4);
    await witnesses.askNow();
    court.misbehave = send(503, '');
    now += 60_000;
    await store.commit({ changes: [], entries: [{ ...draft(n++), leaf: canonicalJson({ t: now, v: 1 }) }] });
    await store.checkpoint();
    await witnesses.askNow();
    expect(await witnesses.report()).toMatchObject({ state: 'met', witnessed: seen, waitingSince: now });
    expect(witnesses.published()!.size).toBe(seen);
    now += 600_001;
    await witnesses.askNow();
    expect(await witnesses.report()).toMatchObject({
      state: 'overdue',
      witnessed: seen,
      waitingSince: now - 600_001,
    });
    expect(witnesses.published()).toBeNull();
    expect(witnesses.metrics()).toEqual(
      expect.arrayContaining([
        `kuzot_witnessed_entries ${seen}`,
        'kuzot_unwitnessed_seconds 600',
        'kuzot_quorum_overdue 1',
        'kuzot_witness_up{witness="w0"} 0',
      ]),
    );
    await witnesses.askNow();
    // A restart does not say it again.
    const again = watch(policy);
    await again.witnesses.askNow();
    expect([...recorded, ...again.recorded]).toEqual([
      { act: 'log.unwitnessed', detail: { quorum: 'w0', witnessed: seen } },
    ]);
    court.misbehave = null;
    const { size } = await store.checkpoint();
    await again.witnesses.askNow();
    expect(again.recorded).toEqual([{ act: 'log.witnessed', detail: { witnessed: size } }]);
    expect([...faults, ...again.faults]).toEqual([]);
  });

  test('that are slow do not delay the end', async () => {
    const court = await witnessCalled('court');
    court.misbehave = () => true;
    const { witnesses } = watch(policyOf('quorum w0', court));
    await grow(2);
    const asking = witnesses.askNow();
    while (court.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await witnesses.close();
    await asking;
  });

  test('leave rows that any change of a bit, key or size gives away', async () => {
    const court = await witnessCalled('court');
    const policy = policyOf('quorum w0', court);
    const size = await grow(6);
    await watch(policy).witnesses.askNow();
    const [row] = await rows();
    const { note } = await store.checkpoint(size);
    const check = (over: object) =>
      verifyCosignatures(
        { readCosignatures: ({ size: after }) => (after < 0 ? [{ ...row!, note, ...over }] : []) },
        policy,
      );
    expect(await check({})).toEqual({ kind: 'ok', count: 1, quorumAt: size });
    for (const column of ['line', 'witness'] as const) {
      const bytes = Buffer.from(row![column]);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect((await check({ [column]: flipped.toString() })).kind, `${column} ${bit}`).toBe('broken');
      }
    }
    expect((await check({ note: null })).kind).toBe('broken');
    await grow(1);
    expect((await check({ note: (await store.checkpoint()).note })).kind).toBe('broken');
  });
});
