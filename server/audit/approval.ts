// Evidence that names persons, as an approval (R37): two others decide, one of them central; the auditor who asked fetches it.
import { approvalRule } from '#server/gate/approval.ts';

export const evidenceApproval = approvalRule({
  kind: 'evidence',
  asks: 'audit.evidence-request',
  needed: 2,
  central: true,
  shown: ['entries', 'filters'],
  batch: true,
  follows: { act: 'audit.evidence-opened', offers: 'download' },
});
