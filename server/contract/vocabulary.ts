// The closed word lists that cross HTTP, appear in the log and in policies. Add, never rename: an audit field is a
// contract. Imports nothing of ours.

export const roles = [
  'security-officer',
  'auditor',
  'central-admin',
  'territorial-admin',
  'precinct-member',
  'supervisor',
  'approver',
  'protection-officer',
] as const;
export type Role = (typeof roles)[number];

export const levels = ['CEC', 'DEC', 'TEC', 'PEC'] as const;
export type Level = (typeof levels)[number];

/** What a session may do next; only `open` reaches anything but the session itself. */
export const stages = ['password-change', 'totp-enrol', 'totp', 'passkey-enrol', 'briefing', 'open'] as const;
export type Stage = (typeof stages)[number];

/** Ways to show a second factor at log-in; a recovery code opens nothing more than the log-in. */
export const factors = ['totp', 'passkey', 'recovery-code'] as const;
export type Factor = (typeof factors)[number];

/**
 * What an officer is told of at the next log-ins: changes of the own credentials, log-ins with the right password that went
 * no further, and what others did to the account.
 */
export const credentialNotices = [
  'passkey-added',
  'passkey-removed',
  'passkey-copied',
  'recovery-codes-made',
  'recovery-code-used',
  'password-changed',
  'code-enrolled',
  'login-unfinished',
  'sessions-ended',
  'access-reset',
  'duty-changed',
] as const;
export type CredentialNotice = (typeof credentialNotices)[number];

/** Why somebody looks (R01). `needsCase`: only for an application that is open. */
export const purposes = [
  { code: 'application', needsCase: true },
  { code: 'list-check', needsCase: false },
  { code: 'subject-request', needsCase: false },
  { code: 'disclosure', needsCase: false },
  { code: 'complaint', needsCase: false },
  { code: 'incident', needsCase: false },
  { code: 'alert', needsCase: false },
  { code: 'review', needsCase: false },
] as const;
export type Purpose = (typeof purposes)[number]['code'];

export const outcomes = ['done', 'denied', 'conflict'] as const;
export type EntryOutcome = (typeof outcomes)[number];

export const applicationKinds = [
  'correction',
  'missing',
  'wrong-precinct',
  'duplicate',
  'deceased',
  'disability',
  'institution',
] as const;
export type ApplicationKind = (typeof applicationKinds)[number];

export const applicationStates = [
  'draft',
  'identity-checked',
  'received',
  'entered',
  'at-territorial',
  'in-review',
  'needs-information',
  'approved',
  'refused',
  'applied',
  'closed',
  'replied',
  'archived',
  'withdrawn',
  'redirected',
  'late',
] as const;
export type ApplicationState = (typeof applicationStates)[number];

export const alertStates = ['new', 'acknowledged', 'investigating', 'incident', 'closed'] as const;
export type AlertState = (typeof alertStates)[number];
export const alertLevels = ['low', 'medium', 'high', 'critical'] as const;
export type AlertLevel = (typeof alertLevels)[number];
export const alertCloseReasons = ['true', 'authorised', 'logic', 'data', 'duplicate', 'test'] as const;
export type AlertCloseReason = (typeof alertCloseReasons)[number];

export const approvalKinds = [
  'print',
  'export',
  'restore',
  'application',
  'officer-reset',
  'officer-grant',
  'officer-enable',
  'destroy',
  'evidence',
  'policy',
  'rules',
  'emergency',
] as const;
export type ApprovalKind = (typeof approvalKinds)[number];
export const approvalStates = ['pending', 'approved', 'denied', 'executed', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** What emergency access may be asked for: reading voters, and nothing else, whatever the policies say. */
export const emergencyActs = ['voter.search', 'voter.view', 'voter.reveal', 'voter.versions'] as const;
export type EmergencyAct = (typeof emergencyActs)[number];
export const emergencyFindings = ['justified', 'not-justified'] as const;
export type EmergencyFinding = (typeof emergencyFindings)[number];

/** The re-check of administrators' acts: fixed → drawn → closed. */
export const sampleStates = ['fixed', 'drawn', 'closed'] as const;
export type SampleState = (typeof sampleStates)[number];
/** `open`: to be judged; `to-sign`: irregular, to be signed by a second person. */
export const sampleItemStates = ['open', 'to-sign', 'done'] as const;
export type SampleItemState = (typeof sampleItemStates)[number];
export const sampleFindings = ['in-order', 'irregular', 'cannot-tell'] as const;
export type SampleFinding = (typeof sampleFindings)[number];
/** Where the digits come from: dice thrown before people, or a public source anybody can look up. */
export const sampleSources = ['dice', 'public'] as const;
export type SampleSource = (typeof sampleSources)[number];
/** Per cent, and wrong acts in a thousand, that a sample may be asked to answer for. */
export const sampleConfidences = [90, 95, 99] as const;
export const sampleRates = [10, 20, 50, 100] as const;

/** Why a person's data are destroyed: kept as long as the purpose needed (R03), or collected unlawfully (R14). */
export const destructionBases = ['retention', 'unlawful'] as const;
export type DestructionBasis = (typeof destructionBases)[number];

export const listKinds = ['preliminary', 'control', 'final'] as const;
export type ListKind = (typeof listKinds)[number];

/** Fields of a voter that are masked until revealed. */
export const maskedFields = ['pin', 'birthDate', 'address'] as const;
export type MaskedField = (typeof maskedFields)[number];

/** Fields an application may ask to change. */
export const correctableFields = [
  'pin',
  'surname',
  'givenName',
  'patronymic',
  'birthDate',
  'sex',
  'address',
  'precinct',
] as const;
export type CorrectableField = (typeof correctableFields)[number];

/** What a document attached to an application may be. */
export const attachmentTypes = ['application/pdf', 'image/jpeg', 'image/png'] as const;
export type AttachmentType = (typeof attachmentTypes)[number];

/** Acts that show voters, or something about one: of each is asked who may do it, and why. */
export const actsShowingVoters = [
  'voter.search',
  'voter.view',
  'voter.reveal',
  'voter.versions',
  'voter.accesses',
  'voter.lookup',
  'voter.answer',
  'application.view',
  'application.attachment',
  'list.print',
  'list.export',
] as const;
