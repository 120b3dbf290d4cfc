// Which logs a log goes on from. When entries that were already signed are lost, the log may not sign their sizes again
// under its name: whoever saw both would hold proof of a fork, and every witness would refuse it for ever. So it goes on
// under a new name, and every checkpoint from then on says whose heir it is and what both have in common.
import { openCheckpoint } from './checkpoint.ts';
import { decodeBase64, keyOf, type Refused, type Verifier } from './note.ts';

export interface Predecessor {
  readonly origin: string;
  /** The last size and root known to have been signed under that name. */
  readonly size: number;
  readonly root: Buffer;
  /** Entries both logs share: the newest size that was signed under that name and is still in the database. */
  readonly kept: number;
}

const word = 'kuzot-follows';

/** An extension line of a checkpoint, and a line of the key folder's `log-lineage`. */
export function followsLine({ origin, size, root, kept }: Predecessor): string {
  return `${word} ${origin} ${size} ${root.toString('base64')} ${kept}`;
}

/** Predecessors a checkpoint's extension lines name, oldest first; other lines are not its business. */
export function readLineage(
  lines: readonly string[],
): { readonly kind: 'ok'; readonly predecessors: readonly Predecessor[] } | Refused {
  const predecessors: Predecessor[] = [];
  for (const line of lines.filter((one) => one.startsWith(`${word} `))) {
    const parts = /^\S+ (\S+) (0|[1-9]\d{0,15}) (\S+) (0|[1-9]\d{0,15})$/.exec(line);
    const root = parts === null ? null : decodeBase64(parts[3]!);
    const kept = Number(parts?.[4]);
    if (parts === null || root?.length !== 32 || kept < (predecessors.at(-1)?.kept ?? 0))
      return { kind: 'refused', why: `the line "${line}" names no predecessor` };
    predecessors.push({ origin: parts[1]!, size: Number(parts[2]), root, kept });
  }
  return { kind: 'ok', predecessors };
}

/** Predecessors as a signed checkpoint of `origin` names them; none where it is not signed by one of `verifiers`. */
export function lineageSigned(
  note: string | Uint8Array,
  verifiers: readonly Verifier[],
  origin: string,
): readonly Predecessor[] {
  const opened = openCheckpoint(note, verifiers, origin);
  const lineage = opened.kind === 'ok' ? readLineage(opened.checkpoint.extensions) : opened;
  return lineage.kind === 'ok' ? lineage.predecessors : [];
}

/** The name under which a checkpoint of `size` was signed. */
export function nameAt(origin: string, predecessors: readonly Predecessor[], size: number): string {
  return predecessors.find(({ kept }) => size <= kept)?.origin ?? origin;
}

/** The log's keys under the name it had then: a vkey's id depends on the name, the key itself is the same. */
export function keysNamed(verifiers: readonly Verifier[], name: string): readonly Verifier[] {
  return verifiers.map((verifier) =>
    verifier.name === name ? verifier : keyOf(name, verifier.type, verifier.publicKey),
  );
}

/** Lineage of the log that takes the place of `origin`, of which `kept` entries are left. */
export function lineageAfter(
  before: readonly Predecessor[],
  lost: { origin: string; size: number; root: Buffer; kept: number },
): Predecessor[] {
  // A database older than an earlier recovery keeps less of every log before.
  return [...before.map((one) => ({ ...one, kept: Math.min(one.kept, lost.kept) })), lost];
}

/** A name no log ever had: numbered for people, random for everybody else. */
export function nameAfter(origin: string, random: string): string {
  const [, base = origin, number = '1'] = /^(.+)\/r(\d+)-[0-9a-f]{8}$/.exec(origin) ?? [];
  return `${base}/r${Number(number) + 1}-${random}`;
}
