// What lists return is what the policy would allow, record by record: for random trees and officers, SQL's scope and the
// reach that Cedar decides on are the same set. And whatever belongs to another unit is 404, as if it did not exist.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Change } from '#db/store.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import { foldedName } from '#server/lib/fold.ts';
import { openRelation } from '#server/policy/inputs.ts';
import { reachOf } from '#server/policy/relation.ts';
import { engines, openOn } from '../both-engines.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { begin, done } from './scene.ts';

// Codes as the contract allows them, among them neighbours in byte order: prefixes, digits, dashes, both cases.
const codes = ['A', 'A-', 'A-1', 'A0', 'A1', 'A10', 'AA', 'Aa', 'a', 'Z', 'z', '0', '9', '-', '--', 'A-0'];
/** Each unit hangs under an earlier one, or under the root. */
const trees = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 3, maxLength: 14 });

interface Unit {
  code: string;
  path: string;
}

/** A tree of its own in the same database: codes get the run's number, which keeps their order against each other. */
function grow(run: number, shape: [number, number][]): { units: Unit[]; changes: Change[] } {
  const root = `R${run}`;
  const units: Unit[] = [{ code: root, path: `/${root}/` }];
  for (const [parent, code] of shape) {
    const under = units[parent % units.length]!;
    // The number in front: behind, no code would be the beginning of another any more.
    const unit = { code: `${String(run).padStart(3, '0')}${codes[code % codes.length]}`, path: '' };
    if (units.some((known) => known.code === unit.code)) continue;
    units.push({ ...unit, path: `${under.path}${unit.code}/` });
  }
  const changes = units.map(({ code, path }): Change => {
    const names = { nameKy: code, nameRu: code, nameEn: code, address: '' };
    const parent = path.split('/').filter(Boolean).at(-2) ?? null;
    return {
      op: 'insert',
      table: 'commission',
      row: { code, level: 'PEC', parent, path, ...names, version: 1 },
    };
  });
  return { units, changes };
}

let runs = 0;
async function forest(rig: ConsoleRig, shape: [number, number][]) {
  const run = ++runs;
  const { units, changes } = grow(run, shape);
  const surname = `Орман${'абвгдежзийк'[run % 11]}${'лмнопрстуфхц'[Math.floor(run / 11) % 12]}`;
  const now = rig.time.now;
  const records: Change[] = units.flatMap(({ code, path }, i): Change[] => {
    const id = `v-${run}-${i}-record`;
    const who = { surname, givenName: `А${i}`, patronymic: '' };
    const nothing = { applicant: Buffer.alloc(1), change: Buffer.alloc(1), legalBasis: '', channel: 'post' };
    return [
      {
        op: 'insert',
        table: 'voter',
        row: {
          id,
          pin: `${run}:${i}`,
          scheme: 'foreign:test',
          ...who,
          birthDate: '',
          sex: '',
          address: '',
          precinct: code,
          fold: foldedName(who.surname, who.givenName, ''),
          flags: '',
          status: 'listed',
          version: 1,
          changedAt: now,
        },
      },
      {
        op: 'insert',
        table: 'application',
        row: {
          id,
          number: id,
          kind: 'correction',
          election: '',
          precinct: code,
          territory: code,
          state: 'received',
          takenBy: 'officer-1-000',
          createdAt: now,
          photoMatched: 0,
          version: 1,
          ...nothing,
        },
      },
      {
        op: 'insert',
        table: 'approval',
        row: {
          id,
          kind: 'print',
          payload: '{}',
          payloadHash: path,
          persons: 0,
          purpose: 'review',
          commission: code,
          requestedBy: 'officer-1-000',
          requestedAt: now,
          state: 'pending',
          needed: 2,
          expiresAt: now,
          entry: { entrySeq: 0 },
          version: 1,
        },
      },
    ];
  });
  await rig.write([...changes, ...records]);
  return { units, surname };
}

/** What Cedar says of opening a voter's card of a unit. */
function permits(rig: ConsoleRig, role: Role, officer: string, unit: string): boolean {
  const relation = openRelation(role, { reach: reachOf(officer, unit) });
  return rig.rooms.policy.decide('voter.view', relation).kind === 'permit';
}

describe.each(engines)('lists against the policy on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
  });
  afterAll(() => close());

  test('voters, applications, approvals and units: exactly what is own or below, whatever the tree', async () => {
    await rig.logIn('precinct-member', '1001'); // officer-1-000, who asked for everything here
    const { reader } = rig.store;
    await fc.assert(
      fc.asyncProperty(trees, async (shape) => {
        const { units, surname } = await forest(rig, shape);
        const ours = new Set(units.map(({ code }) => code));
        for (const officer of units) {
          const reached = units
            .filter(({ path }) => permits(rig, 'territorial-admin', officer.path, path))
            .map(({ code }) => code)
            .toSorted();
          const only = (found: string[]) => found.filter((code) => ours.has(code)).toSorted();
          const prefix = foldedName(surname, '', '').trim();
          const voters = await reader.voters.page(officer.path, prefix, null, 500);
          const applications = await reader.applications.page({ path: officer.path, limit: 500 });
          const approvals = await reader.approvals.page({ path: officer.path, limit: 500 });
          const commissions = await reader.commissions.underPath(officer.path);
          expect(only(voters.map((voter) => voter.precinct))).toEqual(reached);
          expect(await reader.voters.count(officer.path, prefix)).toBe(reached.length);
          expect(only(applications.map(({ application }) => application.precinct))).toEqual(reached);
          expect(only(approvals.map(({ approval }) => approval.commission))).toEqual(reached);
          expect(commissions.map(({ code }) => code).toSorted()).toEqual(reached);
          // Nothing from outside the tree slips in either.
          expect(voters).toHaveLength(reached.length);
          expect(applications).toHaveLength(reached.length);
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('reach', () => {
  test('reach is a tree’s: own and below are never mutual, and siblings are outside each other', () => {
    fc.assert(
      fc.property(trees, (shape) => {
        const { units } = grow(0, shape);
        for (const a of units)
          for (const b of units) {
            const parts = (path: string) => path.split('/').filter(Boolean);
            const inside = parts(a.path).every((code, i) => parts(b.path)[i] === code);
            const expected =
              a === b ? 'own' : inside ? 'below' : b.path.length < a.path.length ? null : 'outside';
            if (expected) expect(reachOf(a.path, b.path)).toBe(expected);
            if (reachOf(a.path, b.path) === 'below') expect(reachOf(b.path, a.path)).toBe('above');
          }
      }),
    );
  });

  test('whoever has no unit reaches none', () => {
    expect(reachOf('', '/CEC/')).toBe('outside');
    expect(reachOf('', '/CEC/T1/1001/')).toBe('outside');
  });
});

let rig: ConsoleRig;
beforeAll(async () => {
  rig = await openConsole();
});
afterAll(() => rig.close());

describe('ids of another unit', () => {
  test('are 404 at every door, word for word as ids that do not exist, with one entry each', async () => {
    const foreignMember = await rig.logIn('precinct-member', '2001');
    const foreignVoter = await rig.addVoter('2001');
    const foreignOfficer = await rig.logIn('territorial-admin', 'T2');
    const application = (await begin(foreignMember, foreignVoter.id)).id;
    const approval = done<{ id: string }>(
      await foreignOfficer.withFactor('/api/prints', { precinct: '2001', list: 'final', purpose: 'review' }),
    ).id;
    await rig.write([
      {
        op: 'insert',
        table: 'alert',
        row: {
          id: 'alert-foreign-000',
          rule: 'x',
          ruleVersion: '1',
          level: 'high',
          state: 'new',
          entity: '{}',
          commission: '2001',
          about: '',
          voter: foreignVoter.id,
          firstSeq: 0,
          lastSeq: 0,
          seqs: '[0]',
          folded: 0,
          createdAt: rig.time.now,
          updatedAt: rig.time.now,
          dueAt: rig.time.now,
          version: 1,
        },
      },
    ]);
    const member = await rig.logIn('precinct-member', '1001');
    const admin = await rig.logIn('territorial-admin', 'T1');
    const approver = await rig.logIn('approver', 'T1');
    const supervisor = await rig.logIn('supervisor', 'T1');
    const at = { expectedVersion: 1 };
    const doors: [Officer, string, object | null, string][] = [
      [member, '/api/voters/:id', null, foreignVoter.id],
      [member, '/api/voters/:id/reveal', { field: 'pin', purpose: 'list-check' }, foreignVoter.id],
      [admin, '/api/voters/:id', null, foreignVoter.id],
      [admin, '/api/voters/:id/versions', null, foreignVoter.id],
      [admin, '/api/voters/:id/restore', { version: 1, reason: 'сыноо' }, foreignVoter.id],
      [supervisor, '/api/voters/:id', null, foreignVoter.id],
      [member, '/api/applications/:id', null, application],
      ...['check-identity', 'receive', 'enter', 'withdraw', 'redirect'].map(
        (name): [Officer, string, object, string] => [
          member,
          `/api/applications/:id/actions/${name}`,
          { ...at, reason: 'x' },
          application,
        ],
      ),
      ...['start-review', 'decide', 'apply', 'reply', 'archive', 'refuse-late'].map(
        (name): [Officer, string, object, string] => [
          admin,
          `/api/applications/:id/actions/${name}`,
          { ...at, reason: 'x' },
          application,
        ],
      ),
      [admin, '/api/approvals/:id', null, approval],
      [approver, '/api/approvals/:id', null, approval],
      [approver, '/api/approvals/:id/actions/approve', {}, approval],
      [approver, '/api/approvals/:id/actions/deny', { reason: 'x' }, approval],
      [admin, '/api/downloads/:id', {}, approval],
      [supervisor, '/api/alerts/:id', null, 'alert-foreign-000'],
      ...['acknowledge', 'assign', 'investigate', 'close', 'reopen'].map(
        (name): [Officer, string, object, string] => [
          supervisor,
          `/api/alerts/:id/actions/${name}`,
          at,
          'alert-foreign-000',
        ],
      ),
    ];
    for (const [officer, door, body, id] of doors) {
      const send = (target: string) => {
        const url = door.replace(':id', target);
        return body === null ? officer.get(url) : officer.post(url, body);
      };
      const before = rig.size();
      const foreign = await send(id);
      expect(rig.size() - before, door).toBe(1);
      const unknown = await send('no-such-thing-000');
      expect([door, foreign.statusCode, foreign.body]).toEqual([door, 404, unknown.body]);
      expect(unknown.statusCode).toBe(404);
    }
  });

  test('named in a body they are refused alike, and found by no search', async () => {
    const foreign = await rig.addVoter('2001', { surname: 'Чегарасыртында' });
    const member = await rig.logIn('precinct-member', '1001');
    const admin = await rig.logIn('territorial-admin', 'T1');
    const change = [{ field: 'address', new: 'x' }];
    const applicant = { surname: 'А', givenName: 'Б' };
    const create = (voter: string) =>
      member.post('/api/applications', { kind: 'correction', voter, applicant, change });
    expect((await create(foreign.id)).body).toBe((await create('no-such-thing-000')).body);
    for (const by of [member, admin]) {
      for (const q of ['Чегарасыртында', foreign.pin])
        expect(done(await by.post('/api/voters/search', { q }))).toMatchObject({ items: [], count: 0 });
      expect((await by.post('/api/voters/search', { q: 'Чегара', precinct: '2001' })).statusCode).toBe(404);
      expect(done(await by.get('/api/applications?precinct=2001'))).toEqual({ items: [], next: null });
    }
    for (const kind of ['prints', 'exports'])
      expect(
        (await admin.withFactor(`/api/${kind}`, { precinct: '2001', list: 'final', purpose: 'review' }))
          .statusCode,
      ).toBe(404);
  });
});
