// What a decision is made of: how the asking officer relates to the thing asked for. Never a person's id, so that the
// answer can be remembered per relation and a policy reads like the rule it states.
import { type Role, roles, type Stage, stages } from '#server/contract/vocabulary.ts';

/** Where the target's unit lies, seen from the officer's: the same, under it, over it, elsewhere, or it has no unit. */
export type Reach = 'own' | 'below' | 'above' | 'outside' | 'none';

/** `bound`: a step-up made for exactly this act and payload; `recent`: any factor shown within five minutes. */
export type FactorAge = 'bound' | 'recent' | 'stale';

/** Facts about this officer and this target that rules ask for. */
export const flags = [
  'case-open', // the case named exists, is open, and is about this record
  'blocked', // the record is blocked by an application
  'blocked-by-case', // … by the very case named
  'took-in', // the officer took this application in
  'decided', // the officer decided it
  'entered', // the application is with the territory
  'own-request', // the officer asked for what is to be approved
  'own-account', // the target is the officer's own account
  'made-account', // the officer made the account that asks or is asked about
  'central', // the officer sits at the central commission
  'about-me', // the alert is about the officer or their chain of command
  'closer', // the officer closed it first (four eyes)
  'frozen', // the list is frozen
  'legal-basis', // the decision names its legal basis
  'approved', // the approval it rests on is complete
  'for-application', // the approval is the second person's for an application
  'for-officer', // the approval concerns an officer's account
  'for-policy', // the approval is for other access policies
  'for-rules', // the approval is for other detection rules
  'for-emergency', // the approval is for emergency access
  'emergency', // emergency access the officer holds just now covers this unit and act
  'own-act', // the drawn entry is the officer's own act
  'tied', // one of officer and actor made the other's account, or they approved together
  'assigned', // the drawn entry (or one of the sample) is this officer's to judge or sign
  'closed', // the sample is closed: its report is to be discussed
  'judged', // the officer gave the finding that is to be signed
  'alert-subject', // an alert within the officer's reach is about this voter
] as const;
export type Flag = (typeof flags)[number];

export interface Relation {
  role: Role | 'none' | 'system';
  stage: Stage | 'none';
  locked: boolean;
  clearance: 'valid' | 'expired';
  reach: Reach;
  factor: FactorAge;
  flags: readonly Flag[];
}

/** The closed lists a relation's words come from. */
export const words = {
  role: new Set<string>([...roles, 'none', 'system']),
  stage: new Set<string>([...stages, 'none']),
  clearance: new Set(['valid', 'expired']),
  reach: new Set(['own', 'below', 'above', 'outside', 'none']),
  factor: new Set(['bound', 'recent', 'stale']),
  flags: new Set<string>(flags),
};

/** `policy` is the id of the rule that decided; it goes into the entry. */
export type Decision =
  | { kind: 'permit'; policy: string }
  | { kind: 'deny'; policy: string; remedy: 'none' | 'recent-factor' | 'bound-factor' | 'outside' };

export interface Policy {
  /** Hash of every policy file in force. */
  readonly hash: string;
  /** Why the rule of that id stands, in its own words; null for ids that are no rule's. */
  why?(id: string): string | null;
  decide(act: string, relation: Relation): Decision;
}

/** Whether a stored text names a role of the closed list. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** Whether a unit is the central commission: the tree's root, whose path has one part. */
export function isCentral(path: string): boolean {
  return /^\/[^/]+\/$/.test(path);
}

/** Reach between two unit paths of the commission tree. Without a unit of one's own every unit lies outside. */
export function reachOf(officerPath: string, targetPath: string | null): Reach {
  if (targetPath === null) return 'none';
  if (officerPath === '') return 'outside';
  if (officerPath === targetPath) return 'own';
  if (targetPath.startsWith(officerPath)) return 'below';
  if (officerPath.startsWith(targetPath)) return 'above';
  return 'outside';
}
