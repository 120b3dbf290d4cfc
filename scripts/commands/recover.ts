// `kuzot audit recover`: the only way on after signed entries were lost. Shows what is left and what is gone, lets two
// officers put their names to it, and gives the log a new name, so that no size is ever signed twice. What it has decided
// is kept in the key folder until it is done: interrupted anywhere, it is called again.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { LogDamaged } from '#db/errors.ts';
import { openReadOnly, type StoreOptions } from '#db/open.ts';
import { readHead, type SignedHead } from '#db/writer/head-file.ts';
import { TailSeal, tailKey } from '#db/writer/tail-seal.ts';
import {
  askRecovery,
  confirmRecovery,
  examineLoss,
  type FoundState,
  keepsName,
  type Loss,
  lostNumbers,
  type Recovery,
  recordLoss,
} from '#server/audit/recover.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { type Keys, takeName } from '#server/keys.ts';
import { keysNamed, lineageAfter, nameAfter, nameAt } from '#server/lib/log/lineage.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { isBroken, readKeptCheckpoint } from '#server/lib/log/outside.ts';
import {
  CommandFault,
  guarded,
  type Installation,
  keyPlaceOf,
  keysOf,
  type Place,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { type Asker, createAsker } from './prompt.ts';
import { reasonOption } from './reason.ts';
import { done, signedIn } from './sign-in.ts';

interface RecoverOptions extends PlaceOptions {
  as?: string[];
  reason?: string;
  checkpoint?: string;
}

/** Both officers and why; `artifact` is the SHA-256 of the backup that was put back. */
export interface Hands {
  as: readonly string[];
  reason: string;
  artifact?: string;
}

export const asOption = [
  '--as <login>',
  'officer who puts a name to the loss; given twice: a central administrator and a security officer, or two of one of these',
  (login: string, before: string[] = []) => [...before, login],
] as const;

export function recoverCommand(): Command {
  return withPlace(new Command('recover'))
    .description('after signed entries were lost: show what is left, record the loss, go on under a new name')
    .option(...asOption)
    .addOption(reasonOption('what happened, for the record'))
    .option(
      '--checkpoint <file>',
      'the newest checkpoint kept outside (a print, a witness), if the head file is gone',
    )
    .addHelpText(
      'after',
      '\nWithout --as it only shows what was found, and changes nothing. Passwords and codes are asked for, or read as lines' +
        '\nof standard input: password and code of the first officer, then of the second. Keep a copy of the database as it' +
        '\nwas found. Afterwards give the new verifier key to every witness and monitor.',
    )
    .action(guarded(recover));
}

async function recover(options: RecoverOptions): Promise<number> {
  const place = placeOf(options, process.env);
  const found = await examine(place, options.checkpoint);
  if (found === null) {
    console.log('The database is what was signed last. There is nothing to recover.');
    return 0;
  }
  tell(found);
  if (options.as === undefined) {
    console.log('Nothing was changed. To record this: --as LOGIN --as LOGIN --reason TEXT');
    return 1;
  }
  await recordRecovery(place, found, handsOf(options));
  return 0;
}

/** @throws CommandFault 2 unless two officers and a reason are named */
export function handsOf({ as = [], reason }: { as?: string[]; reason?: string }): Hands {
  if (new Set(as).size !== 2)
    throw new CommandFault(2, 'Two officers put their names to a loss.', 'Add --as LOGIN --as LOGIN.');
  const text = reason?.trim() ?? '';
  if (text.length < 10 || text.length > 500)
    throw new CommandFault(
      2,
      'A loss has a reason.',
      'Add --reason with 10 to 500 characters: what happened.',
    );
  return { as, reason: text };
}

/** What was found, with its texts as they stand in the plan file. */
interface Plan {
  state: FoundState;
  size: number;
  root: string;
  kept: number;
  keptRoot: string;
  seen: { size: number; root: string; note: string } | null;
  unguarded: string | null;
  unsealedFrom: number | null;
  /** Names of the log: in the database, in the key folder before, and from now on (null: unchanged). */
  nameInDatabase: string;
  nameBefore: string;
  nameAfter: string | null;
}

const planFile = (keysDir: string) => join(keysDir, 'log-recovery.json');

function lossOf({ root, keptRoot, seen, ...plan }: Plan): Loss {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return {
    ...plan,
    root: bytes(root),
    keptRoot: bytes(keptRoot),
    seen: seen && { ...seen, root: bytes(seen.root) },
  };
}

/** What is lost, or null when nothing is. Reads every byte, changes nothing. @throws CommandFault when the database is no log */
export async function examine(place: Place, checkpoint?: string): Promise<Plan | null> {
  const begun = readPlan(place);
  const keys = keysOf(place);
  const signer = signerFromPem(keys.origin, keys.signingKeyPem);
  const { verifier } = signer;
  const store = await openReadOnly(place.database);
  try {
    const nameInDatabase = (await store.reader.system.meta('origin')) ?? '';
    const { entries } = await store.log.counts();
    // Put back once more since: what was begun on another state is void.
    if (begun !== null && (nameInDatabase === begun.nameAfter || entries > begun.size)) return begun;
    if (nameInDatabase !== keys.origin && !keys.predecessors.some(({ origin }) => origin === nameInDatabase))
      throw new CommandFault(
        1,
        `The database holds the log ${nameInDatabase}; these keys are of ${keys.origin}.`,
        'Name the key folder that belongs to it.',
      );
    const last = await store.log.lastCheckpoint();
    const outside = await seenOutside(keys, checkpoint);
    const progress = showProgress('checking what is left');
    const examined = await examineLoss(store.log, {
      nameInDatabase: last === null ? nameInDatabase : nameAt(nameInDatabase, keys.predecessors, last.size),
      nameNow: keys.origin,
      verifiers: keysNamed([verifier], nameInDatabase),
      seen: outside.seen,
      guardFault: store.guardFault,
      isSealed: async ({ size, root }) => {
        const sealed = await store.reader.system.meta(tailKey);
        return new TailSeal(signer).covers({ size, root: () => root }, sealed, outside.head);
      },
      onProgress: progress.update,
    });
    progress.stop();
    if (isBroken(examined))
      throw new CommandFault(
        1,
        `The database is not merely old, it is damaged or was changed: ${examined.where}: ${examined.why}.`,
        'Keep it as evidence, restore an untouched copy, and call this again for what that copy lacks.',
      );
    if (examined.kind === 'whole') return null;
    const { kind: _, root, keptRoot, seen, ...found } = examined;
    return {
      ...found,
      root: root.toString('base64'),
      keptRoot: keptRoot.toString('base64'),
      seen: seen && { size: seen.size, note: seen.note, root: seen.root.toString('base64') },
      nameInDatabase,
      nameBefore: keys.origin,
      nameAfter: keepsName(found.state) ? null : nameAfter(keys.origin, crypto.randomUUID().slice(0, 8)),
    };
  } finally {
    await store.close();
  }
}

function readPlan({ keysDir }: Place): Plan | null {
  const path = planFile(keysDir);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Plan) : null;
}

/** The head file, and the greater of it and the checkpoint that was brought. */
async function seenOutside(
  keys: Keys,
  checkpoint: string | undefined,
): Promise<{ head: SignedHead | null; seen: Loss['seen'] }> {
  const verifiers = [signerFromPem(keys.origin, keys.signingKeyPem).verifier];
  const head = await readHead(keys.headFile, verifiers).catch((error: unknown) => {
    if (!(error instanceof LogDamaged)) throw error;
    // It says nothing any more; it goes aside with the rest.
    console.error(error.message);
    return null;
  });
  if (checkpoint === undefined) return { head, seen: head };
  const kept = readKeptCheckpoint(checkpoint, verifiers, keys.origin);
  if (isBroken(kept)) throw new CommandFault(1, `${kept.where} ${kept.why}.`, 'Bring another one.');
  if (head !== null && head.size >= kept.size) return { head, seen: head };
  const note = existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : checkpoint;
  return { head, seen: { size: kept.size, root: Buffer.from(kept.root), note } };
}

const stateWords: Record<FoundState, string> = {
  'rolled-back': 'The database was put back to an older state, or lost its end.',
  forked: 'The database goes on from an older state otherwise than what was signed.',
  'head-missing': 'The head file, which remembers what was signed last, is gone or unreadable.',
  unsealed:
    'What no checkpoint covers yet is not what the server wrote: entries were written past it, or taken away.',
  unguarded: 'The entries are whole, but what keeps the tables append-only was taken off.',
  'older-name': 'The database is older than an earlier recovery of this log.',
};

export function tell(plan: Plan): void {
  const { state, size, kept, seen, unguarded, unsealedFrom } = plan;
  const { from, to } = lostNumbers(lossOf(plan));
  console.log(stateWords[state]);
  console.log(
    `  found     ${size} entries, whole in themselves; the last checkpoint among them is of ${kept}`,
  );
  console.log(
    seen === null
      ? '  expected  unknown: nothing outside the database remembers it. Bring a print, an export or a witness’s word with --checkpoint'
      : `  expected  ${seen.size} entries, root ${seen.root}`,
  );
  if (to > from) console.log(`  lost      entries ${from} to ${to - 1}: ${to - from} in all`);
  else if (state === 'forked' || state === 'older-name')
    console.log(`  lost      whatever was signed after entry ${kept - 1}`);
  if (unsealedFrom !== null && unsealedFrom < size)
    console.log(`  unsealed  entries ${unsealedFrom} to ${size - 1}: they stay, and the record names them`);
  if (unguarded !== null) console.log(`  guards    ${unguarded}`);
}

/** Records the loss and goes on. @throws CommandFault when an officer may not, LogUnavailable … as the store does */
export async function recordRecovery(
  place: Place,
  plan: Plan,
  hands: Hands,
  asker: Asker = createAsker(),
): Promise<void> {
  const keys = keysOf(place);
  if (!(await isSwitched(place, plan))) {
    writeFileSync(planFile(place.keysDir), JSON.stringify(plan), { mode: 0o600 });
    await withInstallation(place, (installation) => underTwoNames(installation, plan, hands, asker), {
      over: overOf(plan, keys),
    });
  }
  if (plan.nameAfter !== null && keys.origin !== plan.nameAfter) {
    const { seen, kept, keptRoot } = lossOf(plan);
    takeName(
      keyPlaceOf(place),
      plan.nameAfter,
      // Without its own line, which stands there already when this was interrupted.
      lineageAfter(
        keys.predecessors.filter((one) => one.origin !== plan.nameBefore),
        {
          origin: plan.nameBefore,
          size: seen?.size ?? kept,
          root: seen?.root ?? keptRoot,
          kept,
        },
      ),
    );
  }
  await withInstallation(place, async ({ store, keys: now }) => {
    const { size } = await store.checkpoint();
    rmSync(planFile(place.keysDir));
    console.log(`Recorded. The log goes on at ${size} entries as ${now.origin}.`);
    if (plan.nameAfter !== null) {
      console.log(`Its verifier key from now on, for witnesses and monitors:\n  ${now.vkeyText.trimEnd()}`);
      console.log('What was signed before stays in the key folder, beside the new head file.');
    }
  });
}

async function isSwitched({ database }: Place, { nameAfter: name }: Plan): Promise<boolean> {
  const store = await openReadOnly(database);
  try {
    return name !== null && (await store.reader.system.meta('origin')) === name;
  } finally {
    await store.close();
  }
}

/** Opens the log under the name it has in the database, signing nothing. */
function overOf({ nameInDatabase }: Plan, { origin, predecessors }: Keys): Partial<StoreOptions> {
  const own = predecessors.findIndex((one) => one.origin === nameInDatabase);
  return {
    origin: nameInDatabase,
    predecessors: nameInDatabase === origin ? predecessors : predecessors.slice(0, own),
    recovering: true,
  };
}

async function underTwoNames(
  installation: Installation,
  plan: Plan,
  hands: Hands,
  asker: Asker,
): Promise<void> {
  const { rooms, store, asSystem } = installation;
  const loss = lossOf(plan);
  const progress = showProgress('filling the lost numbers');
  await recordLoss(rooms.gate, () => asSystem('recover'), loss, store.status().size, progress.update);
  progress.stop();
  const { from, to } = lostNumbers(loss);
  const recovery: Recovery = {
    state: plan.state,
    reason: hands.reason,
    nameBefore: plan.nameInDatabase,
    nameAfter: plan.nameAfter,
    lostFrom: from,
    lostTo: to - 1,
    artifact: hands.artifact ?? null,
  };
  const [first, second] = hands.as as [string, string];
  try {
    const asked = await signedIn(
      installation,
      first,
      async (person) => {
        const context = await person.context();
        return {
          entry: entryOf(await askRecovery(rooms.gate, context, recovery)),
          officer: context.actor!.id,
        };
      },
      asker,
    );
    await signedIn(
      installation,
      second,
      async (person) => {
        done(await confirmRecovery(rooms.gate, await person.context(), recovery, asked));
      },
      asker,
    );
  } finally {
    asker.close();
  }
}

function entryOf(outcome: Outcome<null>): number {
  done(outcome);
  return outcome.kind === 'done' ? outcome.entry : -1;
}
