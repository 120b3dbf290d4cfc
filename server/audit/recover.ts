// When entries that were signed are lost (a database put back to an older state, a head file gone): finds out what is left,
// and records the loss. A log never signs a size twice: every lost number is filled by an entry that says so, two officers
// put their names to it, and the log goes on under a new name that every checkpoint from then on explains. Decides and
// records; files and passwords are the command's business.
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import type { LogDatabaseSource } from '#server/lib/log/database-source.ts';
import type { Progress } from '#server/lib/log/directory.ts';
import type { Verifier } from '#server/lib/log/note.ts';
import type { Broken } from '#server/lib/log/outside.ts';
import type { CosignatureSource } from '#server/lib/log/verify-cosignatures.ts';
import { verifyAudit } from './verify.ts';

/** What was signed last, as the head file or a checkpoint kept outside shows it. */
export interface Seen {
  size: number;
  root: Buffer;
  note: string;
}

/**
 * `rolled-back`: entries are missing at the end. `forked`: as many or more, but others. `head-missing`: nothing outside
 * remembers. `unsealed`: what was not signed yet is not what the server wrote. `unguarded`: whole, but the tables were left open to
 * change. `older-name`: of before an earlier recovery.
 */
export type FoundState = 'rolled-back' | 'forked' | 'head-missing' | 'unsealed' | 'unguarded' | 'older-name';

/** Where the log keeps its name: no signed entry is lost. */
export const keepsName = (state: FoundState): boolean => state === 'unsealed' || state === 'unguarded';

export interface Loss {
  state: FoundState;
  /** Entries in the database, and the newest of its checkpoints. */
  size: number;
  root: Buffer;
  kept: number;
  keptRoot: Buffer;
  seen: Seen | null;
  /** What is wrong with the tables' guards, if anything. */
  unguarded: string | null;
  /** From which entry on nobody knows whether the server wrote them; null where it did. */
  unsealedFrom: number | null;
}

export type Examined = { kind: 'whole' } | ({ kind: 'lost' } & Loss) | Broken;

export interface Examination {
  /** Name under which the database's newest checkpoint was signed, and the one the keys have now. */
  nameInDatabase: string;
  nameNow: string;
  verifiers: readonly Verifier[];
  seen: Seen | null;
  guardFault(): Promise<string | null>;
  /** Whether the end that no checkpoint covers is what the server wrote (`TailSeal`). */
  isSealed(tree: { size: number; root: Buffer }): Promise<boolean>;
  onProgress?: Progress;
}

/** Reads every byte. Broken where the database contradicts itself: that no recovery may cover up. */
export async function examineLoss(
  source: LogDatabaseSource & CosignatureSource,
  { nameInDatabase, nameNow, verifiers, seen, guardFault, isSealed, onProgress }: Examination,
): Promise<Examined> {
  const checks = { origin: nameInDatabase, verifiers, ...(onProgress && { onProgress }) };
  const { entries } = await source.counts();
  const comparable = seen !== null && nameInDatabase === nameNow && seen.size <= entries;
  let result = await verifyAudit(source, { ...checks, head: comparable ? seen : null });
  const forked = result.kind === 'broken' && result.where === 'the head file';
  if (forked) result = await verifyAudit(source, { ...checks, head: null });
  if (result.kind === 'broken') return result;
  const { size, root } = result;
  const last = (await source.lastCheckpoint?.()) ?? null;
  const unguarded = await guardFault();
  const unsealedFrom = (await isSealed(result)) ? null : Math.min(size, seen?.size ?? last?.size ?? 0);
  const state: FoundState | null =
    nameInDatabase !== nameNow
      ? 'older-name'
      : forked
        ? 'forked'
        : seen !== null && seen.size > size
          ? 'rolled-back'
          : seen === null && last !== null
            ? 'head-missing'
            : unsealedFrom !== null
              ? 'unsealed'
              : unguarded !== null
                ? 'unguarded'
                : null;
  if (state === null) return { kind: 'whole' };
  const keptRoot = Buffer.from(last?.note.split('\n')[2] ?? '', 'base64');
  return { kind: 'lost', state, size, root, kept: last?.size ?? 0, keptRoot, seen, unguarded, unsealedFrom };
}

/** The numbers that were signed and are gone: `from` to `to`, none when they are equal. */
export function lostNumbers({ size, seen }: Pick<Loss, 'size' | 'seen'>): { from: number; to: number } {
  return { from: size, to: Math.max(size, seen?.size ?? 0) };
}

const atOnce = 500;

/**
 * Says what was found, in the first of the lost numbers, and fills the others: no number of the log is ever used twice. May be
 * interrupted and called again. The store takes entries and signs nothing meanwhile.
 * @param present entries in the log now
 */
export async function recordLoss(
  gate: Gate,
  system: () => Context,
  loss: Loss,
  present: number,
  onProgress?: Progress,
): Promise<void> {
  const { from, to } = lostNumbers(loss);
  const { state, size, root, kept, keptRoot, seen, unguarded, unsealedFrom } = loss;
  if (present === from)
    await entered(
      gate.change(system(), 'log.rollback', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          changes: [],
          value: null,
          about: {
            detail: {
              state,
              found: size,
              foundRoot: root.toString('base64'),
              kept,
              keptRoot: keptRoot.toString('base64'),
              lostFrom: from,
              lostTo: to - 1,
              ...(seen && { seen: seen.size, seenRoot: seen.root.toString('base64'), seenNote: seen.note }),
              ...(unguarded && { unguarded }),
              ...(unsealedFrom !== null && { unsealedFrom }),
            },
          },
        }),
      }),
    );
  for (let next = Math.max(present, from + 1); next < to; next += atOnce) {
    const count = Math.min(atOnce, to - next);
    await Promise.all(
      Array.from({ length: count }, () =>
        entered(
          gate.change(system(), 'log.lost', {
            locate: async () => ({ record: null, unit: null }),
            decide: () => ({ kind: 'change', changes: [], value: null, about: {} }),
          }),
        ),
      ),
    );
    onProgress?.(next + count - from, to - from);
  }
}

async function entered(outcome: Promise<Outcome<null>>): Promise<void> {
  const { kind } = await outcome;
  if (kind !== 'done') throw new Error(`the loss was not recorded: ${kind}`);
}

export interface Recovery {
  state: FoundState;
  /** Why it came to this, in the officers' words. */
  reason: string;
  nameBefore: string;
  /** Null where no signed entry is lost: the log keeps its name. */
  nameAfter: string | null;
  lostFrom: number;
  lostTo: number;
  /** SHA-256 of the backup that was put back, if one was. */
  artifact: string | null;
}

/** The first officer's name under it. Nothing changes yet. */
export function askRecovery(gate: Gate, ctx: Context, recovery: Recovery): Promise<Outcome<null>> {
  return gate.change(ctx, 'log.recover', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      changes: [],
      value: null,
      about: aboutOf(recovery, { step: 'ask' }),
    }),
  });
}

/** The second officer's: with it the log takes its new name. */
export function confirmRecovery(
  gate: Gate,
  ctx: Context,
  recovery: Recovery,
  asked: { entry: number; officer: string },
): Promise<Outcome<null>> {
  return gate.change(ctx, 'log.recover', {
    locate: async () => ({ record: null, unit: null }),
    decide: () =>
      ctx.actor?.id === asked.officer
        ? { kind: 'own-request', detail: 'Who asked for the recovery cannot confirm it' }
        : {
            kind: 'change',
            value: null,
            about: aboutOf(recovery, { step: 'confirm', asked: asked.entry }),
            changes:
              recovery.nameAfter === null
                ? []
                : [
                    {
                      op: 'update',
                      table: 'meta',
                      key: { key: 'origin' },
                      expect: { value: recovery.nameBefore },
                      set: { value: recovery.nameAfter },
                    },
                  ],
          },
  });
}

function aboutOf({ artifact, ...detail }: Recovery, step: { step: string; asked?: number }) {
  return { ...(artifact && { artifact }), detail: { ...detail, ...step } };
}
