// `kuzot backup`, `backup verify`, `restore`: encrypted copies of the database, tested and put back. Keys are not part of
// them: they are kept apart, or one theft would be enough.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { copyDatabase, isInUse, restoreDatabase } from '#db/copy.ts';
import { AppenderBusy } from '#db/errors.ts';
import { openReadOnly } from '#db/open.ts';
import { removeSqlite, sqliteFault } from '#db/sqlite/copy.ts';
import type { Reader } from '#db/store.ts';
import { type Head, readHead } from '#db/writer/head-file.ts';
import { checkpointsFault, openingsFault, verifyAudit } from '#server/audit/verify.ts';
import { identityIn, recipientsFault } from '#server/backups/age.ts';
import { type BackupEntry, deskOf, type Entered, enterAtDesk } from '#server/backups/desk.ts';
import { enterBackup, makeBackup, type OpenBackup, openBackup, record } from '#server/backups/service.ts';
import { registerFile } from '#server/destructions/register.ts';
import { recallSecret, retiredSecrets } from '#server/key-source.ts';
import { type Keys, keyFile, versionedKinds } from '#server/keys.ts';
import { keysNamed } from '#server/lib/log/lineage.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { isBroken, readKeptCheckpoint, readKeys } from '#server/lib/log/outside.ts';
import { countByKey } from '#server/sealing/rotate.ts';
import {
  CommandFault,
  companions,
  guarded,
  keysOf,
  type Place,
  type PlaceOptions,
  placeOf,
  sqlitePath,
  withInstallation,
  withPlace,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { reasonOption } from './reason.ts';
import { asOption, examine, handsOf, recordRecovery, tell } from './recover.ts';
import { done } from './sign-in.ts';

interface BackupOptions extends PlaceOptions {
  to?: string[];
}
interface OpenOptions extends PlaceOptions {
  identity: string;
  checkpoint?: string;
}
interface RestoreOptions extends OpenOptions {
  as?: string[];
  reason?: string;
}

const identityOption = [
  '--identity <file>',
  'file with the AGE-SECRET-KEY line; bring it, take it away',
] as const;
const checkpointOption = ['--checkpoint <file>', 'a checkpoint kept outside (text or file)'] as const;

export function backupCommand(): Command {
  const backup = withPlace(new Command('backup'))
    .description('write an encrypted copy of the database')
    .argument('<out>', 'file to be written')
    .option(
      '--to <recipient>',
      'age1… of who can open it; at least two, such as the backup server and one kept offline',
      (recipient: string, before: string[] = []) => [...before, recipient],
    )
    .action(guarded(back));
  withPlace(backup.command('verify'))
    .description('open a backup, check the database and its audit log, and throw the opened copy away')
    .argument('<file>')
    .requiredOption(...identityOption)
    .option(...checkpointOption)
    .action((file, options, command: Command) =>
      guarded(verify)(file, { ...command.parent!.opts(), ...options }),
    );
  return backup;
}

export function restoreCommand(): Command {
  return withPlace(new Command('restore'))
    .description('put a backup back as a database; never over one that is there')
    .argument('<file>')
    .requiredOption(...identityOption)
    .option(...checkpointOption)
    .option(...asOption)
    .addOption(reasonOption('with --as, where later entries are lost: what happened, for the record'))
    .action(guarded(restore));
}

/** Never over something that is there. Throws CommandFault 2. */
async function requireNothingThere(database: string): Promise<void> {
  const path = sqlitePath(database);
  if (path === null) {
    if (await isInUse(database))
      throw new CommandFault(2, 'That database holds a log already.', 'Restore to an empty database.');
    return;
  }
  const present = [path, ...companions(path)].find(existsSync);
  if (present) throw new CommandFault(2, `${present} is there already.`, 'Restore to another path.');
}

async function back(out: string, options: BackupOptions): Promise<number> {
  const place = placeOf(options, process.env);
  const to = options.to ?? [];
  const fault = recipientsFault(to);
  if (fault) throw new CommandFault(2, fault, 'Add --to age1… --to age1…');
  if (existsSync(out)) throw new CommandFault(2, `${out} is there already.`, 'Name another file.');
  const take = async (entries: number, enter: (entry: BackupEntry) => Promise<Entered>) => {
    const progress = showProgress('copying');
    const copy = (copied: string) => copyDatabase(place.database, copied, Date.now(), progress.update);
    const made = await makeBackup({ to, out, entries, copy, remove: removeSqlite, enter }).finally(
      progress.stop,
    );
    if (made.kind === 'refused') throw new CommandFault(1, 'No backup was made.', `${made.says}.`);
    if (made.kind === 'made') console.log(`${out}: ${made.entries} entries, sha256 ${made.sha256}`);
    console.log(`Keys are not in it: keep ${place.keysDir} safe apart from it.`);
    return 0;
  };
  try {
    return await withInstallation(place, async ({ rooms, store, asSystem }) => {
      // The newest entry under a signature: what is restored can then be checked to its end.
      const { size } = await store.checkpoint();
      return take(size, (entry) => enterBackup(rooms.gate, asSystem('backup'), entry));
    });
  } catch (error) {
    if (!(error instanceof AppenderBusy)) throw error;
    // A server appends. The copy is of one moment all the same; the server makes the entry.
    const store = await openReadOnly(place.database);
    const counted = await store.log.counts();
    await store.close();
    return take(counted.entries, (entry) => atServer(place, entry, error));
  }
}

/** Makes the entry here, or has the running server make it. */
export async function enterAnywhere(place: Place, entry: BackupEntry): Promise<Entered> {
  return withInstallation(place, ({ rooms, asSystem }) =>
    enterBackup(rooms.gate, asSystem('backup'), entry),
  ).catch((error: unknown) => {
    if (!(error instanceof AppenderBusy)) throw error;
    return atServer(place, entry, error);
  });
}

/** Has the running server make the entry. Throws AppenderBusy again when who writes there is no server. */
async function atServer({ keysDir }: Place, entry: BackupEntry, busy: AppenderBusy): Promise<Entered> {
  const desk = deskOf(keysDir);
  const entered = desk === null ? null : await enterAtDesk(desk, entry);
  if (entered === null) throw busy;
  return entered;
}

async function verify(file: string, options: OpenOptions): Promise<number> {
  const place = placeOf(options, process.env);
  const into = `${file}.checking`;
  const head = await ownHead(keysOf(place));
  const opened = await openBackup(opening(file, options, keysOf(place), place.keysDir, into, null));
  if (opened.kind === 'refused') throw new CommandFault(1, `${file} is not good.`, opened.why);
  removeSqlite(into);
  const behind = head === null ? 0 : Math.max(0, head.size - opened.entries);
  console.log(`${file} is good: ${opened.entries} entries, root ${opened.root}, ${behind} behind the newest`);
  const path = sqlitePath(place.database);
  if (path === null ? await isInUse(place.database) : existsSync(path)) {
    // The monthly test, recorded where an auditor looks for it.
    const entry: BackupEntry = {
      act: 'audit.verify',
      artifact: opened.sha256,
      detail: { backup: true, entries: opened.entries },
    };
    const entered = await enterAnywhere(place, entry);
    if (entered.kind === 'refused')
      throw new CommandFault(1, 'The test was not recorded.', `${entered.says}.`);
  }
  return 0;
}

async function restore(file: string, options: RestoreOptions): Promise<number> {
  const place = placeOf(options, process.env);
  await requireNothingThere(place.database);
  const path = sqlitePath(place.database);
  const keys = keysOf(place);
  // Read before anything is opened: without it a copy could bring back what was destroyed.
  registerFile(keys.destroyedFile).read();
  const head = await ownHead(keys);
  // Beside the database it becomes, or beside the backup: of mode 0600, and gone when this ends.
  const into = `${path ?? resolve(file)}.restoring`;
  const where = path ?? 'the PostgreSQL database';
  // Asked before anything is decrypted: a backup is usually older than what was signed last.
  const hands = options.as === undefined ? null : handsOf(options);
  const opened = await openBackup(
    hands === null
      ? opening(file, options, keys, place.keysDir, into, head)
      : opening(file, { identity: options.identity }, keys, place.keysDir, into, null),
  );
  if (opened.kind === 'refused') throw new CommandFault(1, 'Nothing was restored.', opened.why);
  const progress = showProgress('restoring');
  try {
    await restoreDatabase(into, place.database, Date.now(), progress.update);
  } finally {
    progress.stop();
    removeSqlite(into);
  }
  const recalled = await recallKeys(place);
  const found = await examine(place, options.checkpoint);
  if (found !== null) {
    tell(found);
    try {
      await recordRecovery(place, found, { ...handsOf(options), artifact: opened.sha256 });
    } catch (error) {
      console.error(
        `${where} holds the backup, but the loss is not recorded: no server starts on it until ` +
          '`kuzot audit recover` has done that.',
      );
      throw error;
    }
  }
  const again = await withInstallation(place, async ({ rooms, asSystem }) => {
    const again = await rooms.destructions.destroyAgain();
    const detail = { entries: opened.entries };
    done(
      await record(rooms.gate, asSystem('restore'), 'system.restore', { artifact: opened.sha256, detail }),
    );
    return again;
  });
  console.log(`Restored ${opened.entries} entries to ${where}.`);
  if (again > 0)
    console.log(`${again} destruction act${again === 1 ? ' was' : 's were'} carried out again on this copy.`);
  if (recalled.length > 0)
    console.log(
      `${recalled.join(', ')} opened it and is in use again: run \`kuzot keys rotate\` to retire it.`,
    );
  return 0;
}

/** Puts retired keys that the restored database asks for back into use. @returns their files */
async function recallKeys({ database, keysDir }: Place): Promise<string[]> {
  const store = await openReadOnly(database);
  const asked = await keysAsked(store.reader).finally(store.close);
  const retired = new Set(retiredSecrets(keysDir));
  const recalled = asked.filter((name) => retired.has(name));
  for (const name of recalled) recallSecret(keysDir, name);
  return recalled;
}

function ownHead({ headFile, origin, signingKeyPem }: Keys): Promise<Head | null> {
  return readHead(headFile, [signerFromPem(origin, signingKeyPem).verifier]);
}

function opening(
  file: string,
  { identity, checkpoint }: OpenOptions,
  keys: Keys,
  keysDir: string,
  into: string,
  head: Head | null,
): OpenBackup {
  const secret = identityIn(readFileSync(identity, 'utf8'));
  if (secret === null)
    throw new CommandFault(2, `${identity} holds no identity.`, 'It has a line AGE-SECRET-KEY-1…');
  if (!existsSync(file)) throw new CommandFault(2, `There is no file ${file}.`, 'Check the path.');
  if (existsSync(into))
    throw new CommandFault(2, `${into} was left behind.`, 'Look at it, then remove it: it holds voters.');
  return {
    file,
    identity: secret,
    into,
    remove: removeSqlite,
    check: (path) => check(path, keys, keysDir, head, checkpoint),
  };
}

/** Files of the keys that what a database holds is under. */
async function keysAsked({ system }: Reader): Promise<string[]> {
  const counts = await countByKey(system);
  return versionedKinds.flatMap((kind) =>
    [...counts[kind].keys()].filter((version) => version > 0).map((version) => keyFile(kind, version)),
  );
}

async function check(
  path: string,
  keys: Keys,
  keysDir: string,
  head: Head | null,
  checkpoint: string | undefined,
): ReturnType<OpenBackup['check']> {
  const broken = (why: string) => ({ kind: 'broken' as const, why });
  const fault = sqliteFault(path);
  if (fault !== null) return broken(`the database is damaged: ${fault}`);
  const verifiers = readKeys(keys.vkeyText);
  if ('kind' in verifiers) return broken(verifiers.why);
  const kept =
    checkpoint === undefined
      ? null
      : readKeptCheckpoint(checkpoint, verifiers, keys.origin, keys.predecessors);
  if (kept !== null && isBroken(kept)) return broken(kept.why);
  const store = await openReadOnly(`sqlite:${path}`);
  try {
    const { entries } = await store.log.counts();
    // A backup of before a recovery holds the log under its earlier name.
    const origin = (await store.reader.system.meta('origin')) ?? keys.origin;
    if (head !== null && (head.size > entries || origin !== keys.origin))
      return broken(
        `the key folder remembers ${head.size} entries, the backup has ${entries}: the later ones would be lost. ` +
          'Take a newer backup, or let two officers record the loss: --as LOGIN --as LOGIN --reason TEXT',
      );
    const missing = (await keysAsked(store.reader)).find(
      (name) => !keys.names.has(name) && !retiredSecrets(keysDir).includes(name),
    );
    if (missing !== undefined)
      return broken(
        `some of its secrets are under ${missing}, which is neither in the key folder nor in its folder "retired". Put that key back first`,
      );
    const progress = showProgress('checking');
    const verified = await verifyAudit(store.log, {
      origin,
      verifiers: keysNamed(verifiers, origin),
      head,
      kept,
      guardFault: store.guardFault,
      onProgress: progress.update,
    });
    progress.stop();
    if (verified.kind === 'broken') return broken(`${verified.where} ${verified.why}`);
    // No reason to go without a backup: it holds what there was. `audit verify` says it again of what is restored.
    const openings = openingsFault(verified);
    if (openings !== null) console.error(`look: of the openings, ${openings}`);
    const lost = checkpointsFault(verified);
    if (lost !== null) console.error(`look: of the checkpoints, ${lost}`);
    return { kind: 'sound', entries: verified.size, root: verified.root.toString('base64') };
  } finally {
    await store.close();
  }
}
