// The part of an exported log that is signed rather than hashed: verifier key, policy and checkpoint. Trusts nothing
// in the directory: the signature covers size, root, key and policy, and every signature must be explained.

import { bindingLine, type Checkpoint, type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { readHeadFile } from './directory-files.ts';
import { lineageSigned, type Predecessor } from './lineage.ts';
import { parseVkey, type Verifier } from './note.ts';
import { type Broken, broken, isBroken, readKeptCheckpoint, readKeptPolicy, readKeys } from './outside.ts';
import { checkCosignatures, type Policy, parsePolicy, type Witnessed, witnessedBy } from './policy.ts';

/** What is kept outside the directory, as text or as the path of a file. */
export type Outside = {
  /** One verifier key or several, one a line: the directory's must be among them. */
  readonly vkey?: string | undefined;
  /** A checkpoint the log once had: it must still have that root at that size. */
  readonly checkpoint?: string | undefined;
  /** A witness policy: whoever holds the log to account decides whose cosignatures count, not the log. */
  readonly policy?: string | undefined;
};

export type Head = Witnessed & {
  readonly kind: 'ok';
  readonly checkpoint: Checkpoint;
  /** The checkpoint kept outside, if one was given. */
  readonly earlier: Checkpoint | null;
  /** Logs it goes on from, as its checkpoint names them. */
  readonly predecessors: readonly Predecessor[];
};

/** Key, policy and checkpoint: everything but the tree. */
export function readHead(dir: string, outside: Outside): Head | Broken {
  const vkeyBytes = readHeadFile(dir, 'vkey');
  if (isBroken(vkeyBytes)) return vkeyBytes;
  const policyBytes = readHeadFile(dir, 'policy');
  if (isBroken(policyBytes)) return policyBytes;
  const note = readHeadFile(dir, 'checkpoint');
  if (isBroken(note)) return note;
  const vkeyText = vkeyBytes.toString('utf8');
  const key = parseVkey(vkeyText.slice(0, -1));
  if (!vkeyText.endsWith('\n') || !Buffer.from(vkeyText).equals(vkeyBytes)) {
    return broken('vkey', 'is not one line of UTF-8 text ending in a newline');
  }
  if (key.kind === 'refused') return broken('vkey', key.why);
  const predecessors = lineageSigned(note, [key.verifier], key.verifier.name);
  const trusted = readTrusted(outside.vkey, key.verifier, predecessors);
  if (isBroken(trusted)) return trusted;
  const opened = openCheckpoint(note, [key.verifier]);
  if (opened.kind === 'refused') return broken('checkpoint', opened.why);
  const policyText = policyBytes.toString('utf8');
  const { checkpoint } = opened;
  if (
    !Buffer.from(policyText).equals(policyBytes) ||
    !checkpoint.extensions.includes(bindingLine(vkeyText, policyText))
  ) {
    return broken('policy', 'is not the policy (or key) the checkpoint was signed with');
  }
  const policy = parsePolicy(policyText);
  if (policy.kind === 'refused') return broken('policy', policy.why);
  const witnessed = readWitnessed(opened, policy.policy, outside.policy);
  if (isBroken(witnessed)) return witnessed;
  const earlier = readEarlier(outside.checkpoint, trusted, checkpoint, predecessors);
  if (earlier !== null && isBroken(earlier)) return earlier;
  return {
    kind: 'ok',
    checkpoint,
    ...witnessed,
    earlier,
    predecessors,
  };
}

/**
 * The keys to believe: those given, of which the directory's must be one; else the directory's own. A key kept from before a
 * recovery is the same key under the name the log had then, and it signed the new one.
 */
function readTrusted(
  given: string | undefined,
  own: Verifier,
  predecessors: readonly Predecessor[],
): readonly Verifier[] | Broken {
  if (given === undefined) return [own];
  const keys = readKeys(given);
  if (isBroken(keys)) return keys;
  const names = [own.name, ...predecessors.map(({ origin }) => origin)];
  const same = keys.some((key) => names.includes(key.name) && key.publicKey.equals(own.publicKey));
  return same ? keys : broken('vkey', 'is not the key given: another key signed this log');
}

function readEarlier(
  given: string | undefined,
  keys: readonly Verifier[],
  now: Checkpoint,
  predecessors: readonly Predecessor[],
): Checkpoint | Broken | null {
  if (given === undefined) return null;
  const kept = readKeptCheckpoint(given, keys, now.origin, predecessors);
  if (isBroken(kept) || kept.size <= now.size) return kept;
  return broken('checkpoint', `the log has ${now.size} entries, fewer than the ${kept.size} it had`);
}

/**
 * Every signature beside the log's must be a witness's that the log's own policy names, or the one given: an unknown one
 * could not be checked. The policy given decides, where there is one.
 */
function readWitnessed(
  { body, unknown }: OpenedCheckpoint,
  own: Policy,
  given: string | undefined,
): Witnessed | Broken {
  const cosigned = checkCosignatures(body, unknown, own);
  if (cosigned.kind === 'refused') return broken('checkpoint', cosigned.why);
  const kept = given === undefined ? null : readKeptPolicy(given);
  if (kept !== null && isBroken(kept)) return kept;
  const judged = kept === null ? cosigned : checkCosignatures(body, unknown, kept);
  if (judged.kind === 'refused') return broken('checkpoint', judged.why);
  const stranger = cosigned.unknown.find((signature) => judged.unknown.includes(signature));
  if (stranger !== undefined)
    return broken(
      'checkpoint',
      `carries a signature by ${stranger.name} that vkey and policy do not explain`,
    );
  return witnessedBy(judged, kept ?? own);
}
