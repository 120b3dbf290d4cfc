// A lost second factor, as an approval: two officials decide, neither the account's owner nor who made it, and the account
// falls back to `issued` with the second vote.
import { approvalRule } from '#server/gate/approval.ts';
import type { Flag } from '#server/policy/relation.ts';
import { executeOfficerReset, type OfficerResetPayload } from './reset.ts';

export const resetApprovalRule = approvalRule({
  kind: 'officer-reset',
  asks: 'officer.reset-request',
  needed: 2,
  central: false,
  flag: 'for-officer',
  shown: ['version'],
  async ties(reader, payload, officer) {
    const { officer: account } = JSON.parse(payload) as OfficerResetPayload; // written by resetApproval
    const flags: Flag[] = [];
    if (account === officer) flags.push('own-account');
    if ((await reader.officers.byId(account))?.officer.createdBy === officer) flags.push('made-account');
    return flags;
  },
  execute: executeOfficerReset,
});
