// The matrix's table, written by hand: every route of the rooms, a request of it in the officer's own unit and one abroad, and the
// roles that are let in. The tests read it (matrix.test.ts); the server never does, or a wrong policy would prove itself.
import { type Role, roles } from '#server/contract/vocabulary.ts';

/** Unit each role sits in for the matrix: precinct staff in 1001, territorial staff in T1, the rest at the centre. */
export const seat: Record<Role, string> = {
  'precinct-member': '1001',
  'territorial-admin': 'T1',
  supervisor: 'T1',
  approver: 'T1',
  auditor: 'CEC',
  'central-admin': 'CEC',
  'security-officer': 'CEC',
  'protection-officer': 'CEC',
};

export interface Targets {
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

export interface RouteCase {
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
export const document = { expectedVersion: 99, mediaType: 'application/pdf', content: 'JVBERi0=' };

export const cases: RouteCase[] = [
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
