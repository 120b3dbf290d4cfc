// The policy under attack: whatever is not cleanly permitted is denied. Values no code of ours would send, facts left out or
// invented, roles that do not exist, policies that cannot be evaluated: none opens anything.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acts } from '#server/contract/acts.ts';
import { emergencyActs, roles } from '#server/contract/vocabulary.ts';
import { loadPolicy } from '#server/policy/cedar.ts';
import { type Flag, flags, type Relation } from '#server/policy/relation.ts';

const policy = loadPolicy('policies/access');
const all = Object.keys(acts);
const best: Relation = {
  role: 'territorial-admin',
  stage: 'open',
  locked: false,
  clearance: 'valid',
  reach: 'own',
  factor: 'bound',
  flags: ['case-open', 'approved', 'own-request'],
};
const decide = (act: string, over: object) => policy.decide(act, { ...best, ...over } as Relation);
const everyday = ['voter.search', 'voter.view', 'voter.reveal', 'application.decide', 'list.print'];

describe('corrupt relations', () => {
  test('the same relation untouched is permitted, before and after: no corrupt one finds or spoils its answer', () => {
    for (const act of everyday) decide(act, { locked: undefined });
    for (const act of everyday) expect([act, decide(act, {}).kind]).toEqual([act, 'permit']);
  });

  test.each([
    ['a role nobody has', { role: 'superuser' }],
    ['no role', { role: 'none' }],
    ['an empty role', { role: '' }],
    ['a role of another case', { role: 'Territorial-Admin' }],
    ['a role like a built-in', { role: '__proto__' }],
    ['a role with a quote', { role: 'territorial-admin"' }],
    ['a stage nobody reached', { stage: 'opened' }],
    ['no stage', { stage: undefined }],
    ['a lock that is a text', { locked: 'false' }],
    ['a lock that is nothing', { locked: null }],
    ['no lock at all', { locked: undefined }],
    ['a clearance of another word', { clearance: 'yes' }],
    ['no clearance', { clearance: undefined }],
    ['a reach that is nothing', { reach: undefined }],
    ['a reach that is a list', { reach: ['own'] }],
    ['a factor that is a number', { factor: 1 }],
    ['flags that are numbers', { flags: [1] }],
    ['flags run together', { flags: ['case-open,approved,own-request'] }],
    ['flags that are a text', { flags: 'case-open' }],
    ['a flag nobody knows', { flags: [...best.flags, 'superuser'] }],
  ])('%s: denied', (_name, over) => {
    for (const act of everyday) expect([act, decide(act, over).kind]).toEqual([act, 'deny']);
  });

  test('no relation at all, or none of its parts, is denied and never thrown', () => {
    for (const act of all)
      for (const relation of [{ flags: [] }, { role: 'auditor', flags: [] }])
        expect(policy.decide(act, relation as unknown as Relation).kind).toBe('deny');
  });

  test('acts of no catalogue are denied to everybody', () => {
    for (const act of ['', '*', 'voter', 'voter.*', 'Find', 'constructor', 'voter.view"', 'voter.view '])
      for (const role of [...roles, 'system'])
        expect(policy.decide(act, { ...best, role } as Relation).kind).toBe('deny');
  });

  test('an answer once remembered is not given for another question', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.record({
          role: fc.constantFrom(...roles, 'none' as const),
          stage: fc.constantFrom('open' as const, 'totp' as const, 'none' as const),
          locked: fc.boolean(),
          clearance: fc.constantFrom('valid' as const, 'expired' as const),
          reach: fc.constantFrom(
            'own' as const,
            'below' as const,
            'above' as const,
            'outside' as const,
            'none' as const,
          ),
          factor: fc.constantFrom('bound' as const, 'recent' as const, 'stale' as const),
          flags: fc.subarray([...flags]),
        }),
        (act, relation) => {
          const decision = policy.decide(act, relation);
          // Asked again with the flags in another order: the same answer.
          expect(policy.decide(act, { ...relation, flags: relation.flags.toReversed() })).toEqual(decision);
          if (decision.kind === 'deny') return;
          const session = act.startsWith('session.');
          const open = session || ['status.view', 'http.unknown'].includes(act);
          // What no permit may ever get past, whatever the duties say.
          expect(relation.stage === 'open' || open).toBe(true);
          expect(relation.clearance === 'valid' || open).toBe(true);
          expect(!relation.locked || session).toBe(true);
          const widened = relation.flags.includes('emergency') && emergencyActs.some((one) => one === act);
          expect(widened ? ['above'] : ['outside', 'above']).not.toContain(relation.reach);
          if (/^approval\.(approve|deny)$/.test(act))
            for (const mine of ['own-request', 'made-account', 'own-account'] as Flag[])
              expect(relation.flags).not.toContain(mine);
          if (/^application\.(decide|apply)$/.test(act)) expect(relation.flags).not.toContain('took-in');
          if (/^(list\.(print|export)|download\.fetch)$/.test(act))
            expect(relation.flags).toContain('own-request');
          if (/^list\.(print|export)$/.test(act)) expect(relation.flags).toContain('approved');
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe('policies that cannot be trusted', () => {
  const schema = readFileSync('policies/access/kuzot.cedarschema', 'utf8');
  const load = (text: string, over = schema) => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-policy-'));
    try {
      writeFileSync(join(dir, 'kuzot.cedarschema'), over);
      writeFileSync(join(dir, 'a.cedar'), text);
      return loadPolicy(dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
  const note = '@id("x") @why("y")';

  test.each([
    ['one without an id', 'permit (principal, action, resource);'],
    ['one without a why', '@id("x") permit (principal, action, resource);'],
    [
      'two of one id',
      `${note} permit (principal, action, resource); ${note} forbid (principal, action, resource);`,
    ],
    ['one of a role there is not', `${note} permit (principal == Officer::"x", action, resource);`],
    ['one of an act there is not', `${note} permit (principal, action == Action::"voter.erase", resource);`],
    [
      'one that compares a text with a number',
      `${note} forbid (principal, action, resource) when { context.stage > 3 };`,
    ],
    ['one with an unknown remedy', `${note} @remedy("bribe") forbid (principal, action, resource);`],
    ['half of one', `${note} permit (principal, action`],
  ])('%s refuses to load', (_name, text) => {
    expect(() => load(text)).toThrow();
  });

  test('a schema that lost a fact the policies ask for refuses to load', () => {
    const text = readFileSync('policies/access/guards.cedar', 'utf8');
    expect(() => load(text, schema.replace('"locked": Bool,', ''))).toThrow(/locked/);
  });

  test('no policy file at all permits nothing', () => {
    const empty = load('');
    for (const act of all) expect(empty.decide(act, best).kind).toBe('deny');
  });
});
