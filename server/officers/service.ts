// Accounts of officers: everything the routes and commands of this room may ask for.
import { createOfficerChanges } from './changes.ts';
import type { OfficersDeps } from './deps.ts';
import { createOfficerDuty } from './duty.ts';
import { createOfficerIssue } from './issue.ts';
import { createOfficerReads } from './reads.ts';

export type { OfficersDeps } from './deps.ts';
export type Officers = ReturnType<typeof createOfficers>;

export function createOfficers(deps: OfficersDeps) {
  return {
    ...createOfficerReads(deps),
    ...createOfficerIssue(deps),
    ...createOfficerDuty(deps),
    ...createOfficerChanges(deps),
  };
}
