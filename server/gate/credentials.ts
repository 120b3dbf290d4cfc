// What ends with the trust in an account, as data for the commit that takes it: factors, sessions, known devices; and what its
// owner is told. Shared by the rooms that end it.
// Threat: somebody inside the account adds to it in that very moment. Everything here goes by officer, never by what was read,
// so that what came before the commit goes with it; what comes after meets its session ended.
import type { Change } from '#db/store.ts';
import type { CredentialNotice } from '#server/contract/vocabulary.ts';

/** Every passkey and recovery code; the seed of one-time codes is the caller's to leave or take. */
export const voidFactors = (officer: string): Change[] => [
  { op: 'delete-all', table: 'passkey', key: { officer } },
  { op: 'delete-all', table: 'recoveryCode', key: { officer } },
];

/** The next log-in from any of them is from a new one. */
export const forgetDevices = (officer: string): Change => ({
  op: 'delete-all',
  table: 'device',
  key: { officer },
});

/** Every session nobody has ended yet; also those over their time, so that none comes back to life. */
export const endSessions = (officer: string, at: number, endReason: string): Change => ({
  op: 'update-all',
  table: 'session',
  key: { officer, endedAt: null },
  set: { endedAt: at, endReason },
});

/** … but this one, which must still be going on: it is put aside meanwhile. */
export const endOtherSessions = (
  officer: string,
  own: string,
  at: number,
  endReason: string,
): readonly Change[] => [
  { op: 'update', table: 'session', key: { id: own }, expect: { endedAt: null }, set: { endedAt: at } },
  endSessions(officer, at, endReason),
  { op: 'update', table: 'session', key: { id: own }, set: { endedAt: null } },
];

/** What the owner of the account is told at the next log-ins. */
export const tellOwner = (officer: string, at: number, what: CredentialNotice): Change => ({
  op: 'ensure',
  table: 'credentialNotice',
  row: { officer, at, what },
});
