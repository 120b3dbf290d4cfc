/** Claims about what is built behind the acknowledgement: it follows the log, and can be built again. */
import { expect, it } from 'vitest';
import { fill } from './log.suite.ts';
import { draft, type Place } from './rig.ts';

export function projectionClaims(fresh: () => Promise<Place>): void {
  it('shows every durable entry once settled, and who was touched by it', async () => {
    const place = await fresh();
    const store = await place.open();
    await fill(store, 1_100);
    await store.commit({
      changes: [],
      entries: [draft(7, { voters: ['v1', 'v2', 'v1'], caseId: 'case-1' })],
    });
    await store.settled();
    const rows = await place.sql<Record<string, unknown>>('select * from trail where seq = 1100');
    expect({
      ...rows[0],
      seq: Number(rows[0]!.seq),
      at: Number(rows[0]!.at),
      persons: Number(rows[0]!.persons),
    }).toEqual({
      seq: 1_100,
      at: 1_770_000_000_007,
      act: 'voter.view',
      outcome: 'done',
      actor: 'officer-0',
      role: 'auditor',
      commission: '1001',
      session: 's1',
      purpose: 'list-check',
      case_id: 'case-1',
      address: '192.0.2.7',
      policy: 'p1',
      persons: 3,
    });
    expect(await counted(place, 'trail')).toBe(1_101);
    expect(await place.sql('select voter from trail_voter where seq = 1100 order by voter')).toEqual([
      { voter: 'v1' },
      { voter: 'v2' },
    ]);
  });

  it('projects an entry that touches ten thousand voters', async () => {
    const place = await fresh();
    const store = await place.open();
    const voters = Array.from({ length: 10_000 }, (_, i) => `voter-${i}`);
    await store.commit({ changes: [], entries: [draft(0, { voters })] });
    await store.settled();
    expect(await counted(place, 'trail_voter')).toBe(10_000);
  });

  it('builds the same again from the log', async () => {
    const place = await fresh();
    const store = await place.open();
    await store.commit({ changes: [], entries: [draft(0, { voters: ['v1'] }), draft(1)] });
    await store.commit({ changes: [], entries: [{ leaf: 'not one of ours', event: 'nor this' }] });
    await store.settled();
    const before = await place.sql('select * from trail order by seq');
    await place.sql('delete from trail_voter');
    await place.sql("update trail set act = 'voter.reveal'");
    await store.rebuildProjections();
    expect(await place.sql('select * from trail order by seq')).toEqual(before);
    expect(before.length).toBe(2);
    expect(await counted(place, 'trail_voter')).toBe(1);
  });

  it('forgets what was erased from an event', async () => {
    const place = await fresh();
    const store = await place.open();
    await store.commit({ changes: [], entries: [draft(0, { voters: ['v1'] })] });
    await store.settled();
    await store.commit({
      changes: [
        { op: 'delete', table: 'event', key: { seq: 0 } },
        { op: 'delete', table: 'trailVoter', key: { seq: 0 } },
      ],
      entries: [draft(1)],
    });
    await store.rebuildProjections();
    expect(await counted(place, 'trail_voter')).toBe(0);
    expect(await counted(place, 'trail')).toBe(2);
  });

  it('takes up its place after a restart', async () => {
    const place = await fresh();
    const first = await place.open();
    await fill(first, 10);
    await first.settled();
    await fill(first, 10);
    await first.close();
    const second = await place.open();
    await second.settled();
    expect(await counted(place, 'trail')).toBe(20);
  });
}

async function counted(place: Place, table: string): Promise<number> {
  const [row] = await place.sql<{ count: number | string }>(`select count(*) as count from ${table}`);
  return Number(row!.count);
}
