// The detection rules in force, from the command line (set-in-force.ts): what a folder would change and would have found, and two
// officers who put it in force.
import { join } from 'node:path';
import type { Command } from 'commander';
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
import { type ByTwo, byTwo } from './by-two.ts';
import { type Installation, policiesDir } from './installation.ts';
import { addSetInForce } from './set-in-force.ts';

/** A set kept under an earlier release can be written out and replaced, though nothing can be compared with it. */
const anySet = { unreadable: true };

export const addRulesInForce = (rules: Command): void =>
  addSetInForce(rules, {
    what: 'rules',
    shipped: join(policiesDir, 'detection'),
    tells:
      'say what the rules of a folder would change, and what they would have found in the newest entries',
    anySet: { rules: anySet },
    inForce: async (reader) => (await chooseRules(reader, policiesDir, anySet)).catalogue.set,
    diff,
    adopt,
  });

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
