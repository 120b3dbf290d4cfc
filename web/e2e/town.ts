// A small synthetic country with a real server over it and one browser for all its desks, for the journeys: real keys, real
// officers with passwords and second factors, a temporary database. Its clock runs like everybody's and can be put forward. Everything is gone after close().
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { useDatabaseKeys } from '#db/sqlite/cipher.ts';
import type { Config } from '#server/config.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import { type Cipher, readyCipher } from '#server/database-key.ts';
import { addKey, createKeys } from '#server/keys.ts';
import { codeAt, stepSeconds } from '#server/lib/totp.ts';
import { startServer } from '#server/main.ts';
import { freePort } from '#server/test/free-port.ts';
import { untilTomorrow } from '#server/test/no-midnight.ts';
import { OWN_MAPPING } from '#server/voters/import/mapping.ts';
import { loadCommissions, loadVoters } from '../../scripts/commands/import.ts';
import { openInstallation, policiesDir } from '../../scripts/commands/installation.ts';
import { addAccount, type DemoAccount } from '../../scripts/demo/accounts.ts';
import { demoOfficers } from '../../scripts/demo/country/officers.ts';
import type { VoterRow } from '../../scripts/demo/country/types.ts';
import { units } from '../../scripts/demo/country/units.ts';
import { voters } from '../../scripts/demo/country/voters.ts';
import { writeCountryFiles } from '../../scripts/demo/country/write.ts';
import { launchChromium } from './chromium.ts';
import { type Desk, type Fault, openDesk } from './desk.ts';

const seed = 'journeys';
const population = 1200;
const dayMs = 86_400_000;

/** An officer with everything they carry: the password in their head, the phone in their pocket. */
export interface Person extends DemoAccount {
  /**
   * A code nobody has used yet; when this half minute's is spent the town's clock goes on to the next.
   * @param key what the phone was given to scan, base32; otherwise the account's own
   */
  code(key?: string): string;
}

export type Town = Awaited<ReturnType<typeof openTown>>;

export interface TownOptions {
  /** Roles that must show a passkey here. */
  passkeyRequired?: readonly Role[];
  /** What the whole SQLite file is encrypted with; from its first page on. */
  cipher?: Cipher | null;
}

/** @param keys posts to be filled, as scripts/demo/country/officers.ts calls them: `auditor-1` … */
export async function openTown(keys: readonly string[], options: TownOptions = {}) {
  const webDir = process.env.KUZOT_WEB ?? resolve(import.meta.dirname, '../dist');
  if (!existsSync(join(webDir, 'index.html')))
    throw new Error('The pages are not built yet: run "npm run build" first');
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-town-'));
  try {
    const town = await settle(dir, webDir, keys, options);
    return await withDesks(town);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** The browser of a town, and the desks people sit down at. */
async function withDesks(town: Awaited<ReturnType<typeof settle>>) {
  const browser = await launchChromium(town.dir).catch(async (error) => {
    await town.close();
    throw error;
  });
  const desks: Desk[] = [];
  return {
    ...town,
    async sit(over: BrowserContextOptions = {}): Promise<Desk> {
      const desk = await openDesk(town, browser, over);
      desks.push(desk);
      return desk;
    },
    /** Everybody leaves. @returns whatever a page did wrong at the desks since the last time */
    async rise(): Promise<Fault[]> {
      const left = desks.splice(0);
      const faults = left.flatMap((desk) => desk.faults);
      for (const desk of left) await desk.close();
      return faults;
    },
    async close() {
      await browser.close();
      await town.close();
    },
  };
}

/** The policies as shipped, but for the roles that must show a passkey. */
function policiesWith(dir: string, passkeyRequired: readonly Role[]): string {
  const own = join(dir, 'policies');
  cpSync(policiesDir, own, { recursive: true });
  const file = join(own, 'factors.yml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('passkeyRequired: []', `passkeyRequired: [${passkeyRequired.join()}]`));
  return own;
}

async function settle(
  dir: string,
  webDir: string,
  keys: readonly string[],
  { passkeyRequired = [], cipher = null }: TownOptions,
) {
  const time = { ahead: untilTomorrow(Date.now()) };
  const clock = () => Date.now() + time.ahead;
  const place = { database: `sqlite:${join(dir, 'kuzot.sqlite')}`, keysDir: join(dir, 'keys') };
  createKeys(place.keysDir, 'journeys.kuzot.invalid/log');
  if (cipher !== null) addKey(place.keysDir, 'database');
  readyCipher({ dir: place.keysDir, credentialsDir: null }, cipher);
  const country = await writeCountryFiles(join(dir, 'country'), { seed, voters: population });
  const commissions = units(seed, { voters: population });

  const people = new Map<string, Person>();
  // Set up yesterday: an account that is seconds old is an alarm of its own.
  const installation = await openInstallation(place, { create: true, clock: () => Date.now() - dayMs });
  try {
    const asImport = () => installation.asSystem('import');
    await loadCommissions(installation, asImport, country.commissionsFile);
    await loadVoters(installation, asImport, country.votersFile, { mapping: OWN_MAPPING });
    const posts = demoOfficers(seed, commissions);
    for (const key of keys) {
      const post = posts.find((one) => one.key === key);
      if (!post) throw new Error(`the country has no ${key}`);
      // An issued password lives for a day only.
      const at = post.account === 'newcomer' ? Date.now() : installation.clock();
      people.set(key, withPhone(await addAccount(installation, post, at), clock, time));
    }
  } finally {
    await installation.close();
  }

  const port = await freePort();
  const config: Config = {
    database: place.database,
    keysDir: place.keysDir,
    host: '127.0.0.1',
    port,
    origin: `http://localhost:${port}`,
    tls: null,
    behindTlsProxy: false,
    node: 'journeys',
    policiesDir: passkeyRequired.length > 0 ? policiesWith(dir, passkeyRequired) : policiesDir,
    webDir,
    credentialsDir: null,
    databaseCipher: cipher,
    joins: false,
    witnessEveryMs: 10_000,
    limits: true,
    // Only so that it says nothing while all goes well.
    demo: true,
  };
  const running = await startServer(config, clock);

  return {
    origin: config.origin,
    ...place,
    dir,
    commissions,
    /** The officer of a post that was asked for. */
    person(key: string): Person {
      const found = people.get(key);
      if (!found) throw new Error(`${key} was not asked for`);
      return found;
    },
    /** Everybody on the list of one precinct, as the voters file has them. */
    votersOf: (precinct: string): VoterRow[] =>
      [...voters(seed, commissions, population)].filter((row) => row.precinct === precinct),
    /** Lets time pass for the server. */
    pass(ms: number) {
      time.ahead += ms;
    },
    clock,
    /** Resolves when the detection has seen every entry made so far. */
    watched: () => running.rooms.detection.drain(),
    async close() {
      await running.close();
      // Whatever this process opens next is in clear again.
      useDatabaseKeys([]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function withPhone(account: DemoAccount, clock: () => number, time: { ahead: number }): Person {
  let used = 0;
  return {
    ...account,
    code(key) {
      const step = Math.max(Math.floor(clock() / 1000 / stepSeconds), used + 1);
      used = step;
      const wait = step * stepSeconds * 1000 - clock();
      if (wait > 0) time.ahead += wait;
      return codeAt(key ?? account.seed, step * stepSeconds * 1000);
    },
  };
}
