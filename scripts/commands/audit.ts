// `kuzot audit …`: take the log out as files, check every byte of it, prove an entry; the random re-check stands in sample.ts.
// What only reads works beside a running server; what makes an entry needs the appender's place. Prints no voter.
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { AppenderBusy } from '#db/errors.ts';
import { openReadOnly, type ReadOnlyStore } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { exportAudit, recordExport } from '#server/audit/export.ts';
import { proveAccesses, proveEntry } from '#server/audit/proof.ts';
import { storedTree } from '#server/audit/tree.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import type { Context } from '#server/gate/context.ts';
import { loadKeys } from '#server/keys.ts';
import { parseVkey, type Verifier } from '#server/lib/log/note.ts';
import { isBroken, readKeptCheckpoint, readKeys } from '#server/lib/log/outside.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import {
  CommandFault,
  guarded,
  headFileOf,
  type Installation,
  type Place,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { sampleCommand } from './sample.ts';
import { done, signedIn } from './sign-in.ts';

export function auditCommand(): Command {
  const command = new Command('audit').description('the audit log: export, verify, prove, sample');
  withPlace(command.command('export'))
    .description('write the log as static files (C2SP tlog-tiles); this is itself an entry')
    .argument('<dir>', 'a new or empty directory')
    .option('--as <login>', 'officer who exports; needed once officers are at work')
    .option('--offline', 'beside a running server: without an entry of its own')
    .action(guarded(exportLog));
  withPlace(command.command('verify'))
    .description('check every byte: of an exported directory, or of the database')
    .argument('[dir]', 'an exported directory; without it, the database')
    .option('--key <vkey>', 'verifier key kept outside (text or file)')
    .option('--checkpoint <file>', 'a checkpoint kept outside (text or file)')
    .action(guarded(verify));
  withPlace(command.command('proof'))
    .description('prove that an entry is in the signed log (C2SP tlog-proof)')
    .argument('[seq]', 'number of the entry', entryNumber)
    .option('--voter <id>', 'instead: every entry that touched this voter, one JSON line each')
    .option('--as <login>', 'with --voter: auditor or protection officer who asks')
    .option('--out <file>', 'write it here instead of to standard output')
    .action(guarded(prove));
  command.addCommand(sampleCommand());
  return command;
}

function entryNumber(text: string): number {
  const seq = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seq))
    throw new InvalidArgumentError('An entry number is 0 or more.');
  return seq;
}

interface ExportOptions extends PlaceOptions {
  as?: string;
  offline?: boolean;
}

async function exportLog(dir: string, options: ExportOptions): Promise<number> {
  const place = placeOf(options, process.env);
  if (options.offline) return await exportUnrecorded(place, dir);
  try {
    return await withInstallation(place, (installation) =>
      asExporter(installation, options.as, async (context) => {
        const recorded = await recordExport(installation.rooms.gate, await context());
        done(recorded);
        return await write(place, dir, recorded.note!.note);
      }),
    );
  } catch (error) {
    if (!(error instanceof AppenderBusy)) throw error;
    if (await isDemo(place)) return await exportUnrecorded(place, dir);
    throw new CommandFault(
      1,
      'A server is running on this database: the export could not be recorded.',
      'Stop the server, or let an auditor fetch /api/audit/tile from it, or add --offline to go without an entry.',
    );
  }
}

/** The system in a demo or before anybody works here; otherwise a named officer who signs in for it. */
async function asExporter<T>(
  installation: Installation,
  as: string | undefined,
  work: (context: () => Context | Promise<Context>) => Promise<T>,
): Promise<T> {
  if (as !== undefined) return signedIn(installation, as, (person) => work(person.context));
  if (!installation.isDemo)
    throw new CommandFault(2, 'An export is somebody’s: name the officer.', 'Add --as LOGIN.');
  return work(() => installation.asSystem('export'));
}

async function exportUnrecorded(place: Place, dir: string): Promise<number> {
  console.error('The server keeps the log: this export has no entry of its own in it.');
  return write(place, dir, null);
}

async function write({ database, keysDir }: Place, dir: string, signed: string | null): Promise<number> {
  const keys = loadKeys(keysDir);
  return withReadOnly(database, async ({ log }) => {
    const note = signed ?? (await log.lastCheckpoint())?.note;
    if (note === undefined) throw new CommandFault(1, 'Nothing was signed yet.', 'Start the server once.');
    const progress = showProgress('exporting');
    const result = await exportAudit(log, note, keys, dir, progress.update);
    progress.stop();
    if (result.kind === 'refused') throw new CommandFault(1, 'Nothing was exported.', result.why);
    console.log(
      `exported ${result.size} entries in ${result.files} files, root ${result.root.toString('base64')}`,
    );
    return 0;
  });
}

interface VerifyOptions extends PlaceOptions {
  key?: string;
  checkpoint?: string;
}

async function verify(dir: string | undefined, options: VerifyOptions): Promise<number> {
  return dir === undefined ? verifyStored(options) : verifyExported(dir, options);
}

async function verifyExported(dir: string, { key, checkpoint }: VerifyOptions): Promise<number> {
  const progress = showProgress('verifying');
  const result = await verifyDirectory(dir, { vkey: key, checkpoint, onProgress: progress.update });
  progress.stop();
  if (result.kind === 'broken') return wrong(result.where, result.why);
  console.log(`ok: ${result.size} entries of ${result.origin}, root ${result.root.toString('base64')}`);
  if (result.witnesses.length > 0) console.log(`cosigned by ${result.witnesses.join(', ')}`);
  if (!result.quorumMet) console.log('The witnesses that signed are not enough for the policy.');
  return 0;
}

async function verifyStored(options: VerifyOptions): Promise<number> {
  const place = placeOf(options, process.env);
  const verifiers = options.key === undefined ? [ownKey(place.keysDir)] : readKeys(options.key);
  if (isBroken(verifiers)) return wrong(verifiers.where, verifiers.why);
  const origin = verifiers[0]!.name;
  const kept =
    options.checkpoint === undefined ? null : readKeptCheckpoint(options.checkpoint, verifiers, origin);
  if (kept !== null && isBroken(kept)) return wrong(kept.where, kept.why);
  // Read before the database: a running server only ever moves it on.
  const head = await readHead(headFileOf(place.keysDir));
  return withReadOnly(place.database, async ({ log }) => {
    const progress = showProgress('verifying');
    const result = await verifyAudit(log, { origin, verifiers, head, kept, onProgress: progress.update });
    progress.stop();
    if (result.kind === 'broken') return wrong(result.where, result.why);
    const { size, root, checkpoints, tiles, unsigned, erased } = result;
    console.log(`ok: ${size} entries of ${origin}, root ${root.toString('base64')}`);
    console.log(
      `${checkpoints} checkpoints, ${tiles} tiles, ${unsigned} entries not signed yet, ${erased} events erased`,
    );
    if (result.unaccounted !== 0)
      console.error(
        `look: ${result.unaccounted} openings are gone that no destruction act accounts for: somebody erased them by hand`,
      );
    return 0;
  });
}

function ownKey(keysDir: string): Verifier {
  const parsed = parseVkey(loadKeys(keysDir).vkeyText.trimEnd());
  if (parsed.kind === 'refused')
    throw new CommandFault(2, `The log's own key: ${parsed.why}`, 'Check the key folder.');
  return parsed.verifier;
}

function wrong(where: string, why: string): number {
  console.error(`wrong: ${where}: ${why}`);
  return 1;
}

interface ProofOptions extends PlaceOptions {
  voter?: string;
  as?: string;
  out?: string;
}

async function prove(seq: number | undefined, options: ProofOptions): Promise<number> {
  const place = placeOf(options, process.env);
  if (options.voter !== undefined) return proveVoter(place, options.voter, options);
  if (seq === undefined)
    throw new CommandFault(2, 'Nothing to prove.', 'Name an entry number, or --voter ID with --as LOGIN.');
  return withReadOnly(place.database, async ({ log, reader }) => {
    const signed = await log.lastCheckpoint();
    if (signed === null || seq >= signed.size)
      throw new CommandFault(
        1,
        `Entry ${seq} is not in the signed log, which has ${signed?.size ?? 0} entries.`,
        'Name a smaller number, or wait a second for the next checkpoint.',
      );
    const proof = await proveEntry(storedTree(reader), seq, signed);
    if (options.out === undefined) process.stdout.write(proof);
    else writeFileSync(options.out, proof, { flag: 'wx' });
    return 0;
  });
}

/** Who touched a voter is told to somebody who may ask, and the asking is an entry. */
async function proveVoter(place: Place, voter: string, { as, out }: ProofOptions): Promise<number> {
  if (as === undefined)
    throw new CommandFault(2, 'Accesses to a voter are told to an officer.', 'Add --as LOGIN.');
  return withInstallation(place, (installation) =>
    signedIn(installation, as, async (person) => {
      await installation.store.settled();
      const { gate } = installation.rooms;
      const tree = storedTree(gate.reader);
      const proofs = done(await proveAccesses(gate, await person.context(), tree, voter));
      const text = proofs.map((proof) => `${JSON.stringify(proof)}\n`).join('');
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text, { flag: 'wx', mode: 0o600 });
      return 0;
    }),
  );
}

async function isDemo({ database }: Place): Promise<boolean> {
  return withReadOnly(database, async ({ reader }) => (await reader.system.meta('demo')) !== null);
}

async function withReadOnly<T>(database: string, work: (store: ReadOnlyStore) => Promise<T>): Promise<T> {
  const store = await openReadOnly(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
