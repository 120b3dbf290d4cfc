// Destroying a person's data, as an approval (R03, R14): two others decide, one of them central; then it is carried out apart.
import { approvalRule } from '#server/gate/approval.ts';

export const destroyApproval = approvalRule({
  kind: 'destroy',
  asks: 'voter.destroy-request',
  needed: 2,
  central: true,
  shown: ['basis', 'effect', 'legalReference', 'number', 'orderedBy', 'orderedOn'],
  follows: { act: 'voter.destroy', offers: 'destroy' },
});
