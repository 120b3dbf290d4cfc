/** A bundle is read page by page up to what memory allows; past a bound it says which, and what to do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EvidenceRequest } from '#server/contract/audit.ts';
import { createGate } from '#server/gate/gate.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { checkEvidence } from './evidence-check.ts';
import { type bundleBounds, createEvidence } from './evidence-service.ts';

const many = 2_600;
const asked: EvidenceRequest = { act: 'voter.view', purpose: 'complaint' };
let rig: WatchRig;
let auditor: Officer;

beforeAll(async () => {
  rig = await openWatch();
  auditor = await rig.logIn('auditor', 'CEC');
  const clerk = await rig.logIn('precinct-member', '1001');
  for (let i = 0; i < many; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        rig.act(clerk, n % 2 ? 'voter.view' : 'calendar.view', { subjects: [`voter-${i + n}-0000`] }),
      ),
    );
});
afterAll(() => rig.close());

test('thousands of entries of many pages are in one bundle, in their order, each once and proven', async () => {
  const reply = await auditor.withFactor('/api/audit/evidence', { purpose: 'complaint' });
  expect(reply.statusCode, reply.body.slice(0, 300)).toBe(200);
  const verdict = checkEvidence(reply.rawPayload, null);
  if (verdict.kind !== 'ok') throw new Error(`${verdict.where}: ${verdict.why}`);
  expect(verdict.entries.length).toBeGreaterThan(many);
  expect(verdict.entries.map(({ seq }) => seq)).toEqual(verdict.entries.map((_, i) => i));
  const chosen = checkEvidence((await auditor.withFactor('/api/audit/evidence', asked)).rawPayload, null);
  expect(chosen.kind === 'ok' && chosen.entries.length).toBe(many / 2);
});

/** The room with smaller bounds, behind a door that permits everything. */
async function bounded(bounds: typeof bundleBounds) {
  const { audit, rooms, store } = rig;
  const gate = createGate({
    store,
    policy: { hash: 'any', decide: () => ({ kind: 'permit', policy: 'test' }) },
    macs: createRowMacs(Buffer.alloc(32), true),
    node: 'test',
  });
  const evidence = createEvidence({
    gate,
    settled: () => store.settled(),
    size: rig.size,
    tree: audit.tree,
    published: rig.keys,
    readFilter: audit.trail.readFilter,
    witnessed: () => null,
    locateApproval: rooms.approvals.locate,
    recount: rooms.approvals.recount,
    showAsked: rooms.approvals.showAsked,
    bounds,
  });
  return { evidence, ctx: await rig.contextOf(auditor) };
}

test.each([
  [
    { entries: 500, bodyBytes: 1e9 },
    'too-broad',
    /^At most 500 entries .* narrow the filter, or take its days/,
  ],
  [
    { entries: 1e9, bodyBytes: 64 * 1024 },
    'too-large',
    /^One bundle holds at most 64 KiB .* narrow the filter/,
  ],
])('past %j it is refused with the bound and the next step, and an entry', async (bounds, kind, says) => {
  const { evidence, ctx } = await bounded(bounds);
  const before = rig.size();
  expect(await evidence.exportEvidence(ctx, asked)).toMatchObject({
    kind,
    detail: expect.stringMatching(says),
  });
  expect(rig.size() - before).toBe(1);
  // Not approved either, only to fail when it is fetched.
  expect(await evidence.requestOpened(ctx, asked)).toMatchObject({ kind });
});

test('up to its bounds it is made', async () => {
  const { evidence, ctx } = await bounded({ entries: many / 2, bodyBytes: 1e9 });
  expect(await evidence.exportEvidence(ctx, asked)).toMatchObject({ kind: 'done' });
});
