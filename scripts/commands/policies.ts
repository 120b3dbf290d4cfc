// Access policies from the command line: check a folder, say what it would change, write out what is in force, and, while the
// server stands, have two officers put a folder in force: after an upgrade whose acts the approved set does not know, or when
// nobody gets in any more. It decides nothing; the policies in force do, even then.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { openReadOnly } from '#db/open.ts';
import type { PolicyDifference } from '#server/contract/policies.ts';
import { choosePolicies, filesOf } from '#server/policies/in-force.ts';
import { proposalHash } from '#server/policies/service.ts';
import { compilePolicies } from '#server/policy/cedar.ts';
import { differenceOf } from '#server/policy/difference.ts';
import { type PolicySource, parsePolicies, readPolicyFiles } from '#server/policy/source.ts';
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

const shipped = join(policiesDir, 'access');

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
  withPlace(command.command('diff [dir]'))
    .description('say which decisions would come out otherwise than under the policies in force')
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions) =>
        withPoliciesOf(options, (inForce) => diff(inForce, resolve(dir ?? shipped))),
      ),
    );
  withPlace(command.command('export <dir>'))
    .description('write the policies in force into a folder')
    .action(
      guarded(async (dir: string, options: PlaceOptions) =>
        withPoliciesOf(options, async (inForce) => {
          mkdirSync(dir, { recursive: true });
          const files = filesOf(inForce);
          for (const { name, text } of files) writeFileSync(join(dir, name), text);
          console.log(`${files.length} files, ${inForce.hash}`);
          return 0;
        }),
      ),
    );
  withTwo(withPlace(command.command('adopt [dir]')))
    .description('put the policies of a folder in force; two officers log in, one proposes, one approves')
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions & ByTwo) =>
        withInstallation(
          placeOf(options, process.env),
          (installation) => adopt(installation, resolve(dir ?? shipped), options),
          { policies: { incomplete: true } },
        ),
      ),
    );
  return command;
}

/** The policies in force, read only: beside a running server, and after an upgrade whose acts they do not know. */
async function withPoliciesOf(
  options: PlaceOptions,
  work: (inForce: PolicySource) => Promise<number>,
): Promise<number> {
  const { reader, close } = await openReadOnly(placeOf(options, process.env).database);
  try {
    const { source } = await choosePolicies(reader, policiesDir, { incomplete: true });
    return await work(source);
  } finally {
    await close();
  }
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
