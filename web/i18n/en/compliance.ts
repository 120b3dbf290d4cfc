import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/compliance.ts';

export default {
  'compliance.title': 'Compliance',
  'compliance.intro':
    'The 58 requirements of the CEC’s guidance and where this system meets them. Evidence in numbers comes with a later release: this page says only what is there now.',
  'compliance.filter': 'Filter by evidence',
  'compliance.tab.all': 'All',
  'compliance.tab.now': 'With evidence',
  'compliance.tab.partly': 'Partly',
  'compliance.tab.later': 'Without evidence',
  'compliance.state.now': 'Evidence now',
  'compliance.state.partly': 'Partly',
  'compliance.state.later': 'No evidence yet',
  'compliance.kind': 'Who does it',
  'compliance.kind.S': 'The software',
  'compliance.kind.E': 'People',
  'compliance.where': 'Where it is met',
  'compliance.whereNone': 'Recorded nowhere in this release',
  'compliance.group.principles': 'Principles',
  'compliance.group.subject': 'The data subject',
  'compliance.group.applications': 'Applications',
  'compliance.group.access': 'Access, logs, monitoring',
  'compliance.group.staff': 'Rules for staff',
  'compliance.group.also': 'Also asked',
  'compliance.means.voters': 'Voters',
  'compliance.means.applications': 'Applications',
  'compliance.means.approvals': 'Approvals',
  'compliance.means.audit': 'Audit log',
  'compliance.means.alerts': 'Alerts',
  'compliance.means.officers': 'Officers',
  'compliance.means.policies': 'Access policies',
  'compliance.means.readers': 'Who sees voters',
  'compliance.means.emergency': 'Emergency access',
  'compliance.means.protection': 'Data protection',
  'compliance.means.samples': 'Random checks',
  'compliance.means.calendar': 'Calendar plan',
  'compliance.means.sessions': 'My sessions',
  'compliance.means.password': 'Changing the password',
  'compliance.means.help': 'Notice to voters',
  'compliance.means.status': 'Status by coupon',
  'compliance.means.login': 'Log-in',
  'compliance.means.screen': 'Mark on the screen',
  'compliance.means.import': 'List import',
  'compliance.means.command': 'Commands on the server',
  'compliance.row.R01':
    'Every access to a confidential record states its lawful purpose: an application, a request or a check',
  'compliance.row.R02': 'Data are accurate and kept up to date',
  'compliance.row.R03':
    'Data are kept no longer than the purpose needs, then destroyed with an act; long-term holdings have safeguards of their own',
  'compliance.row.R04':
    'Arrays collected for different purposes are never merged, and no foreign lists are joined',
  'compliance.row.R05': 'Compliance can be shown at any time to subjects, the public and supervisors',
  'compliance.row.R06':
    'The public sees only surname, given name, patronymic, precinct number and the polling station’s address',
  'compliance.row.R07': 'Lists of data held are agreed with the authorised body: register number and date',
  'compliance.row.R08': 'The developer or processor who guarantees technical measures is named',
  'compliance.row.R09': 'A risk assessment with the data-protection agency exists and is current',
  'compliance.row.R10':
    'A subject’s request is answered within a week; a refusal is written and reasoned in the same time',
  'compliance.row.R11':
    'A state body’s or the ombudsman’s request is answered within a week; powers and legal basis are recorded',
  'compliance.row.R12':
    'While an application is verified the subject’s data are blocked; this never takes away the right to vote',
  'compliance.row.R13': 'Inaccuracy confirmed: correct, then unblock; lawfulness recognised: unblock at once',
  'compliance.row.R14':
    'Unlawfully collected data are destroyed without delay, and the subject is told with documents',
  'compliance.row.R15':
    'Voters are told plainly which forms and documents, what next, when and how they learn the result',
  'compliance.row.R16':
    'Taken on the set form; face and photo are compared, then identified; both steps are recorded',
  'compliance.row.R17': 'The voter gets a receipt coupon with which to check the status',
  'compliance.row.R18': 'Entered into the system at once; the lag from receipt to entry is measured',
  'compliance.row.R19': 'Answered within 7 calendar days, to the address or contact in the application',
  'compliance.row.R20': 'Date, time and place of every application are recorded',
  'compliance.row.R21':
    'Every application that changed the list is kept with its attachments, electronic and paper',
  'compliance.row.R22':
    'A voter missing from the list is told the procedure and the nearest biometric point, then included',
  'compliance.row.R23':
    'A voter with a disability who is not listed is looked up: in another precinct’s list, or in none',
  'compliance.row.R24': 'Health data are a special category, kept apart with stricter access and logging',
  'compliance.row.R25':
    'Applications are processed at the territory; a precinct never edits the list directly',
  'compliance.row.R26': 'Institution heads’ forms are accepted until D-12',
  'compliance.row.R27': 'The list calendar governs what may be done when',
  'compliance.row.R28': 'A personal login per person; access only from duty; a clearance before any access',
  'compliance.row.R29': 'Every action is logged with session time, full name and login',
  'compliance.row.R30': 'Users’ actions are monitored all the time',
  'compliance.row.R31': 'Deviations are detected: repeated changes, printing, copying, deleting logs',
  'compliance.row.R32':
    'Administrators’ actions are re-checked on a random sample; nobody re-checks themselves',
  'compliance.row.R33': 'Databases on the backup server are encrypted; what is done on the server is logged',
  'compliance.row.R34': 'Data changed or destroyed by unauthorised access can be restored',
  'compliance.row.R35': 'A register of media: number, holder, antivirus check, hand-overs, transport',
  'compliance.row.R36': 'Transfers are controlled: to whom, on what basis, what exactly',
  'compliance.row.R37': 'Confidential paper or files leave only with leadership’s approval',
  'compliance.row.R38':
    'Work is done in restricted rooms; server rooms and administrators’ desks are under cameras',
  'compliance.row.R39': 'All staff are told in writing and in training; no acknowledgement, no log-in',
  'compliance.row.R40': 'Every commission confirmed its instructions on handling lists',
  'compliance.row.R41': 'A hotline and a public way to report misuse; each report reaches an incident',
  'compliance.row.R42':
    'An incident protocol: document, inform leadership; a crime is reported at once, with evidence',
  'compliance.row.R43': 'The commission’s sessions discuss security regularly: a report to discuss',
  'compliance.row.R44': 'The issued password is changed right after it is received',
  'compliance.row.R45': 'Passwords have at least 8 characters and all four groups',
  'compliance.row.R46': 'Changed on suspicion, and before and after every election campaign',
  'compliance.row.R47':
    'The account’s owner answers for everything: sees last log-ins and can say “this was not me”',
  'compliance.row.R48': 'The screen locks when the desk is left; sessions end at the end of the day',
  'compliance.row.R49': 'Removable media are scanned first; no private devices',
  'compliance.row.R50': 'Suspicious mail is reported',
  'compliance.row.R51': 'Photographing screens is forbidden: the screen carries the operator’s own mark',
  'compliance.row.R52':
    'Nobody is judged by automated processing alone: an alert is a reason to look, a person decides',
  'compliance.row.R53':
    'Data come from the subject or a trusted person; the representative and their authority are recorded',
  'compliance.row.R54': 'Subjects are told plainly: purposes, the holder and address, their rights, risks',
  'compliance.row.R55': 'Every processing names its lawful basis (Article 5)',
  'compliance.row.R56': 'The protection level of Government Resolution 760 is set and met',
  'compliance.row.R57': 'Passwords are never written down, spoken, mailed or messaged: delivery too',
  'compliance.row.R58': 'Anti-leak controls watch what is copied, printed, exported',
} satisfies SameAs<typeof ky>;
