// `kuzot import commissions|voters FILE`: a list from a file into the database, batch by batch, each durable with its
// entry. What is refused goes to a file to be corrected and imported again. Prints totals, never a voter.
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  createReadStream,
  existsSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { isFrozen } from '#server/calendar/rules.ts';
import { calendarFacts } from '#server/calendar/service.ts';
import type { Level } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { type RefusalKind, refusals } from '#server/gate/outcome.ts';
import { bishkekDay } from '#server/lib/dates.ts';
import { addCommissions } from '#server/voters/commissions-sink.ts';
import { readCommissions } from '#server/voters/import/commissions.ts';
import { type Mapping, OWN_MAPPING, parseMapping } from '#server/voters/import/mapping.ts';
import { type ImportOutcome, importVoters } from '#server/voters/import/pipeline.ts';
import { createVoterSink, ImportRefused } from '#server/voters/sink.ts';
import {
  CommandFault,
  guarded,
  type Installation,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';
import { type Progress, showProgress } from './progress.ts';

/** Large: every batch writes most pages of the indexes again, and nobody else waits while a command imports. */
const batchSize = 25_000;

interface ImportCommandOptions extends PlaceOptions {
  mapping?: string;
  dryRun?: boolean;
  errors?: string;
  startRow: number;
  legalBasis: string;
  as?: string;
}

export function importCommand(): Command {
  const command = new Command('import').description('take a list from a CSV file');
  withPlace(command.command('commissions'))
    .description('commissions: code,level,parent,name_ky,name_ru,name_en,address')
    .argument('<file>')
    .option('--dry-run', 'only say what would be done')
    .option('--errors <file>', 'write refused rows here, with the reason')
    .option('--as <login>', 'officer who imports; needed once any officer has logged in')
    .action(guarded(commissions));
  withPlace(command.command('voters'))
    .description(
      'voters: pin,surname,given_name,patronymic,birth_date,sex,address,precinct, or as a mapping says',
    )
    .argument('<file>')
    .option('--mapping <file>', 'JSON that says which column is what (policies/mappings)')
    .option('--dry-run', 'only say what would be done')
    .option('--errors <file>', 'write refused rows here, with the reason')
    .option('--start-row <number>', 'go on with an interrupted import at this row', rowNumber, 2)
    .option('--legal-basis <text>', 'the decision that lets a frozen list grow', '')
    .option('--as <login>', 'officer who imports; needed once any officer has logged in')
    .action(guarded(voters));
  return command;
}

function rowNumber(text: string): number {
  const row = Number(text);
  if (!Number.isSafeInteger(row) || row < 2) throw new InvalidArgumentError('A row number is 2 or more.');
  return row;
}

/**
 * Told before anything is opened. Throws CommandFault 2 for a folder and for errors that would be written over the list, the
 * file system's fault for what cannot be read.
 */
function requireFile(file: string, { errors }: ImportCommandOptions): void {
  accessSync(file, constants.R_OK);
  if (statSync(file).isDirectory())
    throw new CommandFault(2, `${file} is a folder, not a list.`, 'Name a file in it.');
  if (errors === undefined || !existsSync(errors)) return;
  if (statSync(errors).isDirectory())
    throw new CommandFault(2, `${errors} is a folder.`, 'Name a file for the refused rows.');
  if (realpathSync(errors) === realpathSync(file))
    throw new CommandFault(
      2,
      'The refused rows would be written over the list.',
      'Name another file with --errors.',
    );
}

async function commissions(file: string, options: ImportCommandOptions): Promise<number> {
  requireFile(file, options);
  return withInstallation(placeOf(options, process.env), (installation) =>
    asImporter(installation, options, async (context) => {
      const { rejected, added } = await loadCommissions(installation, context, file, options);
      console.log(`${options.dryRun ? 'would add' : 'added'} ${added}, refused ${rejected}`);
      sayWhereReasonsAre(rejected, options);
      return rejected > 0 ? 1 : 0;
    }),
  );
}

async function voters(file: string, options: ImportCommandOptions): Promise<number> {
  requireFile(file, options);
  const mapping = options.mapping === undefined ? OWN_MAPPING : readMapping(options.mapping);
  return withInstallation(placeOf(options, process.env), (installation) =>
    asImporter(installation, options, async (context) => {
      const progress = showProgress('importing');
      let through = options.startRow - 1;
      const onTaken = (row: number) => {
        through = row;
      };
      const howToGoOn = () => {
        progress.stop();
        if (through >= options.startRow)
          console.error(`Rows through ${through} are in. Go on with --start-row ${through + 1}.`);
      };
      // Every batch that was taken is durable: there is nothing to undo.
      const stop = () => {
        howToGoOn();
        process.exit(1);
      };
      process.once('SIGINT', stop);
      try {
        const outcome = await loadVoters(installation, context, file, {
          ...options,
          mapping,
          progress,
          onTaken,
        });
        progress.stop();
        return report(outcome, options);
      } catch (error) {
        howToGoOn();
        throw error;
      } finally {
        process.off('SIGINT', stop);
      }
    }),
  );
}

/** Who imports: the system while there is nobody else or in the demo, otherwise a named officer who signs in for it. */
async function asImporter<T>(
  installation: Installation,
  { as }: { as?: string },
  work: (context: () => Context | Promise<Context>) => Promise<T>,
): Promise<T> {
  if (as !== undefined) {
    const { signedIn } = await import('./sign-in.ts');
    return signedIn(installation, as, (person) => inWords(work(person.context)));
  }
  if (!installation.isDemo && (await anybodyAtWork(installation)))
    throw new CommandFault(2, 'Officers are at work here: an import needs one of them.', 'Add --as LOGIN.');
  return inWords(work(() => installation.asSystem('import')));
}

async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ImportRefused)) throw error;
    throw new CommandFault(
      1,
      `The import was refused: ${refusals[error.refusal].title}.`,
      hints[error.refusal] ?? '',
    );
  }
}

const hints: Partial<Record<RefusalKind, string>> = {
  denied: 'Lists are imported by the central administrator.',
  frozen: 'Name the decision that lets it grow: --legal-basis TEXT.',
};

/** Whether any officer is past the first log-in: from then on every import is somebody's. */
async function anybodyAtWork({ store: { reader } }: Installation): Promise<boolean> {
  for (const { id } of await reader.officers.everyLogin()) {
    const account = await reader.access.byId(id);
    if (account?.officer.state === 'active' && account.officer.totpConfirmedAt !== null) return true;
  }
  return false;
}

/** Reads the file and adds its commissions. Throws CommandFault 1 when the file as a whole is not a list of them. */
export async function loadCommissions(
  { rooms, store }: Pick<Installation, 'rooms' | 'store'>,
  context: () => Context | Promise<Context>,
  file: string,
  { errors, dryRun }: { errors?: string; dryRun?: boolean } = {},
): Promise<{ added: number; rejected: number }> {
  const present = await store.reader.commissions.all();
  const known = new Map(present.map(({ code, level }) => [code, level as Level])); // from the closed list
  const read = await readCommissions({
    input: { path: file },
    known,
    ...(errors !== undefined && { errorsPath: errors }),
  });
  if (read.kind === 'refused') throw new CommandFault(1, 'The file was refused.', read.faults.join('\n  '));
  const { accepted, rejected } = read;
  if (dryRun !== true && accepted.length > 0) {
    const outcome = await addCommissions(rooms, await context(), accepted, await sha256Of(file));
    if (outcome.kind !== 'done') throw new ImportRefused(outcome.kind);
  }
  return { added: accepted.length, rejected: rejected.length };
}

export interface LoadVotersOptions {
  mapping: Mapping;
  errors?: string;
  dryRun?: boolean;
  startRow?: number;
  legalBasis?: string;
  progress?: Progress;
  /** Told after each durable batch: every row up to this one is dealt with. */
  onTaken?: (throughRow: number) => void;
}

/** Imports the file's voters. Throws ImportRefused, with what was taken before it kept. */
export async function loadVoters(
  { rooms, store, clock }: Pick<Installation, 'rooms' | 'store' | 'clock'>,
  context: () => Context | Promise<Context>,
  file: string,
  { mapping, errors, dryRun = false, startRow = 2, legalBasis = '', progress, onTaken }: LoadVotersOptions,
): Promise<ImportOutcome> {
  const units = await store.reader.commissions.all();
  const precincts = new Set(units.filter(({ level }) => level === 'PEC').map(({ code }) => code));
  const sha256 = await sha256Of(file);
  const sink = createVoterSink({
    gate: rooms.gate,
    store,
    context,
    sha256,
    fromRow: startRow,
    isFrozen: async (reader, now) => isFrozen(await calendarFacts(reader), now),
    legalReference: legalBasis.trim(),
  });
  return importVoters({
    input: { path: file },
    mapping,
    precincts,
    sink: {
      ...sink,
      async write(batch, throughRow) {
        const outcome = await sink.write(batch, throughRow);
        onTaken?.(throughRow);
        return outcome;
      },
    },
    today: bishkekDay(clock()),
    dryRun,
    startRow,
    batchSize,
    ...(errors !== undefined && { errorsPath: errors }),
    ...(progress && { onProgress: (done: number, total: number) => progress.update(done, total) }),
  });
}

/** A bare number of refused rows would leave the reader without the reasons. */
function sayWhereReasonsAre(rejected: number, { errors, dryRun }: ImportCommandOptions): void {
  if (rejected === 0) return;
  if (errors !== undefined) console.log(`  why, row by row: ${errors}`);
  else console.log(`  why, row by row: with --errors FILE${dryRun ? '' : ' (what was taken stays)'}`);
}

function report(outcome: ImportOutcome, options: ImportCommandOptions): number {
  if (outcome.kind === 'refused') {
    console.error(`The list was refused; ${outcome.accepted} rows had been taken.`);
    for (const fault of outcome.faults) console.error(`  ${fault}`);
    return 1;
  }
  const { rows, accepted, rejected, flagged } = outcome;
  console.log(`${rows} rows: ${options.dryRun ? 'would take' : 'took'} ${accepted}, refused ${rejected}`);
  for (const [flag, count] of Object.entries(flagged)) console.log(`  flagged ${flag}: ${count}`);
  sayWhereReasonsAre(rejected, options);
  return rejected > 0 ? 1 : 0;
}

function readMapping(path: string): Mapping {
  const read = parseMapping(readFileSync(path, 'utf8'));
  if (read.kind === 'refused') throw new CommandFault(2, `${path} is no mapping.`, read.faults.join('\n  '));
  return read.mapping;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
