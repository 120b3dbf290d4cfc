/**
 * The requirements of the guidance, in its order: who meets each, where in this product, and whether something there
 * shows it today. `later` is said plainly: nothing in this release records it.
 */
import { page } from '../../paths.ts';

export type Evidence = 'now' | 'partly' | 'later';
export const evidences: readonly Evidence[] = ['now', 'partly', 'later'];

/** Places that show it. Those with an address are linked where the reader's role has the page. */
export const means = {
  voters: page.voters(),
  applications: page.applications(),
  approvals: page.approvals(),
  audit: page.audit(),
  alerts: page.alerts(),
  officers: page.officers(),
  policies: page.policies(),
  readers: page.readers(),
  emergency: page.emergency(),
  samples: page.samples(),
  protection: page.protection(),
  calendar: page.calendar(),
  sessions: page.mySessions(),
  password: page.myPassword(),
  help: page.help(),
  status: page.status(),
  login: undefined,
  screen: undefined,
  import: undefined,
  command: undefined,
} as const;
export type Means = keyof typeof means;

export type Group = 'principles' | 'subject' | 'applications' | 'access' | 'staff' | 'also';
export const groups: readonly Group[] = ['principles', 'subject', 'applications', 'access', 'staff', 'also'];

/** `S`: the software does it; `E`: people do it. */
type Row = readonly [id: `R${number}`, kind: 'S' | 'E', evidence: Evidence, where: readonly Means[]];

const table: Readonly<Record<Group, readonly Row[]>> = {
  principles: [
    ['R01', 'S', 'now', ['voters', 'audit']],
    ['R02', 'S', 'now', ['applications', 'import']],
    ['R03', 'S', 'partly', ['protection']],
    ['R04', 'S', 'now', ['import']],
    ['R05', 'S', 'partly', ['audit', 'protection', 'help', 'command']],
    ['R06', 'S', 'partly', ['help', 'status']],
    ['R07', 'E', 'later', []],
    ['R08', 'E', 'later', []],
    ['R09', 'E', 'later', []],
  ],
  subject: [
    ['R10', 'S', 'partly', ['protection', 'help']],
    ['R11', 'S', 'later', []],
    ['R12', 'S', 'now', ['applications', 'voters']],
    ['R13', 'S', 'now', ['applications']],
    ['R14', 'S', 'now', ['protection']],
    ['R15', 'E', 'now', ['help']],
  ],
  applications: [
    ['R16', 'S', 'now', ['applications', 'audit']],
    ['R17', 'S', 'now', ['applications', 'status']],
    ['R18', 'S', 'now', ['applications']],
    ['R19', 'S', 'now', ['applications']],
    ['R20', 'S', 'now', ['applications', 'audit']],
    ['R21', 'S', 'now', ['applications']],
    ['R22', 'S', 'partly', ['voters', 'applications', 'help']],
    ['R23', 'S', 'now', ['voters']],
    ['R24', 'S', 'partly', ['officers']],
    ['R25', 'S', 'now', ['applications', 'audit']],
    ['R26', 'S', 'now', ['calendar', 'applications']],
    ['R27', 'S', 'now', ['calendar']],
  ],
  access: [
    ['R28', 'S', 'now', ['officers', 'login', 'policies', 'readers', 'emergency']],
    ['R29', 'S', 'now', ['audit']],
    ['R30', 'S', 'now', ['alerts']],
    ['R31', 'S', 'now', ['alerts']],
    ['R32', 'S', 'now', ['samples', 'command']],
    ['R33', 'S', 'partly', ['command', 'audit']],
    ['R34', 'S', 'now', ['voters', 'approvals']],
    ['R35', 'S', 'later', []],
    ['R36', 'S', 'partly', ['approvals']],
    ['R37', 'S', 'now', ['approvals']],
    ['R38', 'E', 'later', []],
    ['R39', 'E', 'partly', ['login', 'officers']],
    ['R40', 'E', 'later', []],
    ['R41', 'S', 'partly', ['help']],
    ['R42', 'S', 'partly', ['alerts']],
    ['R43', 'S', 'later', []],
  ],
  staff: [
    ['R44', 'S', 'now', ['login']],
    ['R45', 'S', 'now', ['login', 'password']],
    ['R46', 'S', 'partly', ['password', 'sessions', 'officers']],
    ['R47', 'S', 'now', ['sessions']],
    ['R48', 'S', 'now', ['login', 'audit']],
    ['R49', 'E', 'later', []],
    ['R50', 'E', 'later', []],
    ['R51', 'S', 'now', ['screen']],
    ['R52', 'S', 'now', ['alerts']],
  ],
  also: [
    ['R53', 'S', 'now', ['applications']],
    ['R54', 'S', 'now', ['help']],
    ['R55', 'S', 'partly', ['audit', 'help']],
    ['R56', 'E', 'later', []],
    ['R57', 'S', 'now', ['officers']],
    ['R58', 'S', 'now', ['alerts', 'audit']],
  ],
};

export interface Requirement {
  readonly id: `R${number}`;
  readonly group: Group;
  readonly kind: 'S' | 'E';
  readonly evidence: Evidence;
  readonly where: readonly Means[];
}

export const requirements: readonly Requirement[] = groups.flatMap((group) =>
  table[group].map(([id, kind, evidence, where]) => ({ id, group, kind, evidence, where })),
);
