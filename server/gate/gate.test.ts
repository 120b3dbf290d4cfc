import { describe, expect, test } from 'vitest';
import { type CommitResult, type CommitUnit, LogUnavailable, type Store } from '#db/store.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import type { Decision, Relation } from '#server/policy/relation.ts';
import type { Context, SessionFacts } from './context.ts';
import { createGate } from './gate.ts';
import { refuse } from './outcome.ts';

const now = 1_770_000_000_000;
const minute = 60_000;

/** A gate over a store that only remembers, and a policy that answers as told. */
function door(
  answer: (act: string, relation: Relation) => Decision = () => ({ kind: 'permit', policy: 'rule' }),
) {
  const units: CommitUnit[] = [];
  const order: string[] = [];
  let fate: 'done' | 'conflict' | 'unavailable' = 'done';
  let term: number | undefined;
  const store = {
    reader: { access: { session: async () => null } },
    term: () => term,
    async commit(unit: CommitUnit): Promise<CommitResult> {
      await null;
      if (fate === 'unavailable') throw new LogUnavailable('full');
      units.push(unit);
      order.push('durable');
      return fate === 'conflict'
        ? { kind: 'conflict', change: 0, seqs: [41] }
        : { kind: 'done', seqs: [41], skipped: [] };
    },
  } as unknown as Store;
  const asked: Relation[] = [];
  const gate = createGate({
    store,
    macs: createRowMacs(Buffer.alloc(32), true),
    node: 'test',
    policy: {
      hash: 'test',
      why: (id) => (id === 'p' ? 'because' : null),
      decide(act, relation) {
        asked.push(relation);
        return answer(act, relation);
      },
    },
  });
  return {
    ...{ gate, units, order, asked },
    end: (next: typeof fate) => (fate = next),
    begin: (next: number) => (term = next),
  };
}

function context(session: Partial<SessionFacts> = {}, over: Partial<Context> = {}): Context {
  return {
    request: 'r1',
    now,
    actor: {
      id: 'o1',
      login: 'o1',
      name: 'О',
      role: 'precinct-member',
      commission: '1001',
      path: '/CEC/T1/1001/',
      clearanceValid: true,
    },
    session: {
      id: 's1',
      stage: 'open',
      locked: false,
      startedAt: now,
      endsAt: now + 60 * minute,
      factorShown: true,
      factorAt: now,
      stepUpFor: null,
      stepUpAt: null,
      ...session,
    },
    address: '10.0.0.1',
    workstation: '',
    passive: false,
    seenAt: now,
    ledger: { entries: 0, lastSeq: -1 },
    ...over,
  };
}

const here = async () => ({ record: 'secret', unit: '/CEC/T1/1001/', about: { subjects: ['voter-1'] } });
const release = (value: string) => ({ kind: 'release' as const, value, about: { subjects: ['voter-1'] } });
const leafOf = (unit: CommitUnit | undefined) =>
  JSON.parse(unit!.entries[0]!.leaf) as Record<string, unknown>;

describe('a read', () => {
  test('is released after its entry is durable, with the entry’s number', async () => {
    const { gate, order } = door();
    const outcome = await gate.read(context(), 'voter.view', {
      locate: here,
      release: (record) => {
        order.push('read');
        return release(record);
      },
    });
    order.push('released');
    expect(outcome).toEqual({ kind: 'done', value: 'secret', entry: 41 });
    expect(order).toEqual(['read', 'durable', 'released']);
  });

  test('is not released when the log takes no entry', async () => {
    const { gate, end } = door();
    end('unavailable');
    const ctx = context();
    await expect(gate.read(ctx, 'voter.view', { locate: here, release })).rejects.toThrow(LogUnavailable);
    expect(ctx.ledger.entries).toBe(0);
  });

  test('and a change belong to the term in which they were decided, however long they took; a denial to none', async () => {
    const { gate, units, begin } = door((act) =>
      act === 'session.end-other'
        ? { kind: 'deny', policy: 'rule', remedy: 'none' }
        : { kind: 'permit', policy: 'rule' },
    );
    begin(1);
    const slow = (then: number) => async () => {
      begin(then);
      return here();
    };
    await gate.read(context(), 'voter.view', { locate: slow(2), release });
    await gate.change(context(), 'session.lock', {
      locate: slow(3),
      decide: () => ({ kind: 'change', changes: [], value: null, about: {} }),
    });
    await gate.change(context(), 'session.end-other', { locate: here, decide: () => refuse('stale') });
    expect(units.map(({ term }) => term)).toEqual([1, 2, undefined]);
  });

  test('that changes nothing hands over one entry and no other for a conflict', async () => {
    const { gate, units } = door();
    await gate.read(context(), 'voter.view', { locate: here, release });
    expect(units[0]!.entries).toHaveLength(1);
    expect(units[0]!.onConflict).toBeUndefined();
  });

  test('is not released when its step-up was used up meanwhile', async () => {
    const { gate, end, units } = door();
    end('conflict');
    const bound = context({ stepUpFor: 'list.print:abc', stepUpAt: now });
    const outcome = await gate.read(bound, 'list.print', {
      locate: async () => ({ ...(await here()), hash: 'abc' }),
      release,
    });
    expect(outcome).toEqual({ kind: 'stale' });
    expect(JSON.parse(units[0]!.onConflict!.leaf)).toMatchObject({ outcome: 'conflict' });
  });

  test('that the room refuses is a denial with the reason, and nothing of the record', async () => {
    const { gate, units } = door();
    const outcome = await gate.read(context(), 'voter.reveal', {
      locate: here,
      release: () => refuse('case-required'),
    });
    expect(outcome).toEqual({ kind: 'case-required' });
    expect(leafOf(units[0])).toMatchObject({ outcome: 'denied', policy: 'rule:case-required', n: 1 });
  });
});

describe('a denial', () => {
  test('outside the unit is word for word the refusal of what does not exist, and is not read', async () => {
    const { gate, units } = door(() => ({ kind: 'deny', policy: 'guard-reach', remedy: 'outside' }));
    let reads = 0;
    const work = (locate: typeof here | (() => Promise<null>)) =>
      gate.read(context(), 'voter.view', {
        locate: locate as typeof here,
        release: (record) => {
          reads += 1;
          return release(record);
        },
      });
    expect(await work(here)).toEqual(await work(async () => null));
    expect(reads).toBe(0);
    expect(units).toHaveLength(2);
    expect(leafOf(units[0])).toMatchObject({ outcome: 'denied', policy: 'guard-reach' });
    expect(leafOf(units[1])).toMatchObject({ outcome: 'denied', policy: 'unknown-record' });
  });

  test('says which factor to show only where the policy asks for one', async () => {
    const deny = (remedy: 'none' | 'recent-factor' | 'bound-factor') =>
      door(() => ({ kind: 'deny', policy: 'p', remedy })).gate.read(context(), 'voter.reveal', {
        locate: async () => ({ ...(await here()), hash: 'abc' }),
        release,
      });
    expect(await deny('none')).toMatchObject({ kind: 'denied', facts: { policy: 'p' } });
    expect((await deny('recent-factor')) as object).toEqual({
      kind: 'step-up-required',
      facts: { send: 'POST /api/session/step-up' },
    });
    expect(await deny('bound-factor')).toMatchObject({ facts: { action: 'voter.reveal', hash: 'abc' } });
  });

  test('is no use to whoever wants to know why their clearance ended', async () => {
    const { gate } = door(() => ({ kind: 'deny', policy: 'guard-clearance', remedy: 'none' }));
    const ctx = context();
    ctx.actor!.clearanceValid = false;
    expect(await gate.read(ctx, 'voter.view', { locate: here, release })).toEqual({
      kind: 'clearance-expired',
    });
  });
});

describe('a change', () => {
  const change = { op: 'update' as const, table: 'voter' as const, key: { id: 'v' }, set: { sex: 'F' } };
  const decide = () => ({
    kind: 'change' as const,
    changes: [change],
    value: (seq: number) => `entry ${seq}`,
    about: { subjects: ['v'] },
  });

  test('and its entry are one unit; its value may name the entry', async () => {
    const { gate, units } = door();
    expect(await gate.change(context(), 'application.apply', { locate: here, decide })).toEqual({
      kind: 'done',
      value: 'entry 41',
      entry: 41,
    });
    expect(units).toHaveLength(1);
    expect(units[0]!.changes).toEqual([change]);
    expect(units[0]!.entries).toHaveLength(1);
  });

  test('that is refused changes nothing', async () => {
    const { gate, units } = door();
    await gate.change(context(), 'application.apply', { locate: here, decide: () => refuse('blocked') });
    expect(units[0]!.changes).toEqual([]);
    expect(leafOf(units[0])).toMatchObject({ outcome: 'denied', policy: 'rule:blocked' });
  });
});

describe('a step-up', () => {
  const ask = async (session: Partial<SessionFacts>, act: 'list.print' | 'list.export' = 'list.print') => {
    const { gate, units, asked } = door();
    await gate.read(context(session), act, {
      locate: async () => ({ ...(await here()), hash: 'abc' }),
      release,
    });
    return { factor: asked[0]!.factor, changes: units[0]!.changes };
  };

  test('binds to act and hash, for five minutes, and is used up by the unit that uses it', async () => {
    const made = { stepUpFor: 'list.print:abc', stepUpAt: now - 5 * minute, factorAt: now - 5 * minute };
    expect(await ask(made)).toEqual({
      factor: 'bound',
      changes: [
        {
          op: 'update',
          table: 'session',
          key: { id: 's1' },
          expect: { stepUpFor: 'list.print:abc', endedAt: null },
          set: { stepUpFor: null },
        },
      ],
    });
    expect((await ask({ ...made, stepUpAt: now - 5 * minute - 1 })).factor).toBe('recent');
    expect((await ask(made, 'list.export')).factor).toBe('recent');
    expect((await ask({ ...made, stepUpFor: 'list.print:abd' })).changes).toEqual([]);
    expect((await ask({ ...made, stepUpFor: 'list.print:' })).factor).toBe('recent');
    expect((await ask({ factorAt: now - 5 * minute - 1 })).factor).toBe('stale');
    expect((await ask({ factorAt: null })).factor).toBe('stale');
  });
});

describe('the session’s last activity', () => {
  const touched = async (over: Partial<Context>) => {
    const { gate, units } = door();
    await gate.read(context({}, over), 'voter.view', { locate: here, release });
    return units[0]!.changes.length === 1;
  };

  test('is written with an entry at most every half minute, and never for polling', async () => {
    expect(await touched({ seenAt: now - 30_000 })).toBe(true);
    expect(await touched({ seenAt: now - 29_999 })).toBe(false);
    expect(await touched({ seenAt: now - 60_000, passive: true })).toBe(false);
  });
});

describe('offering a next step', () => {
  test('counts a factor that can still be shown, and makes no entry', () => {
    const { gate, units, asked } = door();
    expect(gate.may(context({ factorAt: null }), 'approval.approve', { unit: null })).toBe(true);
    expect(asked[0]!.factor).toBe('bound');
    expect(units).toEqual([]);
  });

  test('whoever is nobody has no reach and no clearance', () => {
    const { gate, asked } = door();
    gate.may(context({}, { actor: null, session: null }), 'voter.view', { unit: '/CEC/' });
    expect(asked[0]).toMatchObject({ role: 'none', stage: 'none', clearance: 'expired', reach: 'outside' });
  });
});
