// The one account that is not past its first log-in. Its issued password lives for a day and opens one session, so it is
// made last, and made anew when the demo is started again after it was used up.
import { randomBytes } from 'node:crypto';
import { openStore } from '#db/open.ts';
import { loadKeys } from '#server/keys.ts';
import { storeOptions } from '#server/main.ts';
import { changeOfficer } from '#server/officers/records.ts';
import { temporaryPassword } from '#server/officers/rules.ts';
import { type Installation, openInstallation } from '../commands/installation.ts';
import { addAccount, type DemoAccount, issuedMs, listed } from './accounts.ts';
import { demoOfficers } from './country/officers.ts';
import { units } from './country/units.ts';
import { demoSeed } from './make.ts';
import { keysDir, readAccounts, writeAccounts } from './place.ts';

/** Makes the newcomer and writes the file of accounts, in the order of the country's officers. */
export async function addNewcomer(
  database: string,
  voters: number,
  others: readonly DemoAccount[],
): Promise<void> {
  const officers = demoOfficers(demoSeed, units(demoSeed, { voters }));
  await withDemo(database, async (installation) => {
    const newcomer = officers.find(({ account }) => account === 'newcomer')!;
    const all = [...others, await addAccount(installation, newcomer, Date.now())];
    const told = new Set(officers.filter(({ account }) => account !== 'none').map(({ key }) => key));
    writeAccounts(all.filter(({ key }) => told.has(key)).map(listed));
  });
}

/** Issues the newcomer another password where the last one was used or is too old, and the first log-in was never finished. */
export async function renewNewcomer(database: string): Promise<void> {
  const accounts = readAccounts();
  const newcomer = accounts.find((account) => account.newcomer);
  if (!newcomer || !(await isSpent(database, newcomer.login))) return;
  const password = temporaryPassword(randomBytes);
  await withDemo(database, async ({ rooms, asSystem }) => {
    const passwordHash = await rooms.access.hasher.hash(password);
    const ctx = asSystem('demo');
    await rooms.gate.change(ctx, 'officer.reset', {
      async locate(reader) {
        const found = await reader.access.byLogin(newcomer.login);
        return found && { record: found.officer, unit: found.path };
      },
      decide: (officer) => ({
        kind: 'change',
        changes: changeOfficer(
          officer,
          {
            passwordHash,
            passwordSetAt: ctx.now,
            passwordTemporary: 1,
            passwordExpiresAt: ctx.now + issuedMs,
          },
          ctx.now,
        ),
        value: null,
        about: { detail: { officer: officer.id, demo: true } },
      }),
    });
  });
  newcomer.password = password;
  writeAccounts(accounts);
}

async function isSpent(database: string, login: string): Promise<boolean> {
  // Opened as the server opens it: a demo of an earlier version is migrated first.
  const keys = loadKeys({ dir: keysDir, credentialsDir: null });
  const { reader, close } = await openStore(database, storeOptions(keys, Date.now));
  try {
    const officer = (await reader.access.byLogin(login))?.officer;
    if (officer?.state !== 'active' || officer.passwordTemporary === 0) return false;
    return officer.passwordExpiresAt !== null && officer.passwordExpiresAt <= Date.now();
  } finally {
    await close();
  }
}

async function withDemo(
  database: string,
  work: (installation: Installation) => Promise<void>,
): Promise<void> {
  const installation = await openInstallation({ database, keysDir });
  try {
    await work(installation);
  } finally {
    await installation.close();
  }
}
