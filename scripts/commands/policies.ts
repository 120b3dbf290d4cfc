// Access policies from the command line: check a folder, and what can be done with those in force (set-in-force.ts). A folder is
// put in force here after an upgrade whose acts the approved set does not know, or when nobody gets in any more.
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { PolicyDifference } from '#server/contract/policies.ts';
import { choosePolicies } from '#server/policies/in-force.ts';
import { proposalHash } from '#server/policies/service.ts';
import { compilePolicies } from '#server/policy/cedar.ts';
import { differenceOf } from '#server/policy/difference.ts';
import { type PolicySource, parsePolicies, readPolicyFiles } from '#server/policy/source.ts';
import { type ByTwo, byTwo } from './by-two.ts';
import { guarded, type Installation, policiesDir } from './installation.ts';
import { addSetInForce } from './set-in-force.ts';

const shipped = join(policiesDir, 'access');
/** A set approved under an earlier release may not know every act of this one. */
const anySet = { incomplete: true };

export function policiesCommand(): Command {
  const command = new Command('policies').description(
    'check, compare, write out and put in force access policies',
  );
  command
    .command('check [dir]')
    .description(
      'say everything that is wrong with the policies of a folder (default: those of this release)',
    )
    .action(guarded(async (dir?: string) => check(resolve(dir ?? shipped))));
  addSetInForce(command, {
    what: 'policies',
    shipped,
    tells: 'say which decisions would come out otherwise than under the policies in force',
    anySet: { policies: anySet },
    inForce: async (reader) => (await choosePolicies(reader, policiesDir, anySet)).source,
    diff,
    adopt,
  });
  return command;
}

function check(dir: string): number {
  const parsed = parsePolicies(readPolicyFiles(dir));
  if (parsed.kind === 'set') {
    console.log(`${parsed.source.rules.length} policies, ${parsed.source.hash}`);
    return 0;
  }
  for (const { file, line, fault, next } of parsed.faults)
    console.log(`${file}${line === null ? '' : `:${line}`}: ${fault}; ${next}`);
  console.log(`${parsed.faults.length} faults`);
  return 1;
}

async function diff(inForce: PolicySource, dir: string): Promise<number> {
  const parsed = parsePolicies(readPolicyFiles(dir));
  if (parsed.kind === 'faults') return check(dir);
  if (parsed.source.hash === inForce.hash) {
    console.log('These are the policies in force.');
    return 0;
  }
  print(differenceOf(inForce, parsed.source, compilePolicies(inForce)));
  return 1;
}

function print(difference: PolicyDifference | null): void {
  if (difference === null) {
    console.log(
      'There is too much to compare: ask fewer facts of one act, or change fewer policies at a time',
    );
    return;
  }
  const { added, removed, changed, shifts, compared, upTo } = difference;
  for (const { id } of added) console.log(`new      ${id}`);
  for (const { id } of removed) console.log(`removed  ${id}`);
  for (const { after } of changed) console.log(`changed  ${after.id}`);
  for (const { becomes, roles, acts, where, facts, by, before } of shifts)
    console.log(
      `${becomes === 'permitted' ? 'OPENS' : 'closes'}  ${roles.join(', ')}: ${acts.join(', ')}  [${[where, ...facts].join(', ')}]  ${before} → ${by}`,
    );
  console.log(`${compared} decisions compared, ${shifts.length} kinds of them come out otherwise`);
  if (upTo !== null) console.log(`not compared: more than ${upTo} facts and circumstances at once`);
}

async function adopt(installation: Installation, dir: string, by: ByTwo): Promise<number> {
  const { rooms } = installation;
  const input = { files: readPolicyFiles(dir), reason: by.reason };
  const parsed = parsePolicies(input.files);
  if (parsed.kind === 'faults') return check(dir);
  print(differenceOf(rooms.policy.source, parsed.source, rooms.policy));
  await byTwo(installation, by, {
    act: 'policy.propose',
    hash: proposalHash(input),
    propose: (context) => rooms.policies.proposePolicies(context, input),
  });
  console.log(`In force: ${rooms.policy.hash}`);
  return 0;
}
