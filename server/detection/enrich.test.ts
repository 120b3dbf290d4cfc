import { describe, expect, test } from 'vitest';
import { enrich, type StoredEntry } from './enrich.ts';

const paths: Record<string, string> = {
  T1: '/CEC/D1/T1/',
  '1001': '/CEC/D1/T1/1001/',
  '1002': '/CEC/D1/T1/1002/',
  '2001': '/CEC/D1/T2/2001/',
};
const places = (code: string) => paths[code] ?? null;

function entry(
  leaf: Record<string, unknown>,
  detail: Record<string, unknown> = {},
  voters: string[] = [],
  caseId?: string,
): StoredEntry {
  return {
    seq: 7,
    leaf: {
      v: 1,
      t: 1_000,
      outcome: 'done',
      actor: 'o1',
      role: 'precinct-member',
      commission: '1001',
      ...leaf,
    },
    event: {
      detail: { json: detail },
      ...(voters.length > 0 && { subjects: voters.map((id) => ({ id })) }),
      ...(caseId !== undefined && { case: { id: caseId } }),
    },
  };
}
const fields = (...args: Parameters<typeof entry>) => enrich(entry(...args), places).map((one) => one.fields);

describe('enrichment', () => {
  test('says who, where, when, from where and why', () => {
    const [event] = enrich(
      entry(
        { act: 'voter.reveal', session: 's1', purpose: 'application', n: 1, policy: 'p' },
        { precinct: '1001', workstation: 'w1', address: '10.0.0.1' },
        ['v1'],
        'a1',
      ),
      places,
    );
    expect(event).toEqual({
      seq: 7,
      timeMs: 1_000,
      fields: {
        'event.action': 'voter.reveal',
        'event.outcome': 'done',
        'user.id': 'o1',
        'user.role': 'precinct-member',
        'user.unit': '1001',
        'session.id': 's1',
        purpose: 'application',
        'host.id': 'w1',
        'host.address': '10.0.0.1',
        'voter.id': 'v1',
        'voter.count': 1,
        'voter.precinct': '1001',
        'voter.foreign': 'false',
      },
    });
  });

  test.each([
    ['1001', '1002', 'true'],
    ['1001', '1001', 'false'],
    ['T1', '1002', 'false'],
    ['T1', '2001', 'true'],
    ['1001', 'T1', 'true'],
  ])('an officer of %s reading a voter of %s: foreign is %s', (commission, precinct, foreign) => {
    expect(fields({ act: 'voter.view', commission }, { precinct })[0]!['voter.foreign']).toBe(foreign);
  });

  test('foreign is left open where a unit is not known', () => {
    expect(fields({ act: 'voter.view' }, { precinct: '9999' })[0]).not.toHaveProperty('voter.foreign');
    expect(fields({ act: 'voter.view' })[0]).not.toHaveProperty('voter.precinct');
  });

  test('one entry is one event, however many voters: a search does not count as twenty', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `v${i}`);
    const [event, ...more] = fields({ act: 'voter.search', n: 50 }, { matches: 80 }, ids);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ 'voter.id': ids, 'voter.count': 50, 'query.matches': 80 });
    const [many] = fields({ act: 'list.print', n: 51 }, {}, [...ids, 'v50']);
    expect(many).toMatchObject({ 'voter.count': 51 });
    expect(many).not.toHaveProperty('voter.id');
  });

  test('an applied application is also the change it made, once for each voter', () => {
    const detail = {
      changeKind: 'correct',
      changes: [{ field: 'surname', old: 'a', new: 'b' }, { field: 'pin' }],
      approved: true,
      samePerson: false,
      frozen: true,
      precinct: '1001',
      approval: 'p1',
      applicationKind: 'correction',
    };
    const [applied, changed, ...more] = fields({ act: 'application.apply' }, detail, ['v1'], 'a1');
    expect(more).toEqual([]);
    expect(applied).toMatchObject({
      'event.action': 'application.apply',
      'application.same_person': 'false',
    });
    expect(changed).toMatchObject({
      'event.action': 'voter.correct',
      'event.outcome': 'done',
      'user.id': 'o1',
      'voter.id': 'v1',
      'voter.count': 1,
      'change.kind': 'correct',
      'change.field': ['surname', 'pin'],
      'application.id': 'a1',
      'application.kind': 'correction',
      'application.approved': 'true',
      'approval.id': 'p1',
      'calendar.frozen': 'true',
    });
    expect(fields({ act: 'application.apply' }, detail, ['v1', 'v2'])).toHaveLength(3);
  });

  test('what changed nothing is no change: refused, conflicting, without effect', () => {
    for (const outcome of ['denied', 'conflict'])
      expect(fields({ act: 'application.apply', outcome }, { changeKind: 'remove' }, ['v1'])).toHaveLength(1);
    expect(fields({ act: 'application.apply' }, { changeKind: 'none' }, ['v1'])).toHaveLength(1);
    expect(fields({ act: 'application.decide' }, { changeKind: 'remove' }, ['v1'])).toHaveLength(1);
    expect(fields({ act: 'application.apply' }, {}, ['v1'])).toHaveLength(1);
  });

  test('an executed restoration is a change with its approval', () => {
    const [, changed] = fields({ act: 'approval.approve' }, { changeKind: 'restore', approval: 'p9' }, [
      'v1',
    ]);
    expect(changed).toMatchObject({
      'event.action': 'voter.correct',
      'change.kind': 'restore',
      'approval.id': 'p9',
      'voter.id': 'v1',
    });
  });

  test('the officer an act is about is told apart from the one who acts', () => {
    expect(fields({ act: 'officer.role' }, { officer: 'o1' })[0]).toMatchObject({
      'user.id': 'o1',
      'target.user.id': 'o1',
    });
  });

  test('an entry of another shape gives what can be read of it, or nothing', () => {
    expect(enrich({ seq: 1, leaf: {}, event: {} }, places)).toEqual([]);
    expect(enrich({ seq: 1, leaf: { t: 'x', act: 'voter.view' }, event: {} }, places)).toEqual([]);
    expect(enrich({ seq: 1, leaf: { t: 1, act: 'voter.view' }, event: {} }, places)).toHaveLength(1);
  });
});
