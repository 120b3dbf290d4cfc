// Makes the demo: keys, a synthetic country through the import, officers for every role, some days of work through the
// server itself. The same seed gives the same country and the same days, counted back from today's midnight in
// Bishkek; only secrets and opaque ids are random.
import { createKeys } from '#server/keys.ts';
import { addCalendarDays, bishkekDay, startOfBishkekDay } from '#server/lib/dates.ts';
import { OWN_MAPPING } from '#server/voters/import/mapping.ts';
import { loadCommissions, loadVoters } from '../commands/import.ts';
import { openInstallation, type Place } from '../commands/installation.ts';
import { showProgress } from '../commands/progress.ts';
import { addAccount, type DemoAccount } from './accounts.ts';
import { demoOfficers } from './country/officers.ts';
import { writeCountryFiles } from './country/write.ts';
import { countryDir, keysDir } from './place.ts';

export const demoSeed = 'kuzot';
/** Days before today on which the country is set up; the days after it are worked. */
const setUpDaysAgo = 4;
const hourMs = 3_600_000;

/** Makes everything but the newcomer and the days of work. The database must be empty. */
export async function makeCountry(database: string, voters: number): Promise<DemoAccount[]> {
  const setUpDay = addCalendarDays(bishkekDay(Date.now()), -setUpDaysAgo);
  let now = startOfBishkekDay(setUpDay) + 9 * hourMs;
  const place: Place = { database, keysDir };
  console.log('Making a synthetic country …');
  const country = await writeCountryFiles(countryDir, { seed: demoSeed, voters });
  createKeys(keysDir, 'kuzot.demo.invalid/log');
  const installation = await openInstallation(place, { create: true, clock: () => now });
  try {
    const { rooms } = installation;
    const setUp = await rooms.gate.change(installation.asSystem('init'), 'system.init', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        changes: [{ op: 'ensure', table: 'meta', row: { key: 'demo', value: 'yes' } }],
        value: null,
        about: { detail: { policy: rooms.policy.hash } },
      }),
    });
    if (setUp.kind !== 'done') throw new Error(`the set-up was refused: ${setUp.kind}`);
    const asImport = () => installation.asSystem('import');
    await loadCommissions(installation, asImport, country.commissionsFile);
    const progress = showProgress('importing voters');
    const outcome = await loadVoters(installation, asImport, country.votersFile, {
      mapping: OWN_MAPPING,
      progress,
    });
    progress.stop();
    if (outcome.kind !== 'imported' || outcome.rejected > 0)
      throw new Error('the synthetic country was not imported whole');
    console.log(`  ${country.commissions.length} commissions, ${outcome.accepted} voters`);
    const accounts: DemoAccount[] = [];
    for (const officer of demoOfficers(demoSeed, country.commissions)) {
      now += 60_000;
      if (officer.account !== 'newcomer') accounts.push(await addAccount(installation, officer, now));
    }
    console.log(`  ${accounts.length} officers`);
    return accounts;
  } finally {
    await installation.close();
  }
}
