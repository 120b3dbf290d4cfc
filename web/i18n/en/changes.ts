import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/changes.ts';

export default {
  'changes.since': 'Since',
  'changes.basis': 'Basis',
  'changes.approval': 'Approval',
  'changes.hash': 'SHA-256',
  'changes.filesMissing': 'Choose files',
  'changes.checking': 'Checking…',
  'changes.reason': 'Why the change is needed',
  'changes.reasonMissing': 'Give the reason for the change',
  'changes.submit': 'Send to a second officer',
  'changes.proposed': 'The proposal was sent',
  'changes.difference': 'What would change',
  'changes.added': 'New',
  'changes.removed': 'Removed',
  'changes.changed': 'Changed',
  'changes.before': 'Today',
  'changes.after': 'Then',
  'changes.inForce': 'In force',
  'changes.diffAdded': 'Added line',
  'changes.diffRemoved': 'Removed line',
  'changes.linesAll': { one: 'Show all {count} line', other: 'Show all {count} lines' },
  'changes.linesLeft': { one: '{count} line unchanged', other: '{count} lines unchanged' },
} satisfies SameAs<typeof ky>;
