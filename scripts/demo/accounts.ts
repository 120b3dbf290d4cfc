// The demo's officers as accounts: passwords and factors random, never seeded; everything else as the country has it. The
// newcomer alone is left before the first log-in.
import { randomBytes } from 'node:crypto';
import { seedPlace } from '#server/access/deps.ts';
import { readBriefing } from '#server/access/policy-files.ts';
import { systemContext } from '#server/gate/context.ts';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import { seedBytes, seedText } from '#server/lib/totp.ts';
import { temporaryPassword } from '#server/officers/rules.ts';
import { addFirstOfficer, newOfficerId } from '../commands/first-officers.ts';
import { type Installation, policiesDir } from '../commands/installation.ts';
import type { DemoOfficer } from './country/officers.ts';
import type { Account } from './place.ts';

export interface DemoAccount extends Account {
  key: string;
  seed: Buffer;
}

/** An issued password lives so long. */
export const issuedMs = 24 * 3_600_000;

/** Makes the account. @param at epoch ms, the moment of the entry */
export async function addAccount(
  { rooms, keys }: Pick<Installation, 'rooms' | 'keys'>,
  officer: DemoOfficer,
  at: number,
): Promise<DemoAccount> {
  const { key, login, role, commission, name, account } = officer;
  const id = newOfficerId();
  const password = temporaryPassword(randomBytes);
  const seed = randomBytes(seedBytes);
  const isNewcomer = account === 'newcomer';
  const briefing = readBriefing(policiesDir);
  const passwordHash = await rooms.access.hasher.hash(password);
  await addFirstOfficer(
    rooms.gate,
    systemContext('demo', at, crypto.randomUUID()),
    id,
    {
      login,
      surname: name.surname,
      givenName: name.givenName,
      patronymic: name.patronymic,
      role,
      commission,
      clearance: {
        order: '12-Д',
        level: 'personal',
        until: addCalendarDays(bishkekDay(at), 365),
      },
    },
    isNewcomer
      ? {
          passwordHash,
          passwordSetAt: at,
          passwordTemporary: 1,
          passwordExpiresAt: at + issuedMs,
        }
      : {
          passwordHash,
          passwordSetAt: at,
          passwordTemporary: 0,
          passwordExpiresAt: null,
          totpSeed: keys.seal.seal(seedPlace(id), seed),
          totpConfirmedAt: at,
          briefingVersion: briefing.version,
          briefingHash: briefing.hash,
        },
  );
  return {
    key,
    seed,
    login,
    password,
    totpSecret: isNewcomer ? '' : seedText(seed),
    role,
    commission,
    name: [name.surname, name.givenName, name.patronymic].filter(Boolean).join(' '),
    ...(isNewcomer && { newcomer: true as const }),
  };
}

export function listed({
  login,
  password,
  totpSecret,
  role,
  commission,
  name,
  newcomer,
}: DemoAccount): Account {
  return { login, password, totpSecret, role, commission, name, ...(newcomer && { newcomer }) };
}
