// `kuzot audit verify`: every byte of an exported directory or of the database, and what the log's witnesses say of it. Reads
// only; works beside a running server.
import { existsSync, statSync } from 'node:fs';
import { openReadOnly, type ReadOnlyStore } from '#db/open.ts';
import type { Reader } from '#db/store.ts';
import { readHead, type SignedHead } from '#db/writer/head-file.ts';
import { TailSeal, tailFault, tailKey } from '#db/writer/tail-seal.ts';
import { checkpointsFault, openingsFault, type Verified, verifyAudit } from '#server/audit/verify.ts';
import { rowsFault } from '#server/coded-rows.ts';
import { keysNamed, lineageSigned, type Predecessor } from '#server/lib/log/lineage.ts';
import { parseVkey, signerFromPem, type Verifier } from '#server/lib/log/note.ts';
import { isBroken, readKeptCheckpoint, readKeptPolicy, readKeys } from '#server/lib/log/outside.ts';
import { describeQuorum, type Policy, type Witnessed } from '#server/lib/log/policy.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { CommandFault, headFileOf, keysOf, type Place, type PlaceOptions, placeOf } from './installation.ts';
import { showProgress } from './progress.ts';
import { say, wrong } from './say.ts';

export interface VerifyOptions extends PlaceOptions {
  key?: string;
  checkpoint?: string;
  policy?: string;
}

export async function verify(dir: string | undefined, options: VerifyOptions): Promise<number> {
  return dir === undefined ? verifyStored(options) : verifyExported(dir, options);
}

async function verifyExported(dir: string, { key, checkpoint, policy }: VerifyOptions): Promise<number> {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found?.isDirectory())
    throw new CommandFault(
      2,
      found ? `${dir} is a file, not a folder.` : `There is no folder ${dir}.`,
      'Name the folder an export was written to.',
    );
  const progress = showProgress('verifying');
  const result = await verifyDirectory(dir, {
    vkey: key,
    checkpoint,
    policy,
    onProgress: progress.update,
  });
  progress.stop();
  if (result.kind === 'broken') return wrong(result.where, result.why);
  const { size, origin, root, predecessors } = result;
  if (result.quorumMet) {
    say(`ok: ${size} entries of ${origin}, root ${root.toString('base64')}`);
    sayLineage(predecessors);
    sayWitnesses(result);
    return 0;
  }
  say(`every byte agrees with the signed checkpoint: ${size} entries of ${origin}`);
  sayWitnesses(result);
  return wrong('checkpoint', `too few witnesses cosigned it: the policy asks for ${result.quorum}`);
}

/** Who cosigned, and when by their own clocks; whether it is enough. */
export function sayWitnesses({ witnesses, quorum, quorumMet }: Witnessed): void {
  for (const { name, timeSeconds } of witnesses)
    say(`cosigned by ${name} at ${new Date(timeSeconds * 1000).toISOString()}`);
  if (quorum === null) say('no quorum of witnesses is asked for');
  else if (quorumMet) say(`the quorum is met: ${quorum}`);
}

/** What was signed under earlier names, and how much of it is left. */
function sayLineage(predecessors: readonly Predecessor[]): void {
  for (const { origin, size, root, kept } of predecessors)
    say(
      `goes on from ${origin}, which signed ${size} entries (root ${root.toString('base64')}) and of which ${kept} are kept`,
    );
}

async function verifyStored(options: VerifyOptions): Promise<number> {
  const place = placeOf(options, process.env);
  const verifiers = options.key === undefined ? [ownKey(place)] : readKeys(options.key);
  if (isBroken(verifiers)) return wrong(verifiers.where, verifiers.why);
  // A key kept from before a recovery is the same key under an earlier name of the log.
  const origin = existsSync(place.keysDir) ? ownKey(place).name : verifiers[0]!.name;
  const policy = options.policy === undefined ? ownPolicy(place) : readKeptPolicy(options.policy);
  if (policy !== null && isBroken(policy)) return wrong(policy.where, policy.why);
  // Read before the database: a running server only ever moves it on.
  const head = await readHead(headFileOf(place.keysDir), keysNamed(verifiers, origin));
  return withReadOnly(place.database, async ({ log, reader, guardFault }) => {
    const last = await log.lastCheckpoint();
    const predecessors = last === null ? [] : lineageSigned(last.note, keysNamed(verifiers, origin), origin);
    const names = [origin, ...predecessors.map((one) => one.origin)];
    const foreign = verifiers.find(({ name }) => !names.includes(name));
    if (foreign !== undefined)
      return wrong('the key given', `is of the log ${foreign.name}, and the key folder's is ${origin}`);
    const kept =
      options.checkpoint === undefined
        ? null
        : readKeptCheckpoint(options.checkpoint, verifiers, origin, predecessors);
    if (kept !== null && isBroken(kept)) return wrong(kept.where, kept.why);
    const progress = showProgress('verifying');
    const result = await verifyAudit(log, {
      origin,
      verifiers: keysNamed(verifiers, origin),
      head,
      kept,
      policy,
      guardFault,
      trail: log,
      onProgress: progress.update,
    });
    progress.stop();
    if (result.kind === 'broken') return wrong(result.where, result.why);
    const { size, root, checkpoints, tiles, unsigned, erased, cosignatures, quorumAt, trailFault } = result;
    // Threat: the database put back together with the removal of what remembers more. Such a one does not start either.
    const isHeadGone =
      head === null && existsSync(place.keysDir) && last?.note.startsWith(`${origin}\n`) === true;
    const faults: (readonly [where: string, why: string | null])[] = [
      ['the end of the log', await endFault(place, reader, result, head)],
      ['the checkpoints', checkpointsFault(result)],
      ['the head file', isHeadGone ? headGone(headFileOf(place.keysDir)) : null],
      // Where openings are gone, what is searched may be all that still shows on whom: it is not to be built anew then.
      ['the openings', openingsFault(result)],
      ['what is searched of the log', trailFault],
      ['who may do what', await forgedRows(place, reader)],
    ];
    const whole = faults.every(([, why]) => why === null) ? 'ok' : 'every entry is as it was signed';
    say(`${whole}: ${size} entries of ${origin}, root ${root.toString('base64')}`);
    sayLineage(predecessors);
    say(
      `${checkpoints} checkpoints, ${tiles} tiles, ${unsigned} entries not signed yet, ${erased} events erased`,
    );
    const newest = last?.size ?? 0;
    if (head !== null && head.size > newest)
      say(
        `the newest checkpoint, of ${head.size} entries, stands in the head file alone: the server was killed between the ` +
          'two, or somebody took it out of the table. The next start signs it again',
      );
    const quorum = policy === null ? null : describeQuorum(policy);
    if (quorum !== null)
      say(
        quorumAt === null
          ? `${cosignatures} cosignatures; the quorum (${quorum}) was never met`
          : `${cosignatures} cosignatures; the quorum (${quorum}) has seen ${quorumAt} of ${size} entries`,
      );
    else if (cosignatures > 0) say(`${cosignatures} cosignatures; no quorum of witnesses is asked for`);
    const found = faults.find(([, why]) => why !== null);
    return found === undefined ? 0 : wrong(found[0], found[1]!);
  });
}

/** What is wrong with entries no checkpoint covers; null where nothing is, or the key that tells is not here. */
async function endFault(
  place: Place,
  { system, audit }: Reader,
  { size, root, unsigned }: Verified,
  head: SignedHead | null,
): Promise<string | null> {
  const signed = head?.size ?? 0;
  if (unsigned === 0 || !existsSync(place.keysDir)) return null;
  const { origin, signingKeyPem } = keysOf(place);
  const seal = new TailSeal(signerFromPem(origin, signingKeyPem));
  const sealed = await system.meta(tailKey);
  if (seal.covers({ size, root: () => root }, sealed, head)) return null;
  // A running server went on while the log was read.
  const until = Number(sealed?.split(' ')[0]);
  if (until > size && (await audit.entriesAt([until - 1])).length > 0) return null;
  return tailFault(signed, size);
}

const headGone = (headFile: string) =>
  `${headFile}, which remembers what was signed last, is gone: nobody can tell whether this database is the newest. Put it ` +
  'back from its backup; if that cannot be done, two officers record the loss with `kuzot audit recover`';

/** Without the key folder nobody can tell. */
function forgedRows(place: Place, reader: Reader): Promise<string | null> {
  return existsSync(place.keysDir)
    ? rowsFault(reader, createRowMacs(keysOf(place).pepper, false))
    : Promise.resolve(null);
}

export function ownKey(place: Place): Verifier {
  const parsed = parseVkey(keysOf(place).vkeyText.trimEnd());
  if (parsed.kind === 'refused')
    throw new CommandFault(2, `The log's own key: ${parsed.why}`, 'Check the key folder.');
  return parsed.verifier;
}

/** Without the key folder nobody knows whose cosignatures count. */
export function ownPolicy(place: Place): Policy | null {
  return existsSync(place.keysDir) ? keysOf(place).policy : null;
}

export async function withReadOnly<T>(
  database: string,
  work: (store: ReadOnlyStore) => Promise<T>,
): Promise<T> {
  const store = await openReadOnly(database);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
