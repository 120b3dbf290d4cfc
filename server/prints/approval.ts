// Lists that leave the commission, as approvals (R37): two others decide, one of them central; who asked fetches the file, once.
import { approvalRule } from '#server/gate/approval.ts';

const shown = ['precinct', 'list', 'lang'];

export const printApproval = approvalRule({
  kind: 'print',
  asks: 'list.print-request',
  needed: 2,
  central: true,
  shown,
  batch: true,
  follows: { act: 'list.print', offers: 'download' },
});

export const exportApproval = approvalRule({
  kind: 'export',
  asks: 'list.export-request',
  needed: 2,
  central: true,
  shown,
  batch: true,
  follows: { act: 'list.export', offers: 'download' },
});
