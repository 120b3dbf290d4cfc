// The generated matrix: every route the application registers × every role × own, foreign and unknown target. What is
// expected is a table written by hand; the server never reads it. Each authenticated request makes exactly one entry,
// denials and malformed ones included.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRoutes } from '#server/contract/acts.ts';
import { type Role, roles } from '#server/contract/vocabulary.ts';
import { type ConsoleRig, type Officer, openConsole } from './console-rig.ts';
import { origin } from './set-up.ts';

/** Unit each role sits in for the matrix: precinct staff in 1001, territorial staff in T1, the rest at the centre. */
const seat: Record<Role, string> = {
  'precinct-member': '1001',
  'territorial-admin': 'T1',
  supervisor: 'T1',
  approver: 'T1',
  auditor: 'CEC',
  'central-admin': 'CEC',
  'security-officer': 'CEC',
  'protection-officer': 'CEC',
};

interface Targets {
  voter: string;
  foreignVoter: string;
  application: string;
  foreignApplication: string;
  attachment: string;
  print: string;
  foreignPrint: string;
  /** Asked for by other staff: for the precinct of the matrix, and for a foreign one. */
  emergency: string;
  foreignEmergency: string;
  officer: string;
  alert: string;
  foreignAlert: string;
  /** An entry about the voter. */
  access: number;
  /** A drawn sample, and one of its entries: nobody's to judge until it was given to them. */
  sample: number;
  drawn: number;
}

interface RouteCase {
  route: string;
  /** Concrete address and body for a target of the officer's own unit (T1/1001) and of a foreign one (T2/2001). */
  own(t: Targets): { url: string; body?: object };
  foreign?(t: Targets): { url: string; body?: object };
  /** Roles that are let in on the own target (a factor or a further input may still be asked for). */
  may: readonly Role[];
  /** Central roles reach every unit: no foreign target for them. */
}

const everyone = roles;
const finders: Role[] = ['precinct-member', 'territorial-admin'];
const none: Role[] = [];
const watchers: Role[] = ['supervisor', 'security-officer'];
const trail: Role[] = ['territorial-admin', 'supervisor', 'auditor', 'central-admin', 'security-officer'];
const newOfficer = {
  login: 'jangy.kyzmatker',
  surname: 'Жаңыбаева',
  givenName: 'Үмүт',
  role: 'precinct-member',
  commission: '1001',
  clearance: { order: '17-к', level: 'personal', until: '2027-12-31' },
};
const v1 = { expectedVersion: 1 };
/** Stale where a case sends it: let in, and changing nothing. */
const document = { expectedVersion: 99, mediaType: 'application/pdf', content: 'JVBERi0=' };

const cases: RouteCase[] = [
  {
    route: 'POST /api/voters/search',
    own: () => ({ url: '/api/voters/search', body: { q: 'Төлөгөнова' } }),
    foreign: () => ({ url: '/api/voters/search', body: { q: 'Төлөгөнова', precinct: '2001' } }),
    may: finders,
  },
  {
    route: 'POST /api/voters/locate',
    own: () => ({ url: '/api/voters/locate', body: { pin: '10101199000001', purpose: 'application' } }),
    may: finders,
  },
  {
    route: 'GET /api/voters/:id',
    own: (t) => ({ url: `/api/voters/${t.voter}` }),
    foreign: (t) => ({ url: `/api/voters/${t.foreignVoter}` }),
    may: finders,
  },
  {
    route: 'POST /api/voters/:id/reveal',
    own: (t) => ({ url: `/api/voters/${t.voter}/reveal`, body: { field: 'pin', purpose: 'list-check' } }),
    foreign: (t) => ({
      url: `/api/voters/${t.foreignVoter}/reveal`,
      body: { field: 'pin', purpose: 'list-check' },
    }),
    may: ['territorial-admin'],
  },
  {
    route: 'GET /api/voters/:id/versions',
    own: (t) => ({ url: `/api/voters/${t.voter}/versions` }),
    foreign: (t) => ({ url: `/api/voters/${t.foreignVoter}/versions` }),
    may: ['territorial-admin'],
  },
  {
    route: 'POST /api/voters/:id/restore',
    own: (t) => ({ url: `/api/voters/${t.voter}/restore`, body: { version: 1, reason: 'текшерүү' } }),
    foreign: (t) => ({
      url: `/api/voters/${t.foreignVoter}/restore`,
      body: { version: 1, reason: 'текшерүү' },
    }),
    may: ['territorial-admin'],
  },
  {
    route: 'POST /api/applications',
    own: (t) => ({
      url: '/api/applications',
      body: {
        kind: 'correction',
        voter: t.voter,
        applicant: { surname: 'А', givenName: 'Б' },
        change: [{ field: 'address', new: 'в' }],
      },
    }),
    foreign: (t) => ({
      url: '/api/applications',
      body: {
        kind: 'correction',
        voter: t.foreignVoter,
        applicant: { surname: 'А', givenName: 'Б' },
        change: [{ field: 'address', new: 'в' }],
      },
    }),
    may: finders,
  },
  { route: 'GET /api/applications', own: () => ({ url: '/api/applications' }), may: finders },
  {
    route: 'GET /api/applications/:id',
    own: (t) => ({ url: `/api/applications/${t.application}` }),
    foreign: (t) => ({ url: `/api/applications/${t.foreignApplication}` }),
    may: finders,
  },
  {
    route: 'POST /api/applications/:id/actions/:name',
    own: (t) => ({ url: `/api/applications/${t.application}/actions/withdraw`, body: v1 }),
    foreign: (t) => ({ url: `/api/applications/${t.foreignApplication}/actions/withdraw`, body: v1 }),
    may: finders,
  },
  {
    route: 'POST /api/applications/:id/attachments',
    own: (t) => ({ url: `/api/applications/${t.application}/attachments`, body: document }),
    foreign: (t) => ({ url: `/api/applications/${t.foreignApplication}/attachments`, body: document }),
    may: finders,
  },
  {
    route: 'GET /api/applications/:id/attachments/:attachment',
    own: (t) => ({ url: `/api/applications/${t.application}/attachments/${t.attachment}` }),
    foreign: (t) => ({ url: `/api/applications/${t.foreignApplication}/attachments/${t.attachment}` }),
    may: finders,
  },
  { route: 'GET /api/status/:coupon', own: () => ({ url: '/api/status/22222-22222-22222' }), may: none },
  {
    route: 'POST /api/prints',
    own: () => ({ url: '/api/prints', body: { precinct: '1001', list: 'control', purpose: 'list-check' } }),
    foreign: () => ({
      url: '/api/prints',
      body: { precinct: '2001', list: 'control', purpose: 'list-check' },
    }),
    may: finders,
  },
  {
    route: 'POST /api/exports',
    own: () => ({ url: '/api/exports', body: { precinct: '1001', list: 'control', purpose: 'list-check' } }),
    foreign: () => ({
      url: '/api/exports',
      body: { precinct: '2001', list: 'control', purpose: 'list-check' },
    }),
    may: ['territorial-admin'],
  },
  {
    route: 'GET /api/approvals',
    own: () => ({ url: '/api/approvals' }),
    may: [...finders, 'approver', 'auditor', 'security-officer', 'central-admin', 'protection-officer'],
  },
  {
    route: 'GET /api/approvals/:id',
    own: (t) => ({ url: `/api/approvals/${t.print}` }),
    foreign: (t) => ({ url: `/api/approvals/${t.foreignPrint}` }),
    may: [...finders, 'approver', 'auditor', 'security-officer', 'central-admin', 'protection-officer'],
  },
  {
    route: 'POST /api/approvals/:id/actions/approve',
    own: (t) => ({ url: `/api/approvals/${t.print}/actions/approve`, body: {} }),
    foreign: (t) => ({ url: `/api/approvals/${t.foreignPrint}/actions/approve`, body: {} }),
    may: ['approver'],
  },
  {
    route: 'POST /api/approvals/:id/actions/deny',
    own: (t) => ({ url: `/api/approvals/${t.print}/actions/deny`, body: { reason: 'жок' } }),
    foreign: (t) => ({ url: `/api/approvals/${t.foreignPrint}/actions/deny`, body: { reason: 'жок' } }),
    may: ['approver'],
  },
  {
    route: 'POST /api/approvals/actions/approve',
    own: (t) => ({ url: '/api/approvals/actions/approve', body: { items: [{ id: t.print, ...v1 }] } }),
    foreign: (t) => ({
      url: '/api/approvals/actions/approve',
      body: { items: [{ id: t.foreignPrint, ...v1 }] },
    }),
    may: ['approver'],
  },
  {
    route: 'POST /api/downloads/:id',
    own: (t) => ({ url: `/api/downloads/${t.print}`, body: {} }),
    foreign: (t) => ({ url: `/api/downloads/${t.foreignPrint}`, body: {} }),
    may: none,
  },
  { route: 'GET /api/calendar', own: () => ({ url: '/api/calendar' }), may: everyone },
  {
    route: 'POST /api/calendar',
    own: () => ({ url: '/api/calendar', body: { dates: [] } }),
    may: ['central-admin'],
  },
  { route: 'GET /api/commissions', own: () => ({ url: '/api/commissions' }), may: everyone },
  // Own second factors are everybody's; what belongs to logging in is over once the session is open.
  { route: 'GET /api/session/factors', own: () => ({ url: '/api/session/factors' }), may: everyone },
  {
    route: 'POST /api/session/passkeys/challenge',
    own: () => ({ url: '/api/session/passkeys/challenge', body: { purpose: 'step-up' } }),
    may: everyone,
  },
  {
    route: 'POST /api/session/passkeys/registration',
    own: () => ({ url: '/api/session/passkeys/registration', body: { password: 'Туюк-Talas-7' } }),
    may: everyone,
  },
  {
    route: 'POST /api/session/recovery-codes',
    own: () => ({ url: '/api/session/recovery-codes', body: { password: 'Туюк-Talas-7' } }),
    may: everyone,
  },
  {
    route: 'POST /api/session/passkeys',
    own: () => ({
      url: '/api/session/passkeys',
      body: { name: 'x', made: { id: 'AA', clientDataJSON: 'AA', attestationObject: 'AA' } },
    }),
    may: none,
  },
  {
    route: 'POST /api/session/passkey',
    own: () => ({
      url: '/api/session/passkey',
      body: { passkey: { id: 'AA', clientDataJSON: 'AA', authenticatorData: 'AA', signature: 'AA' } },
    }),
    may: none,
  },
  {
    route: 'POST /api/session/recovery',
    own: () => ({ url: '/api/session/recovery', body: { code: '00000' } }),
    may: none,
  },
  {
    route: 'POST /api/session/passkeys/:id/actions/rename',
    own: () => ({ url: `/api/session/passkeys/${'0'.repeat(32)}/actions/rename`, body: { name: 'x' } }),
    may: none,
  },
  {
    route: 'POST /api/session/passkeys/:id/actions/remove',
    own: () => ({
      url: `/api/session/passkeys/${'0'.repeat(32)}/actions/remove`,
      body: { password: 'Туюк-Talas-7' },
    }),
    may: none,
  },
  { route: 'GET /api/purposes', own: () => ({ url: '/api/purposes' }), may: everyone },

  // Access policies, who sees a unit's voters, and emergency access.
  {
    route: 'GET /api/policies',
    own: () => ({ url: '/api/policies' }),
    may: ['security-officer', 'auditor', 'central-admin'],
  },
  {
    route: 'POST /api/policies/check',
    own: () => ({ url: '/api/policies/check', body: { files: [{ name: 'a.cedar', text: '' }] } }),
    may: ['security-officer'],
  },
  {
    route: 'POST /api/policies/proposals',
    own: () => ({
      url: '/api/policies/proposals',
      body: { files: [{ name: 'a.cedar', text: '' }], reason: 'текшерүү' },
    }),
    may: ['security-officer'],
  },
  {
    route: 'GET /api/policies/proposals/:id',
    own: (t) => ({ url: `/api/policies/proposals/${t.print}` }),
    // A print is no proposal, and nobody learns more of what is none.
    may: none,
  },
  // Detection rules: read by the same, proposed by the security officer.
  {
    route: 'GET /api/rules',
    own: () => ({ url: '/api/rules' }),
    may: ['security-officer', 'auditor', 'central-admin'],
  },
  {
    route: 'POST /api/rules/check',
    own: () => ({ url: '/api/rules/check', body: { from: 'f'.repeat(64), files: [], without: [] } }),
    may: ['security-officer'],
  },
  {
    route: 'POST /api/rules/proposals',
    own: () => ({
      url: '/api/rules/proposals',
      body: { from: 'f'.repeat(64), files: [], without: [], reason: 'текшерүү' },
    }),
    may: ['security-officer'],
  },
  {
    route: 'GET /api/rules/proposals/:id',
    own: (t) => ({ url: `/api/rules/proposals/${t.print}` }),
    may: none,
  },
  {
    route: 'GET /api/policies/readers/:code',
    own: () => ({ url: '/api/policies/readers/1001' }),
    foreign: () => ({ url: '/api/policies/readers/2001' }),
    may: ['security-officer', 'auditor', 'protection-officer'],
  },
  {
    route: 'GET /api/emergencies',
    own: () => ({ url: '/api/emergencies' }),
    may: [...finders, 'approver', 'security-officer', 'auditor'],
  },
  {
    route: 'POST /api/emergencies',
    own: () => ({
      url: '/api/emergencies',
      body: { unit: '2001', acts: ['voter.view'], reason: 'аймактык администратор жооп бербейт' },
    }),
    may: finders,
  },
  ...(
    [
      ['end', {}, ['security-officer']],
      ['review', { finding: 'justified', note: 'текшерилди' }, ['security-officer', 'auditor']],
    ] as [string, object, Role[]][]
  ).map(([name, body, may]) => ({
    route: `POST /api/emergencies/:id/actions/${name}`,
    own: (t: Targets) => ({
      url: `/api/emergencies/${t.emergency}/actions/${name}`,
      body: { expectedVersion: 99, ...body },
    }),
    foreign: (t: Targets) => ({
      url: `/api/emergencies/${t.foreignEmergency}/actions/${name}`,
      body: { expectedVersion: 99, ...body },
    }),
    may,
  })),

  // Who looked at whom, the trail, alerts, officers.
  {
    route: 'GET /api/voters/:id/accesses',
    own: (t) => ({ url: `/api/voters/${t.voter}/accesses` }),
    may: ['auditor', 'protection-officer'],
  },
  {
    route: 'GET /api/voters/:id/accesses/:seq',
    own: (t) => ({ url: `/api/voters/${t.voter}/accesses/${t.access}` }),
    may: ['auditor', 'protection-officer'],
  },
  {
    route: 'POST /api/voters/lookup',
    own: () => ({ url: '/api/voters/lookup', body: { pin: '10101199000001', purpose: 'subject-request' } }),
    may: ['protection-officer'],
  },
  {
    route: 'POST /api/voters/:id/answer',
    own: (t) => ({ url: `/api/voters/${t.voter}/answer`, body: {} }),
    may: ['protection-officer'],
  },
  {
    route: 'POST /api/voters/:id/destroy',
    own: (t) => ({
      url: `/api/voters/${t.voter}/destroy`,
      body: { basis: 'retention', number: '1', orderedBy: 'БШК', orderedOn: '2025-11-03' },
    }),
    may: ['protection-officer'],
  },
  {
    route: 'POST /api/destructions/:id',
    own: (t) => ({ url: `/api/destructions/${t.print}`, body: {} }),
    may: none,
  },
  {
    route: 'GET /api/destructions',
    own: () => ({ url: '/api/destructions' }),
    may: ['protection-officer', 'auditor'],
  },
  { route: 'GET /api/audit/entries', own: () => ({ url: '/api/audit/entries' }), may: trail },
  {
    route: 'POST /api/audit/search',
    own: (t) => ({ url: '/api/audit/search', body: { voter: t.voter } }),
    may: trail,
  },
  {
    route: 'GET /api/audit/entries/:seq',
    own: () => ({ url: '/api/audit/entries/0' }),
    may: ['auditor', 'central-admin', 'security-officer'],
  },
  {
    route: 'POST /api/audit/evidence',
    own: () => ({ url: '/api/audit/evidence', body: { act: 'voter.view', purpose: 'review' } }),
    may: ['auditor', 'security-officer'],
  },
  {
    route: 'POST /api/audit/evidence/requests',
    own: () => ({ url: '/api/audit/evidence/requests', body: { act: 'voter.view', purpose: 'review' } }),
    may: ['auditor'],
  },
  { route: 'GET /api/audit/views', own: () => ({ url: '/api/audit/views' }), may: trail },
  {
    route: 'POST /api/audit/views',
    own: () => ({ url: '/api/audit/views', body: { name: 'Түнкү кирүүлөр', filter: { act: 'voter.view' } } }),
    may: trail,
  },
  { route: 'DELETE /api/audit/views/:id', own: () => ({ url: '/api/audit/views/nobody-s' }), may: none },
  {
    route: 'GET /api/audit/tile/entries/*',
    own: () => ({ url: '/api/audit/tile/entries/000.p/1' }),
    may: ['auditor'],
  },
  // The random re-check: auditors keep it; a supervisor lists what is theirs and judges only what was given to them; others
  // see reports of closed ones.
  {
    route: 'GET /api/audit/samples',
    own: () => ({ url: '/api/audit/samples' }),
    may: ['auditor', 'supervisor', 'central-admin', 'security-officer', 'protection-officer'],
  },
  {
    route: 'POST /api/audit/samples',
    own: () => ({ url: '/api/audit/samples', body: { to: '2025-11-04' } }),
    may: ['auditor'],
  },
  {
    route: 'GET /api/audit/samples/:number',
    own: (t) => ({ url: `/api/audit/samples/${t.sample}` }),
    may: ['auditor'],
  },
  ...(['draw', 'close'] as const).map((name) => ({
    route: `POST /api/audit/samples/:number/actions/${name}`,
    own: (t: Targets) => ({
      url: `/api/audit/samples/${t.sample}/actions/${name}`,
      body: {
        expectedVersion: 99,
        ...(name === 'draw' && { source: 'dice', digits: '12345612345612345612' }),
      },
    }),
    may: ['auditor'] as Role[],
  })),
  ...(
    [
      ['find', { finding: 'in-order' }, none],
      ['sign', { agrees: true }, none],
      ['assign', { login: 'officer1', reason: 'текшерүү' }, ['auditor']],
    ] as [string, object, Role[]][]
  ).map(([name, body, may]) => ({
    route: `POST /api/audit/samples/:number/items/:seq/actions/${name}`,
    own: (t: Targets) => ({
      url: `/api/audit/samples/${t.sample}/items/${t.drawn}/actions/${name}`,
      body: { expectedVersion: 99, ...body },
    }),
    may,
  })),
  { route: 'POST /api/events', own: () => ({ url: '/api/events', body: { kind: 'copy' } }), may: everyone },
  { route: 'GET /api/alerts', own: () => ({ url: '/api/alerts' }), may: watchers },
  {
    route: 'GET /api/alerts/:id',
    own: (t) => ({ url: `/api/alerts/${t.alert}` }),
    foreign: (t) => ({ url: `/api/alerts/${t.foreignAlert}` }),
    may: watchers,
  },
  ...(['acknowledge', 'assign', 'investigate', 'close', 'reopen'] as const).map((name) => ({
    route: `POST /api/alerts/:id/actions/${name}`,
    own: (t: Targets) => ({ url: `/api/alerts/${t.alert}/actions/${name}`, body: { expectedVersion: 99 } }),
    foreign: (t: Targets) => ({
      url: `/api/alerts/${t.foreignAlert}/actions/${name}`,
      body: { expectedVersion: 99 },
    }),
    may: watchers,
  })),
  {
    route: 'GET /api/campaigns',
    own: () => ({ url: '/api/campaigns' }),
    may: ['central-admin', 'security-officer', 'auditor'],
  },
  {
    route: 'POST /api/campaigns',
    own: () => ({ url: '/api/campaigns', body: { name: 'Шайлоо', basis: '№ 1', opensOn: '2020-01-01' } }),
    may: ['central-admin', 'security-officer'],
  },
  // There is none: let in and not let in are told apart in campaigns.test.ts.
  {
    route: 'GET /api/campaigns/:id',
    own: () => ({ url: `/api/campaigns/${'0'.repeat(32)}` }),
    may: none,
  },
  {
    route: 'GET /api/campaigns/:id/officers',
    own: () => ({ url: `/api/campaigns/${'0'.repeat(32)}/officers` }),
    may: none,
  },
  {
    route: 'POST /api/campaigns/:id/actions/close',
    own: () => ({ url: `/api/campaigns/${'0'.repeat(32)}/actions/close`, body: { expectedVersion: 1 } }),
    may: none,
  },
  {
    route: 'GET /api/officers',
    own: () => ({ url: '/api/officers' }),
    may: ['central-admin', 'security-officer', 'auditor'],
  },
  {
    route: 'POST /api/officers',
    own: () => ({ url: '/api/officers', body: newOfficer }),
    may: ['central-admin'],
  },
  {
    route: 'GET /api/officers/:id',
    own: (t) => ({ url: `/api/officers/${t.officer}` }),
    may: ['central-admin', 'security-officer', 'auditor'],
  },
  ...(
    [
      ['activate', { expectedVersion: 99 }, ['security-officer']],
      ['disable', { expectedVersion: 99, reason: 'текшерүү' }, ['central-admin', 'security-officer']],
      ['role', { expectedVersion: 99, role: 'approver', commission: 'T1' }, ['central-admin']],
      [
        'grant-request',
        { expectedVersion: 99, role: 'approver', commission: 'T1', reason: 'орун бошоду' },
        ['central-admin'],
      ],
      ['enable-request', { expectedVersion: 99, reason: 'кайтты' }, ['central-admin', 'security-officer']],
      ['absence', { expectedVersion: 99, from: null, until: null }, ['central-admin']],
      [
        'clearance',
        { expectedVersion: 99, clearance: { order: '18-к', level: 'personal', until: '2027-01-01' } },
        ['central-admin', 'security-officer'],
      ],
      ['end-sessions', { reason: 'текшерүү' }, ['central-admin', 'security-officer']],
      [
        'reset-request',
        { expectedVersion: 99, reason: 'телефон жоголду' },
        ['central-admin', 'security-officer'],
      ],
    ] as [string, object, Role[]][]
  ).map(([name, body, may]) => ({
    route: `POST /api/officers/:id/actions/${name}`,
    own: (t: Targets) => ({ url: `/api/officers/${t.officer}/actions/${name}`, body }),
    may,
  })),
];

let rig: ConsoleRig;
let targets: Targets;
const officers = {} as Record<Role, Officer>;

beforeAll(async () => {
  rig = await openConsole();
  for (const role of roles) officers[role] = await rig.logIn(role, seat[role]);
  const foreignMember = await rig.logIn('precinct-member', '2001');
  const otherMember = await rig.logIn('precinct-member', '1001');
  const voter = (await rig.addVoter('1001', { pin: '10101199000001' })).id;
  const foreignVoter = (await rig.addVoter('2001')).id;
  const take = async (by: Officer, id: string) =>
    (
      await by.post('/api/applications', {
        kind: 'correction',
        voter: id,
        applicant: { surname: 'А', givenName: 'Б' },
        change: [{ field: 'address', new: 'в' }],
      })
    ).json().id;
  const raise = async (id: string, commission: string) => {
    const times = { createdAt: rig.time.now, updatedAt: rig.time.now, dueAt: rig.time.now + 3_600_000 };
    const about = { entity: '{}', about: '', voter: null, firstSeq: 0, lastSeq: 0, seqs: '[0]', folded: 0 };
    const closing = { assignee: null, closeReason: null, closeNote: null, closedBy: null };
    await rig.write([
      {
        op: 'insert',
        table: 'alert',
        row: {
          id,
          rule: 'r',
          ruleVersion: '1',
          level: 'medium',
          state: 'new',
          commission,
          ...times,
          ...about,
          ...closing,
          version: 1,
        },
      },
    ]);
    return id;
  };
  /** A sample that was drawn before anybody of the matrix could be given any of it. */
  const drawSample = async () => {
    const row = { population: 1, wanted: 1, confidence: 95, rate: 50, repeats: null };
    const steps = { drawEntry: 0, closedBy: null, closedAt: null, closeEntry: null, mostWrong: null };
    const judging = {
      reviewer: null,
      signer: null,
      finding: null,
      foundBy: null,
      foundAt: null,
      foundEntry: null,
    };
    const signing = { signedBy: null, signedAt: null, signEntry: null };
    const due = { dueAt: rig.time.now, escalatedAt: null, version: 1 };
    await rig.write([
      {
        op: 'insert',
        table: 'sample',
        row: {
          number: 1,
          state: 'drawn',
          fromAt: 0,
          toAt: rig.time.now,
          first: 0,
          next: 1,
          ...row,
          fixedBy: 'system:test',
          fixedAt: rig.time.now,
          fixEntry: 0,
          ...steps,
          ...due,
        },
      },
      {
        op: 'insert',
        table: 'sampleItem',
        row: {
          sample: 1,
          seq: 0,
          place: 1,
          actor: 'system:test',
          commission: 'T1',
          state: 'open',
          ...judging,
          ...signing,
          returned: 0,
          ...due,
        },
      },
    ]);
    return 1;
  };
  const print = async (by: Officer, precinct: string) =>
    (await by.withFactor('/api/prints', { precinct, list: 'control', purpose: 'list-check' })).json().id;
  const askEmergency = async (by: Officer, unit: string) => {
    const reason = 'аймактык администратор жооп бербейт';
    return (await by.withFactor('/api/emergencies', { unit, acts: ['voter.view'], reason })).json().id;
  };
  const application = await take(otherMember, voter);
  const attached = await otherMember.post(`/api/applications/${application}/attachments`, {
    ...document,
    expectedVersion: 1,
  });
  const seen = async () => {
    await otherMember.get(`/api/voters/${voter}`);
    return rig.size() - 1;
  };
  targets = {
    voter,
    foreignVoter,
    application,
    attachment: attached.json().id,
    foreignApplication: await take(foreignMember, foreignVoter),
    print: await print(otherMember, '1001'),
    foreignPrint: await print(foreignMember, '2001'),
    emergency: await askEmergency(foreignMember, '1001'),
    foreignEmergency: await askEmergency(otherMember, '2001'),
    officer: otherMember.id,
    access: await seen(),
    alert: await raise('alert-own-0001', 'T1'),
    foreignAlert: await raise('alert-foreign-1', 'T2'),
    sample: await drawSample(),
    drawn: 0,
  };
});
afterAll(() => rig.close());

/** Let in: the policy permitted it, or asks only for a fresh factor or a better input. */
function letIn(status: number, body: string): boolean {
  if (status < 400 || status === 409 || status === 422) return true;
  return status === 403 && body.includes('step-up-required');
}

async function sendCounted(officer: Officer, route: string, request: { url: string; body?: object }) {
  const [method] = route.split(' ') as ['GET' | 'POST' | 'DELETE'];
  const before = rig.size();
  const reply = await officer.send(method, request.url, request.body);
  return { reply, entries: rig.size() - before };
}

describe('every route × role × scope', () => {
  test.each(cases)('$route', async ({ route, own, foreign, may }) => {
    for (const role of roles) {
      const { reply, entries } = await sendCounted(officers[role], route, own(targets));
      const label = `${role} ${route}: ${reply.statusCode} ${reply.body.slice(0, 120)}`;
      expect(letIn(reply.statusCode, reply.body), label).toBe(may.includes(role));
      expect(entries, label).toBe(1);
      if (!foreign || seat[role] === 'CEC') continue;
      const abroad = await sendCounted(officers[role], route, foreign(targets));
      const said = `${role} ${route} abroad: ${abroad.reply.statusCode} ${abroad.reply.body.slice(0, 120)}`;
      expect(abroad.reply.statusCode, said).toBe(404);
      expect(abroad.entries, said).toBe(1);
    }
  });

  test('the table covers every registered route of the rooms', () => {
    const listed = new Set(cases.map((c) => c.route));
    const registered = rig.routes
      .filter(({ url }) => url.startsWith('/api/') && !(openRoutes as readonly string[]).includes(url))
      .map(({ method, url }) => `${method} ${url}`)
      // Steps of a session are everybody's (server/access tests); a stream stays open (server/alerts tests).
      .filter((route) => !/\/api\/(session(?!\/(factors|passkey|recovery))|alerts\/stream|\*)/.test(route));
    expect(registered.filter((route) => !listed.has(route))).toEqual([]);
  });
});

describe('no reply without its entry', () => {
  test('a malformed, an unknown, a foreign-origin and a wrongly typed request make one entry each', async () => {
    const { 'precinct-member': member } = officers;
    const requests: [string, () => Promise<{ statusCode: number }>, number][] = [
      ['missing field', () => member.post('/api/voters/search', {}), 400],
      ['extra field', () => member.post('/api/voters/search', { q: 'Асанова', all: true }), 400],
      ['wrong type', () => member.post('/api/voters/search', { q: 7 }), 400],
      ['unknown address', () => member.get('/api/no/such/address'), 404],
      [
        'other origin',
        () => member.send('POST', '/api/voters/search', { q: 'Асанова' }, { origin: 'https://evil.invalid' }),
        403,
      ],
      [
        'simple type',
        () => member.send('POST', '/api/voters/search', undefined, { 'content-type': 'text/plain' }),
        403,
      ],
      [
        'prototype',
        () => member.send('POST', '/api/voters/search', undefined, { 'content-type': 'application/json' }),
        400,
      ],
    ];
    for (const [name, send, status] of requests) {
      const before = rig.size();
      const reply = await send();
      expect(reply.statusCode, name).toBe(status);
      expect(rig.size() - before, name).toBe(1);
    }
  });

  test('4.1.4 HEAD and odd methods see nothing', async () => {
    const { 'precinct-member': member } = officers;
    for (const method of ['HEAD', 'PUT', 'PATCH'] as const) {
      const reply = await member.send(
        method,
        `/api/voters/${targets.voter}`,
        method === 'HEAD' ? undefined : {},
      );
      expect(reply.statusCode, method).toBe(404);
      expect(reply.body, method).not.toContain('surname');
    }
  });

  test('a Range request gets the whole masked card with one entry, as any other', async () => {
    const before = rig.size();
    const reply = await officers['precinct-member'].send('GET', `/api/voters/${targets.voter}`, undefined, {
      range: 'bytes=0-10',
    });
    expect(reply.statusCode).toBe(200);
    expect(rig.size() - before).toBe(1);
  });

  test('the same request twice makes two entries', async () => {
    const before = rig.size();
    await Promise.all([1, 2].map(() => officers['precinct-member'].get(`/api/voters/${targets.voter}`)));
    expect(rig.size() - before).toBe(2);
  });

  test('without a session nothing is told, not even that an address exists', async () => {
    for (const url of [`/api/voters/${targets.voter}`, '/api/voters/whatever-0', '/api/applications']) {
      const reply = await rig.app.inject({ method: 'GET', url });
      expect(reply.statusCode, url).toBe(401);
    }
  });

  test('a handler that answers without asking the gate is stopped: 500 and an entry that says so', async () => {
    const leaky = await openConsole({
      before: (app) => {
        app.get('/api/leak', { config: { duty: { act: 'voter.view' } } }, async () => ({
          surname: 'Ачыкталганова',
        }));
      },
    });
    try {
      const member = await leaky.logIn('precinct-member', '1001');
      const before = leaky.size();
      const reply = await member.get('/api/leak');
      expect(reply.statusCode).toBe(500);
      expect(reply.body).not.toContain('Ачыкталганова');
      expect(leaky.size() - before).toBe(1);
    } finally {
      await leaky.close();
    }
  });

  test('a route that names no act of the catalogue fails at boot', async () => {
    await expect(
      openConsole({ before: (app) => void app.get('/api/nameless', async () => ({})) }),
    ).rejects.toThrow(/names no act/);
  });
});

// How an account or its session can stand in the way, and what every route then answers, whoever asks. By hand, like the
// duties above: `entries` is what the log gets at once (requests of nobody are counted, one entry a minute).
const minuteMs = 60_000;
const hindrances: {
  name: string;
  account?: Parameters<ConsoleRig['logIn']>[2];
  session?: (now: number) => Parameters<ConsoleRig['logIn']>[3];
  status: number;
  says: string;
  entries: 0 | 1;
}[] = [
  { name: 'disabled', account: { state: 'disabled' }, status: 401, says: 'unauthenticated', entries: 0 },
  {
    name: 'on leave',
    account: { absentFrom: '2025-11-04', absentUntil: '2025-11-04' },
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  { name: 'issued', account: { state: 'issued' }, status: 401, says: 'unauthenticated', entries: 0 },
  {
    name: 'without a factor',
    account: { totpConfirmedAt: null },
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'clearance expired yesterday',
    account: { clearanceUntil: '2025-11-03' },
    status: 403,
    says: 'clearance-expired',
    entries: 1,
  },
  {
    name: 'no clearance order',
    account: { clearanceOrder: '' },
    status: 403,
    says: 'clearance-expired',
    entries: 1,
  },
  {
    name: 'not briefed',
    account: { briefingVersion: null },
    status: 403,
    says: 'stage-required',
    entries: 1,
  },
  {
    name: 'briefed on another text',
    account: { briefingHash: 'x' },
    status: 403,
    says: 'stage-required',
    entries: 1,
  },
  ...(['password-change', 'totp-enrol', 'totp', 'briefing'] as const).map((stage) => ({
    name: `stage ${stage}`,
    session: () => ({ stage }),
    status: 403,
    says: 'stage-required',
    entries: 1 as const,
  })),
  { name: 'locked', session: (now) => ({ lockedAt: now - 1 }), status: 423, says: 'locked', entries: 1 },
  {
    name: 'idle for ten minutes',
    session: (now) => ({ seenAt: now - 10 * minuteMs }),
    status: 423,
    says: 'locked',
    entries: 1,
  },
  {
    name: 'idle for fifteen minutes',
    session: (now) => ({ seenAt: now - 15 * minuteMs }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'over its time',
    session: (now) => ({ endsAt: now }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'ended',
    session: (now) => ({ endedAt: now - 1, endReason: 'left' }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
];

describe('every route × role × state of account and session', () => {
  const hindered = new Map<Role, { officer: Officer; hindrance: (typeof hindrances)[number] }[]>();
  beforeAll(async () => {
    for (const role of roles) {
      const standing = [];
      for (const hindrance of hindrances) {
        const { account, session } = hindrance;
        const officer = await rig.logIn(role, seat[role], account, session?.(rig.time.now));
        standing.push({ officer, hindrance });
      }
      hindered.set(role, standing);
    }
  });

  // A session's own routes are there for what is not finished yet; a coupon's status is everybody's.
  test.each(cases.filter(({ route }) => !/\/api\/(status|session)\//.test(route)))(
    '$route',
    async ({ route, own }) => {
      const request = own(targets);
      const [method] = route.split(' ') as ['GET' | 'POST' | 'DELETE'];
      for (const role of roles) {
        const standing = hindered.get(role)!;
        const before = rig.size();
        const replies = await Promise.all(
          standing.map(({ officer }) => officer.send(method, request.url, request.body)),
        );
        const nobody = await rig.app.inject({
          method,
          url: request.url,
          ...(method !== 'GET' && { headers: { origin } }),
          ...(request.body && { payload: request.body }),
        });
        expect(nobody.statusCode, `${route} without a session`).toBe(401);
        let entries = 0;
        for (const [i, { hindrance }] of standing.entries()) {
          const reply = replies[i]!;
          const label = `${role} ${hindrance.name} ${route}: ${reply.statusCode} ${reply.body.slice(0, 120)}`;
          entries += hindrance.entries;
          // What does not exist is not there for somebody without clearance either.
          if (hindrance.says === 'clearance-expired' && reply.statusCode === 404) continue;
          expect(reply.statusCode, label).toBe(hindrance.status);
          expect(reply.json().type, label).toMatch(new RegExp(`/${hindrance.says}$`));
        }
        expect(rig.size() - before, `${role} ${route}: entries`).toBe(entries);
      }
    },
  );
});

describe('every entry of this file', () => {
  test('names the policy, or the rule, that decided', async () => {
    const rows = await rig.store.reader.audit.leaves(0, rig.size());
    expect(rows.length).toBe(rig.size());
    const unnamed = rows
      .map((leaf) => JSON.parse(Buffer.from(leaf).toString()) as { act: string; policy?: string })
      .filter(({ policy }) => !/^([a-z][a-z-]+|rule:[a-z-]+|http:\d{3})$/.test(policy ?? ''));
    expect(unnamed).toEqual([]);
  });
});
