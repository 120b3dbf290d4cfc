// Through the real gate, rules and routes: what a witness says against the log reaches people.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemContext } from '#server/gate/context.ts';
import { generateSigner, parseVkey } from '#server/lib/log/note.ts';
import { parsePolicy } from '#server/lib/log/policy.ts';
import { composeRooms, type Rooms } from '#server/rooms.ts';
import { type StrictWitness, startStrictWitness } from '#server/test/strict-witness.ts';
import { openWatch, type WatchRig } from '#server/test/watch-rig.ts';

let rig: WatchRig;
let witness: StrictWitness;
let rooms: Rooms;
const faults: unknown[] = [];

beforeAll(async () => {
  rig = await openWatch();
  const log = parseVkey(rig.keys.vkeyText.trimEnd());
  if (log.kind === 'refused') throw new Error(log.why);
  witness = await startStrictWitness({
    signer: generateSigner('court.example/w', 4),
    logs: [log.verifier],
    file: join(rig.dir, 'court.json'),
    clock: () => rig.time.now,
  });
  const parsed = parsePolicy(`${witness.policyLine('court')}quorum court\n`);
  if (parsed.kind === 'refused') throw new Error(parsed.why);
  rooms = await composeRooms({
    store: rig.store,
    keys: { ...rig.keys, policy: parsed.policy },
    policiesDir: join(import.meta.dirname, '../../policies'),
    node: 'test',
    clock: () => rig.time.now,
    limits: false,
    onFault: (error) => faults.push(error),
  });
  await rooms.detection.start();
});
afterAll(async () => {
  await rooms?.detection.close();
  await rooms?.access.close();
  await witness?.close();
  await rig?.close();
});

test('a witness that knows more than there is becomes an entry and a critical alert, once', async () => {
  await rig.store.checkpoint();
  await rooms.witnesses.askNow();
  expect(await rooms.witnesses.report()).toMatchObject({ state: 'met', witnesses: [{ state: 'cosigned' }] });
  // What the next checkpoint of everybody is: the one the court stands for.
  const published = await rooms.audit.recentCheckpoint();
  expect(published.note).toContain('— court.example/w ');

  witness.misbehave = (_, response) => {
    response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end('900000\n');
    return true;
  };
  for (let i = 0; i < 3; i++) {
    await rooms.gate.refused(systemContext('test', rig.time.now, `r${i}`), 'log.heartbeat', 'test');
    await rig.store.checkpoint();
    await rooms.witnesses.askNow();
  }
  await rooms.detection.drain();
  await rig.store.settled();
  const told = await rig.store.reader.audit.newestOf(['log.witness-conflict'], 10);
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0]!.json).detail.json).toMatchObject({ witness: 'court.example/w', how: 'ahead' });
  const supervisor = await rig.logIn('security-officer', 'CEC');
  const { items } = (await rig.get(supervisor, '/api/alerts')).json() as {
    items: { rule: string; level: string; title?: string }[];
  };
  expect(items.filter(({ level }) => level === 'critical')).toHaveLength(1);
  expect(faults).toEqual([]);
});
