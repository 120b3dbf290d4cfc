/**
 * Every address of the console is built here: pages and API. An address may carry opaque ids, closed words and
 * times, never anything typed about a person (names, PINs, addresses travel in request bodies).
 */

type Value = string | number | boolean | null | undefined;

/** Appends the filled-in members as a query, in the order given. */
export function withQuery(path: string, query: Readonly<Record<string, Value>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '' && value !== false)
      search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

const id = encodeURIComponent;

export const page = {
  home: () => '/',
  voters: () => '/voters',
  voter: (voter: string) => `/voters/${id(voter)}`,
  protection: () => '/protection',
  applications: (query: { state?: string; kind?: string; overdue?: 'true' } = {}) =>
    withQuery('/applications', query),
  newApplication: (query: { voter?: string } = {}) => withQuery('/applications/new', query),
  application: (application: string) => `/applications/${id(application)}`,
  audit: (
    query: {
      actor?: string;
      act?: string;
      outcome?: string;
      commission?: string;
      session?: string;
      from?: string;
      to?: string;
      seq?: number;
    } = {},
  ) => withQuery('/audit', query),
  samples: () => '/samples',
  sample: (number: number, query: { item?: number; view?: 'report' } = {}) =>
    withQuery(`/samples/${number}`, query),
  auditSession: (session: string) => `/audit/sessions/${id(session)}`,
  alerts: (query: { state?: string; open?: string } = {}) => withQuery('/alerts', query),
  alert: (alert: string) => `/alerts/${id(alert)}`,
  approvals: (query: { state?: string } = {}) => withQuery('/approvals', query),
  approval: (approval: string) => `/approvals/${id(approval)}`,
  officers: () => '/officers',
  newOfficer: () => '/officers/new',
  officer: (officer: string) => `/officers/${id(officer)}`,
  campaigns: () => '/officers/campaigns',
  campaign: (campaign: string) => `/officers/campaigns/${id(campaign)}`,
  mySessions: () => '/my/sessions',
  myPassword: () => '/my/password',
  myFactors: () => '/my/factors',
  calendar: () => '/calendar',
  compliance: (query: { row?: string; show?: string } = {}) => withQuery('/compliance', query),
  policies: () => '/policies',
  rules: () => '/rules',
  readers: (query: { unit?: string } = {}) => withQuery('/policies/readers', query),
  emergency: () => '/emergency',
  help: () => '/help',
  status: (coupon?: string) => (coupon ? `/status/${id(coupon)}` : '/status'),
} as const;

export const endpoint = {
  session: () => '/api/session',
  sessionPassword: () => '/api/session/password',
  sessionPasswordCheck: () => '/api/session/password/check',
  sessionTotpEnrol: () => '/api/session/totp/enrol',
  sessionTotp: () => '/api/session/totp',
  sessionFactors: () => '/api/session/factors',
  sessionPasskey: () => '/api/session/passkey',
  passkeys: () => '/api/session/passkeys',
  passkeyChallenge: () => '/api/session/passkeys/challenge',
  passkeyRegistration: () => '/api/session/passkeys/registration',
  passkeyAction: (passkey: string, name: 'rename' | 'remove') =>
    `/api/session/passkeys/${id(passkey)}/actions/${name}`,
  sessionRecovery: () => '/api/session/recovery',
  recoveryCodes: () => '/api/session/recovery-codes',
  sessionBriefing: () => '/api/session/briefing',
  sessionUnlock: () => '/api/session/unlock',
  sessionLock: () => '/api/session/lock',
  sessionExtend: () => '/api/session/extend',
  sessionStepUp: () => '/api/session/step-up',
  mySessions: () => '/api/session/mine',
  mySession: (session: string) => `/api/session/mine/${id(session)}`,
  notMe: () => '/api/session/not-me',
  voterSearch: () => '/api/voters/search',
  voterLocate: () => '/api/voters/locate',
  voter: (voter: string) => `/api/voters/${id(voter)}`,
  voterReveal: (voter: string) => `/api/voters/${id(voter)}/reveal`,
  voterVersions: (voter: string) => `/api/voters/${id(voter)}/versions`,
  voterAccesses: (voter: string) => `/api/voters/${id(voter)}/accesses`,
  voterAccess: (voter: string, seq: number) => `/api/voters/${id(voter)}/accesses/${seq}`,
  voterLookup: () => '/api/voters/lookup',
  voterAnswer: (voter: string) => `/api/voters/${id(voter)}/answer`,
  voterDestroy: (voter: string) => `/api/voters/${id(voter)}/destroy`,
  destructions: () => '/api/destructions',
  destruction: (approval: string) => `/api/destructions/${id(approval)}`,
  voterRestore: (voter: string) => `/api/voters/${id(voter)}/restore`,
  applications: (query: Readonly<Record<string, Value>> = {}) => withQuery('/api/applications', query),
  application: (application: string) => `/api/applications/${id(application)}`,
  attachments: (application: string) => `/api/applications/${id(application)}/attachments`,
  attachment: (application: string, attachment: string) =>
    `/api/applications/${id(application)}/attachments/${id(attachment)}`,
  applicationAction: (application: string, name: string) =>
    `/api/applications/${id(application)}/actions/${id(name)}`,
  prints: () => '/api/prints',
  exports: () => '/api/exports',
  approvals: (query: Readonly<Record<string, Value>> = {}) => withQuery('/api/approvals', query),
  approval: (approval: string) => `/api/approvals/${id(approval)}`,
  approvalAction: (approval: string, name: 'approve' | 'deny') =>
    `/api/approvals/${id(approval)}/actions/${name}`,
  approvalBatch: () => '/api/approvals/actions/approve',
  download: (approval: string) => `/api/downloads/${id(approval)}`,
  auditEntries: (query: Readonly<Record<string, Value>> = {}) => withQuery('/api/audit/entries', query),
  auditEntry: (seq: number) => `/api/audit/entries/${seq}`,
  auditSearch: () => '/api/audit/search',
  samples: () => '/api/audit/samples',
  sample: (number: number) => `/api/audit/samples/${number}`,
  sampleAction: (number: number, name: 'draw' | 'close') => `/api/audit/samples/${number}/actions/${name}`,
  sampleItemAction: (number: number, seq: number, name: 'find' | 'sign' | 'assign') =>
    `/api/audit/samples/${number}/items/${seq}/actions/${name}`,
  auditEvidence: () => '/api/audit/evidence',
  auditEvidenceRequests: () => '/api/audit/evidence/requests',
  auditViews: () => '/api/audit/views',
  auditView: (view: string) => `/api/audit/views/${id(view)}`,
  auditCheckpoint: () => '/api/audit/checkpoint',
  auditWitnesses: () => '/api/audit/witnesses',
  purposes: () => '/api/purposes',
  alerts: (query: Readonly<Record<string, Value>> = {}) => withQuery('/api/alerts', query),
  alert: (alert: string) => `/api/alerts/${id(alert)}`,
  alertAction: (alert: string, name: string) => `/api/alerts/${id(alert)}/actions/${id(name)}`,
  alertStream: () => '/api/alerts/stream',
  officers: (query: Readonly<Record<string, Value>> = {}) => withQuery('/api/officers', query),
  officer: (officer: string) => `/api/officers/${id(officer)}`,
  officerAction: (officer: string, name: string) => `/api/officers/${id(officer)}/actions/${id(name)}`,
  campaigns: () => '/api/campaigns',
  campaign: (campaign: string) => `/api/campaigns/${id(campaign)}`,
  campaignClose: (campaign: string) => `/api/campaigns/${id(campaign)}/actions/close`,
  campaignOfficers: (campaign: string, query: Readonly<Record<string, Value>> = {}) =>
    withQuery(`/api/campaigns/${id(campaign)}/officers`, query),
  commissions: () => '/api/commissions',
  calendar: () => '/api/calendar',
  compliance: () => '/api/compliance',
  policies: () => '/api/policies',
  policyCheck: () => '/api/policies/check',
  policyProposals: () => '/api/policies/proposals',
  policyProposal: (approval: string) => `/api/policies/proposals/${id(approval)}`,
  rules: () => '/api/rules',
  ruleCheck: () => '/api/rules/check',
  ruleProposals: () => '/api/rules/proposals',
  ruleProposal: (approval: string) => `/api/rules/proposals/${id(approval)}`,
  policyReaders: (unit: string) => `/api/policies/readers/${id(unit)}`,
  emergencies: () => '/api/emergencies',
  emergencyAction: (emergency: string, name: 'end' | 'review') =>
    `/api/emergencies/${id(emergency)}/actions/${name}`,
  events: () => '/api/events',
  status: (coupon: string) => `/api/status/${id(coupon)}`,
} as const;
