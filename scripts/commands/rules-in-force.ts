// The detection rules in force, from the command line: say what a folder would change, write them out, and, while the server
// stands, have two officers put a folder in force. It decides nothing; the access policies do, even then.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openReadOnly } from '#db/open.ts';
import type { Reader } from '#db/store.ts';
import type { RuleDifference } from '#server/contract/rules.ts';
import { fileSetOf, filesOf } from '#server/detection/catalogue.ts';
import { chooseRules } from '#server/detection/change/in-force.ts';
import { rulesProposalHash } from '#server/detection/change/service.ts';
import { recentOf } from '#server/detection/change/trial.ts';
import { tryRules } from '#server/detection/change/try.ts';
import { readRuleFiles } from '#server/detection/sigma/directory.ts';
import { faultLine, RuleFaults } from '#server/detection/sigma/faults.ts';
import type { FileSet } from '#server/gate/file-sets.ts';
import { type ByTwo, byTwo, withTwo } from './by-two.ts';
import {
  guarded,
  type Installation,
  type PlaceOptions,
  placeOf,
  policiesDir,
  withInstallation,
  withPlace,
} from './installation.ts';

const shipped = join(policiesDir, 'detection');
/** A set kept under an earlier release can be written out and replaced, though nothing can be compared with it. */
const anySet = { unreadable: true };

export function addRulesInForce(rules: Command): void {
  withPlace(rules.command('diff [dir]'))
    .description(
      'say what the rules of a folder would change, and what they would have found in the newest entries',
    )
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions) =>
        withRulesOf(options, (inForce, reader) => diff(inForce, resolve(dir ?? shipped), reader)),
      ),
    );
  withPlace(rules.command('export <dir>'))
    .description('write the rules in force into a folder')
    .action(
      guarded(async (dir: string, options: PlaceOptions) =>
        withRulesOf(options, async ({ files, hash }) => {
          for (const { name, text } of files) {
            mkdirSync(dirname(join(dir, name)), { recursive: true });
            writeFileSync(join(dir, name), text);
          }
          console.log(`${files.length} files, ${hash}`);
          return 0;
        }),
      ),
    );
  withTwo(withPlace(rules.command('adopt [dir]')))
    .description('put the rules of a folder in force; two officers log in, one proposes, one approves')
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions & ByTwo) =>
        withInstallation(
          placeOf(options, process.env),
          (installation) => adopt(installation, resolve(dir ?? shipped), options),
          { rules: anySet },
        ),
      ),
    );
}

/** The rules in force, read only: beside a running server, too. */
async function withRulesOf(
  options: PlaceOptions,
  work: (inForce: FileSet, reader: Reader) => Promise<number>,
): Promise<number> {
  const { reader, close } = await openReadOnly(placeOf(options, process.env).database);
  try {
    const { catalogue } = await chooseRules(reader, policiesDir, anySet);
    return await work(catalogue.set, reader);
  } finally {
    await close();
  }
}

async function diff(inForce: FileSet, dir: string, reader: Reader): Promise<number> {
  const other = setIn(dir);
  if (other === null) return 1;
  if (other.hash === inForce.hash) {
    console.log('These are the rules in force.');
    return 0;
  }
  await compare(inForce, other, reader);
  return 1;
}

/** Says what is wrong, and gives null then. */
function setIn(dir: string): FileSet | null {
  try {
    return fileSetOf(readRuleFiles(dir));
  } catch (error) {
    if (!(error instanceof RuleFaults)) throw error;
    for (const fault of error.faults) console.log(faultLine(fault));
    return null;
  }
}

/** @returns whether the other set could be put in force */
async function compare(inForce: FileSet, other: FileSet, reader: Reader): Promise<boolean> {
  const tried = await tryRules({
    inForce: filesOf(inForce),
    proposed: filesOf(other),
    recent: await recentOf(reader),
  });
  if (tried.kind === 'faults') {
    for (const fault of tried.faults) console.log(faultLine(fault));
    console.log(`${tried.faults.length} faults`);
    return false;
  }
  if (tried.difference) print(tried.difference);
  return true;
}

function print({ added, removed, changed, touched, replay }: RuleDifference): void {
  const line = (word: string, { key, title, level }: RuleDifference['touched'][number]) =>
    console.log(`${word.padEnd(9)}${key}  ${(level ?? '').padEnd(9)}${title}`);
  for (const rule of added) line('new', rule);
  for (const rule of removed) line('removed', rule);
  for (const { after } of changed) line('changed', after);
  for (const rule of touched) line('touched', rule);
  for (const { title, before, after, onlyBefore, onlyAfter } of replay.rules)
    console.log(`fires    ${before} → ${after}  ${title}  (gone ${onlyBefore}, new ${onlyAfter})`);
  console.log(`run over the newest ${replay.entries} entries, ${replay.rules.length} rules fire otherwise`);
}

async function adopt(installation: Installation, dir: string, by: ByTwo): Promise<number> {
  const { rooms, store } = installation;
  const inForce = rooms.rules.holder.catalogue.set;
  const other = setIn(dir);
  if (other === null || !(await compare(inForce, other, store.reader))) return 1;
  const kept = new Set(other.files.map(({ name }) => name));
  const input = {
    from: inForce.hash,
    files: other.files.map(({ name, text }) => ({ name, text })),
    without: inForce.files.map(({ name }) => name).filter((name) => !kept.has(name)),
    reason: by.reason,
  };
  await byTwo(installation, by, {
    act: 'rule.propose',
    hash: rulesProposalHash(other, by.reason),
    propose: (context) => rooms.rules.proposeRules(context, input),
  });
  console.log(`In force: ${rooms.rules.holder.catalogue.set.hash}`);
  return 0;
}
