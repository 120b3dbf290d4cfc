// What others decide about an account: resetting a lost factor (two), granting a wider duty and enabling a disabled account
// again (a second official). Never its owner, never who made it; the login says whose it is.
import { type ApprovalRule, approvalRule } from '#server/gate/approval.ts';
import type { Flag } from '#server/policy/relation.ts';
import type { OfficersDeps } from './deps.ts';
import { grantExecutor } from './duty.ts';
import { enableExecutor } from './enable.ts';
import { resetExecutor } from './reset.ts';

const aboutAccounts = {
  central: false,
  flag: 'for-officer',
  async ties(reader, payload, officer) {
    const { officer: account } = JSON.parse(payload) as { officer: string }; // written by askOf
    const flags: Flag[] = [];
    if (account === officer) flags.push('own-account');
    const [about, decider] = [await reader.officers.byId(account), await reader.officers.byId(officer)];
    if (about?.officer.createdBy === officer || decider?.officer.createdBy === account)
      flags.push('made-account');
    return flags;
  },
} satisfies Partial<ApprovalRule>;

export const officerApprovals = ({ voidRequests, macs }: Pick<OfficersDeps, 'voidRequests' | 'macs'>) => ({
  'officer-reset': approvalRule({
    ...aboutAccounts,
    kind: 'officer-reset',
    asks: 'officer.reset-request',
    needed: 2,
    shown: ['login', 'version'],
    execute: resetExecutor(voidRequests),
  }),
  'officer-grant': approvalRule({
    ...aboutAccounts,
    kind: 'officer-grant',
    asks: 'officer.grant-request',
    asksToo: 'officer.add',
    needed: 1,
    shown: ['login', 'role', 'unit', 'formerRole', 'formerUnit'],
    execute: grantExecutor(voidRequests),
  }),
  'officer-enable': approvalRule({
    ...aboutAccounts,
    kind: 'officer-enable',
    asks: 'officer.enable-request',
    needed: 1,
    shown: ['login'],
    execute: enableExecutor(macs),
  }),
});
