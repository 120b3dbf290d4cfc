// `kuzot audit proof`: writes what proves an entry, a voter among those an entry touched, or the growth of the log, and checks
// such files offline with the verifier key alone. Prints no voter but the one asked about.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type CheckAgainst, checkProofs } from '#server/audit/check-proof.ts';
import { createMonitors, type Monitors, type Proof } from '#server/audit/monitors.ts';
import { proveAccesses } from '#server/audit/proof.ts';
import { storedTree } from '#server/audit/tree.ts';
import {
  type Broken,
  isBroken,
  readKeptCheckpoint,
  readKeptPolicy,
  readKeys,
} from '#server/lib/log/outside.ts';
import { noWitnesses } from '#server/lib/log/policy.ts';
import { ownKey, ownPolicy, sayWitnesses, withReadOnly } from './audit-verify.ts';
import {
  CommandFault,
  keysOf,
  type Place,
  type PlaceOptions,
  placeOf,
  withInstallation,
} from './installation.ts';
import { say, wrong } from './say.ts';
import { done, signedIn } from './sign-in.ts';

export interface ProofOptions extends PlaceOptions {
  voter?: string;
  as?: string;
  out?: string;
  from?: string;
  to?: number;
  draft?: boolean;
  check?: string;
  key?: string;
  policy?: string;
  leaf?: string;
}

export async function prove(seq: number | undefined, options: ProofOptions): Promise<number> {
  if (options.check !== undefined) return check(options.check, options);
  if (options.from !== undefined && (seq !== undefined || options.voter !== undefined))
    throw new CommandFault(
      2,
      'These are two proofs: of an entry, and of growth (--from).',
      'Ask for one of them.',
    );
  if (options.to !== undefined && options.from === undefined)
    throw new CommandFault(2, '--to is the end of a proof of growth.', 'Add --from SIZE.');
  const place = placeOf(options, process.env);
  if (options.voter !== undefined) return proveVoter(place, options.voter, seq, options);
  if (options.from !== undefined) return proveGrowth(place, options.from, options);
  if (seq === undefined)
    throw new CommandFault(
      2,
      'Nothing to prove.',
      'Name an entry number, --from SIZE, --voter ID with --as LOGIN, or --check FILE.',
    );
  return proveInclusion(place, seq, options);
}

/** Proofs from the database, beside a running server or without one. */
async function withMonitors(
  place: Place,
  work: (monitors: Monitors, newest: number) => Promise<number>,
): Promise<number> {
  return withReadOnly(place.database, async ({ reader }) => {
    const policy = ownPolicy(place) ?? noWitnesses;
    const newest = (await reader.audit.lastCheckpoint())?.size;
    if (newest === undefined) throw new CommandFault(1, 'Nothing was signed yet.', 'Start the server once.');
    return work(createMonitors(reader, storedTree(reader), policy), newest);
  });
}

async function proveInclusion(place: Place, seq: number, { out, draft }: ProofOptions): Promise<number> {
  return withMonitors(place, async (monitors, newest) => {
    if (seq >= newest)
      throw new CommandFault(
        1,
        `Entry ${seq} is not in the signed log, which has ${newest} entries.`,
        'Name a smaller number, or wait a second for the next checkpoint.',
      );
    // A checkpoint that witnesses stand for is worth more than a newer one without.
    const cosigned = (await monitors.witnessed())?.size ?? 0;
    const size = cosigned > seq ? cosigned : newest;
    return write(await monitors.inclusion(seq, size, draft ? 'draft' : 'v1'), out);
  });
}

/** From a size, or from a checkpoint somebody kept, to the newest checkpoint or one of a size. */
async function proveGrowth(place: Place, from: string, { to, out }: ProofOptions): Promise<number> {
  const kept = /^\d+$/.test(from) ? null : keptCheckpoint(place, from);
  const older = kept?.size ?? Number(from);
  return withMonitors(place, async (monitors, newest) => {
    if (older > newest)
      throw new CommandFault(
        1,
        `The log has ${newest} signed entries, fewer than ${older}.`,
        kept === null ? 'Name a smaller size.' : 'It lost its end since that checkpoint was kept.',
      );
    if (kept !== null && Buffer.compare(await monitors.rootOf(older), kept.root) !== 0)
      throw new CommandFault(
        1,
        `The first ${older} entries have another root than the checkpoint given.`,
        'The log was rewritten since it was kept.',
      );
    return write(await monitors.consistency(older, to ?? newest), out);
  });
}

function keptCheckpoint(place: Place, given: string): { size: number; root: Uint8Array } {
  const key = ownKey(place);
  const kept = readKeptCheckpoint(given, [key], key.name, keysOf(place).predecessors);
  if (isBroken(kept))
    throw new CommandFault(2, `--from: ${kept.why}`, 'Give a size, or the file of a checkpoint.');
  return kept;
}

function write(proof: Proof, out: string | undefined): number {
  if (proof.kind === 'none') throw new CommandFault(1, `${proof.why}.`, '');
  if (out === undefined) process.stdout.write(proof.text);
  else writeFileSync(out, proof.text, { flag: 'wx' });
  return 0;
}

/** Who touched a voter is told to somebody who may ask, and the asking is an entry. */
async function proveVoter(
  place: Place,
  voter: string,
  seq: number | undefined,
  { as, out }: ProofOptions,
): Promise<number> {
  if (as === undefined)
    throw new CommandFault(2, 'Accesses to a voter are told to an officer.', 'Add --as LOGIN.');
  return withInstallation(place, (installation) =>
    signedIn(installation, as, async (person) => {
      await installation.store.settled();
      const { gate, audit, witnesses } = installation.rooms;
      const proofs = done(
        await proveAccesses(gate, await person.context(), audit.tree, voter, {
          seq,
          async signed(newest) {
            const signed = await gate.checkpoint(newest);
            await witnesses.askNow();
            return audit.monitors.cosigned(signed);
          },
        }),
      );
      if (proofs.length === 0)
        throw new CommandFault(
          1,
          seq === undefined ? 'No entry touched this voter.' : `Entry ${seq} did not touch this voter.`,
          'What opened an entry may also have been erased.',
        );
      const text = proofs.map((proof) => `${JSON.stringify(proof)}\n`).join('');
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text, { flag: 'wx', mode: 0o600 });
      return 0;
    }),
  );
}

/** Exit 1 for the first thing that does not hold. */
async function check(file: string, options: ProofOptions): Promise<number> {
  const against = readAgainst(options);
  if (isBroken(against)) return wrong(against.where, against.why);
  for (const result of checkProofs(readFileSync(file, 'utf8'), against)) {
    if (result.kind === 'refused') return wrong(file, result.why);
    say(`ok: ${result.shows}`);
    if (result.witnessed === null) continue;
    sayWitnesses(result.witnessed);
    if (!result.witnessed.quorumMet)
      return wrong(file, `too few witnesses cosigned it: the policy asks for ${result.witnessed.quorum}`);
  }
  return 0;
}

function readAgainst(options: ProofOptions): CheckAgainst | Broken {
  const keys = options.key === undefined ? [ownKey(placeOf(options, process.env))] : readKeys(options.key);
  if (isBroken(keys)) return keys;
  const own = options.key === undefined ? ownPolicy(placeOf(options, process.env)) : null;
  const policy = options.policy === undefined ? own : readKeptPolicy(options.policy);
  if (policy !== null && isBroken(policy)) return policy;
  const { leaf } = options;
  if (leaf !== undefined && !existsSync(leaf))
    throw new CommandFault(2, `There is no file ${leaf}.`, 'Check the path.');
  return { keys, policy, leaf: leaf === undefined ? null : readFileSync(leaf) };
}
