import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acts } from '#server/contract/acts.ts';
import { emergencyActs, roles } from '#server/contract/vocabulary.ts';
import { loadPolicy } from './cedar.ts';
import { type Relation, reachOf } from './relation.ts';

const policy = loadPolicy('policies/access');
const relation = (over: Partial<Relation>): Relation => ({
  role: 'precinct-member',
  stage: 'open',
  locked: false,
  clearance: 'valid',
  reach: 'own',
  factor: 'bound',
  flags: [],
  ...over,
});

// The duties table of the design, by hand: act → roles that hold it in their own unit with a bound factor, with the facts
// in brackets. The server never reads this; a wrong policy cannot prove itself right.
const finders = ['precinct-member', 'territorial-admin'];
const watchers = ['supervisor', 'security-officer'];
const trail = ['territorial-admin', 'supervisor', 'auditor', 'central-admin', 'security-officer'];
const reportReaders = ['central-admin', 'security-officer', 'protection-officer'];
const duties: [act: string, flags: Relation['flags'], holders: string[]][] = [
  ['voter.search', [], finders],
  ['voter.locate', [], finders],
  ['voter.view', [], finders],
  ['voter.view', ['alert-subject'], [...finders, 'supervisor']],
  ['voter.reveal', [], ['territorial-admin']],
  ['voter.reveal', ['case-open'], finders],
  ['voter.reveal', ['case-open', 'blocked'], []],
  ['voter.reveal', ['case-open', 'blocked', 'blocked-by-case'], finders],
  ['voter.versions', [], ['territorial-admin']],
  ['voter.accesses', [], ['protection-officer', 'auditor']],
  ['voter.lookup', [], ['protection-officer']],
  ['voter.answer', [], ['protection-officer']],
  ['voter.destroy-request', [], ['protection-officer']],
  ['voter.destroy', [], []],
  ['voter.destroy', ['approved'], ['protection-officer']],
  ['destruction.list', [], ['protection-officer', 'auditor']],
  ['voter.restore-request', [], ['territorial-admin']],
  ['voter.restore-request', ['blocked'], []],
  ['application.create', [], finders],
  ['application.receive', [], finders],
  ['application.enter', [], finders],
  ['application.redirect', [], finders],
  ['application.redirect', ['entered'], ['territorial-admin']],
  ['application.withdraw', ['entered'], finders],
  ['application.decide', [], ['territorial-admin']],
  ['application.decide', ['took-in'], []],
  ['application.apply', [], ['territorial-admin']],
  ['application.apply', ['took-in'], []],
  ['application.reply', [], ['territorial-admin']],
  ['list.print-request', [], finders],
  ['list.export-request', [], ['territorial-admin']],
  ['list.print', [], []],
  ['list.print', ['approved', 'own-request'], finders],
  ['list.print', ['approved'], []],
  ['list.export', ['own-request'], []],
  ['list.export', ['approved', 'own-request'], ['territorial-admin']],
  ['download.fetch', [], []],
  ['download.fetch', ['own-request'], finders],
  ['approval.approve', [], ['approver']],
  ['approval.approve', ['own-request'], []],
  ['approval.approve', ['made-account', 'for-officer'], []],
  ['approval.approve', ['for-officer'], ['approver', 'security-officer', 'central-admin']],
  ['approval.approve', ['for-application'], ['approver', 'territorial-admin']],
  ['approval.approve', ['for-policy'], ['security-officer', 'central-admin']],
  ['approval.approve', ['for-policy', 'own-request'], []],
  ['approval.approve', ['for-rules'], ['security-officer', 'central-admin']],
  ['approval.approve', ['for-rules', 'own-request'], []],
  ['approval.approve', ['for-emergency'], ['approver', 'security-officer']],
  ['approval.approve', ['for-emergency', 'own-request'], []],
  ['policy.view', [], ['security-officer', 'auditor', 'central-admin']],
  ['policy.check', [], ['security-officer']],
  ['policy.propose', [], ['security-officer']],
  ['policy.who', [], ['security-officer', 'auditor', 'protection-officer']],
  ['policy.differ', [], []],
  ['rule.view', [], ['security-officer', 'auditor', 'central-admin']],
  ['rule.check', [], ['security-officer']],
  ['rule.propose', [], ['security-officer']],
  ['rule.differ', [], []],
  ['emergency.request', [], finders],
  ['emergency.list', [], [...finders, 'approver', 'security-officer', 'auditor']],
  ['emergency.end', [], ['security-officer']],
  ['emergency.end', ['own-request'], [...roles]],
  ['emergency.review', [], ['security-officer', 'auditor']],
  ['emergency.review', ['own-request'], []],
  ['emergency.review', ['decided'], []],
  ['emergency.overdue', [], []],
  ['system.backup-untested', [], []],
  ['approval.too-few', [], []],
  ['approval.enough', [], []],
  ['emergency.forged', [], []],
  ['audit.view', [], trail],
  ['audit.search', [], trail],
  ['audit.tile', [], ['auditor']],
  ...['', '-fix', '-list', '-view', '-assign', '-close'].map((step): (typeof duties)[number] => [
    `audit.sample${step}`,
    [],
    step === '-list' ? ['auditor', 'supervisor', ...reportReaders] : ['auditor'],
  ]),
  ['audit.sample-view', ['assigned'], ['auditor', 'supervisor']],
  ['audit.sample-view', ['closed'], ['auditor', ...reportReaders]],
  ['audit.sample-find', [], []],
  ['audit.sample-find', ['assigned'], ['auditor', 'supervisor']],
  ['audit.sample-find', ['assigned', 'own-act'], []],
  ['audit.sample-find', ['assigned', 'tied'], []],
  ['audit.sample-sign', ['assigned'], ['auditor', 'supervisor']],
  ['audit.sample-sign', ['assigned', 'judged'], []],
  ['audit.sample-sign', ['assigned', 'own-act'], []],
  ['audit.sample-overdue', [], []],
  ['audit.views', [], trail],
  ['audit.view-save', [], trail],
  ['audit.evidence', [], ['auditor', 'security-officer']],
  ['audit.evidence-request', [], ['auditor']],
  ['audit.evidence-opened', [], []],
  ['audit.evidence-opened', ['own-request'], []],
  ['audit.evidence-opened', ['approved'], []],
  ['audit.evidence-opened', ['approved', 'own-request'], ['auditor']],
  ['alert.list', [], watchers],
  ['alert.stream', [], watchers],
  ['alert.close', [], watchers],
  ['alert.close', ['about-me'], []],
  ['officer.add', [], ['central-admin']],
  ['officer.role', [], ['central-admin']],
  ['officer.activate', [], ['security-officer']],
  ['officer.activate', ['made-account'], []],
  ['officer.role', ['own-account'], []],
  ['officer.list', [], ['central-admin', 'security-officer', 'auditor']],
  ['calendar.set', [], ['central-admin']],
  ['calendar.view', [], [...roles]],
  ['purpose.list', [], [...roles]],
  ['commission.list', [], [...roles]],
  ['session.logout', [], [...roles]],
  ['alert.raise', [], []],
  ['voter.restore', [], []],
];

describe('policies', () => {
  test.each(duties)('%s with %j is held by exactly the roles of the duties table', (act, flags, holders) => {
    const permitted = roles.filter((role) => policy.decide(act, relation({ role, flags })).kind === 'permit');
    expect(permitted.toSorted()).toEqual([...new Set(holders)].toSorted());
  });

  test('the schema and the catalogue of acts name the same acts', () => {
    const schema = readFileSync('policies/access/kuzot.cedarschema', 'utf8');
    const named = [...schema.matchAll(/"([a-z]+\.[a-z-]+)"/g)].map((m) => m[1]);
    expect(named.toSorted()).toEqual(Object.keys(acts).toSorted());
  });

  test('outside the unit every record is as if it did not exist, whatever the role', () => {
    for (const role of roles)
      for (const act of ['voter.view', 'application.view', 'approval.view', 'alert.view'])
        expect(policy.decide(act, relation({ role, reach: 'outside' })), `${role} ${act}`).toMatchObject({
          kind: 'deny',
          remedy: 'outside',
        });
  });

  test('emergency access opens the reading of voters to those who may find them at all, and nothing else', () => {
    const wide = { reach: 'outside', flags: ['emergency'] } as const;
    const opened = new Set<string>();
    for (const act of Object.keys(acts))
      for (const role of roles)
        if (policy.decide(act, relation({ role, ...wide })).kind === 'permit') opened.add(`${role} ${act}`);
    expect([...opened].toSorted()).toEqual(
      finders.flatMap((role) => emergencyActs.map((act) => `${role} ${act}`)).toSorted(),
    );
    for (const role of finders)
      for (const act of emergencyActs)
        expect(policy.decide(act, relation({ role: role as 'precinct-member', ...wide }))).toEqual({
          kind: 'permit',
          policy: 'emergency-reads',
        });
  });

  test('nothing but the session is reachable before the log-in is complete, locked, or without clearance', () => {
    for (const over of [{ stage: 'totp' }, { locked: true }, { clearance: 'expired' }] as const)
      for (const act of Object.keys(acts).filter(
        (a) => !a.startsWith('session.') && !['status.view', 'http.unknown'].includes(a),
      ))
        for (const role of roles)
          expect(policy.decide(act, relation({ role, ...over })).kind, `${role} ${act}`).toBe('deny');
  });

  test('a missing factor is named only to somebody whom it would let in', () => {
    const stale = { factor: 'stale' } as const;
    expect(policy.decide('voter.reveal', relation({ ...stale, flags: ['case-open'] }))).toMatchObject({
      remedy: 'recent-factor',
    });
    expect(policy.decide('voter.reveal', relation(stale))).toMatchObject({ remedy: 'none' });
    expect(policy.decide('list.print-request', relation({ factor: 'recent' }))).toMatchObject({
      remedy: 'bound-factor',
    });
    expect(
      policy.decide('list.print-request', relation({ role: 'auditor', factor: 'recent' })),
    ).toMatchObject({ remedy: 'none' });
  });

  test('what only reads like a known relation is not answered as that one was', () => {
    expect(policy.decide('application.view', relation({ flags: ['case-open', 'entered'] })).kind).toBe(
      'permit',
    );
    for (const strange of [
      { flags: ['case-open,entered'] },
      { flags: 'case-open' },
      { locked: 0 },
      { role: 'precinct-member|open' },
      { factor: undefined },
    ])
      expect(policy.decide('application.view', relation(strange as never)), JSON.stringify(strange)).toEqual({
        kind: 'deny',
        policy: 'policy-error',
        remedy: 'none',
      });
  });

  test('an act nobody declared is denied', () => {
    expect(policy.decide('voter.delete', relation({ role: 'system' }))).toMatchObject({
      kind: 'deny',
      policy: 'policy-error',
    });
  });

  test('a policy that the schema does not know refuses to load', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-policy-'));
    writeFileSync(join(dir, 'kuzot.cedarschema'), readFileSync('policies/access/kuzot.cedarschema'));
    writeFileSync(
      join(dir, 'a.cedar'),
      '@id("x") @why("y") permit (principal, action, resource) when { context.colour == "red" };',
    );
    expect(() => loadPolicy(dir)).toThrow(/colour/);
  });

  test('reach follows the commission tree', () => {
    expect(reachOf('/CEC/T1/', '/CEC/T1/')).toBe('own');
    expect(reachOf('/CEC/T1/', '/CEC/T1/P1/')).toBe('below');
    expect(reachOf('/CEC/T1/', '/CEC/')).toBe('above');
    expect(reachOf('/CEC/T1/', '/CEC/T10/')).toBe('outside');
    expect(reachOf('/CEC/T1/', null)).toBe('none');
  });
});
