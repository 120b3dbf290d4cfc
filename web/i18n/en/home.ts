import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/home.ts';

export default {
  'home.title': 'Home',
  'home.greeting': 'Good day, {name}',
  'home.duty': '{role} · {commission}',
  'home.sections': 'Your sections',
  'home.reminder': 'Please remember',
  'home.reminder.screen': 'Lock the screen whenever you leave the desk.',
  'home.reminder.photo': 'Photographing the screen is forbidden: it carries your mark.',
  'home.reminder.password': 'Never tell or write down your password.',
  'home.about.voters': 'Find a citizen who has come and view the record',
  'home.about.applications': 'Take in, examine and answer applications',
  'home.about.audit': 'Who did what, and when',
  'home.about.alerts': 'Look into suspicious actions',
  'home.about.approvals': 'Requests to print and export',
  'home.about.officers': 'Accounts, clearances and sessions',
  'home.about.calendar': 'Election dates and what set them',
  'home.about.compliance': '58 requirements and their evidence',
  'home.lastLogin': 'Last log-in: {at}',
  'home.firstLogin': 'This is your first log-in',
  'home.notMe': 'If this was not you, say so at once',
  'home.failedLogins': {
    one: 'There was {count} failed attempt since the last log-in.',
    other: 'There were {count} failed attempts since the last log-in.',
  },
  'home.clearanceOver': 'Your clearance has expired. Ask your leadership to renew it.',
  'home.clearanceEnds': 'Your clearance ends on {day}',
} satisfies SameAs<typeof ky>;
