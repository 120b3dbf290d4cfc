// `kuzot init`: keys, database, the central commission and the first two officers together, so that no moment exists in
// which one person holds the system alone. Their issued passwords appear once, here, and open only their own replacement.
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { Command } from 'commander';
import type { NewOfficer } from '#server/contract/officers.ts';
import { readyCipher } from '#server/database-key.ts';
import { addKey, createKeys } from '#server/keys.ts';
import { addCalendarDays, bishkekDay, formatDateTime } from '#server/lib/dates.ts';
import { temporaryPassword } from '#server/officers/rules.ts';
import { addFirstOfficer, checkedOfficer, newOfficerId } from './first-officers.ts';
import {
  CommandFault,
  companions,
  freshOrigin,
  guarded,
  type Installation,
  keyPlaceOf,
  openInstallation,
  type Place,
  type PlaceOptions,
  placeOf,
  sqlitePath,
  withPlace,
} from './installation.ts';
import { type Asker, createAsker } from './prompt.ts';

interface InitOptions extends PlaceOptions {
  origin?: string;
  adminLogin?: string;
  adminName?: string;
  securityLogin?: string;
  securityName?: string;
  order?: string;
  until?: string;
}

const issuedHours = 24;

export function initCommand(): Command {
  return withPlace(new Command('init'))
    .description('make the database, its keys and the first two officers')
    .option(
      '--origin <name>',
      'name of the audit log, such as kuzot.shailoo.example/log (default: a random one)',
    )
    .option('--admin-login <login>', 'log-in name of the central administrator')
    .option('--admin-name <name>', '"Surname Given-name Patronymic" of the central administrator')
    .option('--security-login <login>', 'log-in name of the security officer')
    .option('--security-name <name>', '"Surname Given-name Patronymic" of the security officer')
    .option('--order <number>', 'number of the order that clears both for access (R28)')
    .option('--until <day>', 'last day of their clearance, YYYY-MM-DD (default: a year from today)')
    .addHelpText('after', '\nWhat is not given as an option is asked for.')
    .action(guarded(init));
}

async function init(options: InitOptions): Promise<number> {
  const place = placeOf(options, process.env);
  refuseExisting(place);
  const asker = createAsker();
  const officers = await askOfficers(asker, options, Date.now()).finally(() => asker.close());
  createKeys(place.keysDir, options.origin ?? freshOrigin());
  if (place.cipher) addKey(place.keysDir, 'database');
  readyCipher(keyPlaceOf(place), place.cipher ?? null);
  const installation = await openInstallation(place, { create: true }).catch((error: unknown) => {
    // Nothing was signed with these keys yet; left behind they would stop the next attempt.
    rmSync(place.keysDir, { recursive: true });
    throw error;
  });
  try {
    if (installation.store.status().size > 0)
      throw new CommandFault(2, 'This database is set up already.', 'Name another one, or use it as it is.');
    await addCentre(installation);
    for (const officer of officers) await issue(installation, officer);
  } finally {
    await installation.close();
  }
  console.log(`Keys are in ${place.keysDir}: back them up apart from the database.`);
  console.log('Next: each officer logs in, changes the password and enrols an authenticator.');
  return 0;
}

function refuseExisting({ database, keysDir }: Place): void {
  const path = sqlitePath(database);
  const present = path === null ? null : [path, ...companions(path)].find(existsSync);
  if (present)
    throw new CommandFault(2, `${present} is there already.`, 'Name another database, or use it as it is.');
  if (existsSync(keysDir))
    throw new CommandFault(
      2,
      `${keysDir} is there already.`,
      'Name another folder with --keys; keys are never overwritten.',
    );
}

async function askOfficers(asker: Asker, options: InitOptions, now: number): Promise<NewOfficer[]> {
  const until = options.until ?? addCalendarDays(bishkekDay(now), 365);
  const order =
    options.order ?? (await asker.ask('Number of the order that clears both officers for access'));
  const officers: NewOfficer[] = [];
  for (const [role, title, login, name] of [
    ['central-admin', 'central administrator', options.adminLogin, options.adminName],
    ['security-officer', 'security officer', options.securityLogin, options.securityName],
  ] as const) {
    const written = name ?? (await asker.ask(`Surname, given name and patronymic of the ${title}`));
    const [surname = '', givenName = '', ...patronymic] = written.trim().split(/\s+/);
    officers.push(
      checkedOfficer({
        login: login ?? (await asker.ask(`Log-in name of the ${title}`)),
        surname,
        givenName,
        patronymic: patronymic.join(' '),
        role,
        commission: 'CEC',
        clearance: { order, level: 'personal', until },
      }),
    );
  }
  if (officers[0]!.login === officers[1]!.login)
    throw new CommandFault(
      2,
      'Both officers have one log-in name.',
      'They must be two persons with one each.',
    );
  return officers;
}

/** The set-up itself: one entry, and the root of the tree of commissions. */
export async function addCentre({
  rooms,
  asSystem,
}: Pick<Installation, 'rooms' | 'asSystem'>): Promise<void> {
  const outcome = await rooms.gate.change(asSystem('init'), 'system.init', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      changes: [
        {
          op: 'insert',
          table: 'commission',
          row: {
            code: 'CEC',
            level: 'CEC',
            parent: null,
            path: '/CEC/',
            nameKy: 'Кыргыз Республикасынын Шайлоо жана референдум өткөрүү боюнча борбордук комиссиясы',
            nameRu: 'Центральная комиссия по выборам и проведению референдумов Кыргызской Республики',
            nameEn: 'Central Commission for Elections and Referenda of the Kyrgyz Republic',
            address: '',
            version: 1,
          },
        },
      ],
      value: null,
      about: { detail: { policy: rooms.policy.hash } },
    }),
  });
  if (outcome.kind !== 'done') throw new Error(`the set-up was refused: ${outcome.kind}`);
}

async function issue({ rooms, asSystem }: Installation, officer: NewOfficer): Promise<void> {
  const password = temporaryPassword(randomBytes);
  const ctx = asSystem('init');
  const expiresAt = ctx.now + issuedHours * 3_600_000;
  await addFirstOfficer(rooms.gate, ctx, newOfficerId(), officer, {
    passwordHash: await rooms.access.hasher.hash(password),
    passwordSetAt: ctx.now,
    passwordTemporary: 1,
    passwordExpiresAt: expiresAt,
  });
  console.log(`${officer.role}  ${officer.login}  password until ${formatDateTime(expiresAt)}: ${password}`);
}
