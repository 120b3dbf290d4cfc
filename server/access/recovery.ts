// Recovery codes: ten look-up secrets on paper for the day the phone or key is not at hand (SP 800-63B-4, 3.1.2). They open
// a log-in, once each, and no act that asks a fresh factor.
import { createHmac, hkdfSync } from 'node:crypto';
import type { Change } from '#db/store.ts';
import type { RecoveryCodes } from '#server/contract/factors.ts';
import type { Context } from '#server/gate/context.ts';
import { tellOwner } from '#server/gate/credentials.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { readRecoveryText, recoveryBytes, recoveryText } from '#server/lib/recovery-code.ts';
import type { Account } from './account.ts';
import { type AccessDeps, askPassword, attemptFactor, locateOwn, type Own } from './deps.ts';
import type { Lane } from './throttle.ts';

/** How many an officer is given at a time. */
export const codesAtOnce = 10;

/** The key of their hashes, 32 bytes. */
export const recoveryKeyOf = (pepper: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', pepper, '', 'kuzot recovery codes', 32));

/**
 * What is stored of a code. Fast on purpose: 128 random bits cannot be searched through, so a slow hash would protect
 * nothing (from 112 bits on SP 800-63B-4 asks none). The key, which lies outside the database, keeps somebody with a copy of
 * it from putting in codes of their own; the officer's id keeps a row from being moved to another account.
 */
export function hashOfCode(key: Buffer, officer: string, code: Uint8Array): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([officer, Buffer.from(code).toString('hex')]))
    .digest('hex');
}

/** Judges a code and returns the one conditional change that uses it up, with how many are left after it. */
export async function consumeRecoveryCode(
  deps: AccessDeps,
  ctx: Context,
  account: Account,
  typed: string,
): Promise<
  { kind: 'consumes'; changes: Change[]; left: number; lanes: Lane[] } | (Refusal & { about: EntryAbout })
> {
  const { now } = ctx;
  const { officer } = account;
  const attempted = await attemptFactor(deps, ctx, 'recovery-code', account);
  if (attempted.kind !== 'go') return attempted;
  const { factors } = deps.gate.reader;
  const code = readRecoveryText(typed);
  const hash = hashOfCode(deps.recoveryKey, officer.id, code ?? Buffer.alloc(recoveryBytes));
  const [stored, { left }] = await Promise.all([
    factors.recoveryCode(officer.id, hash),
    factors.recoveryCodes(officer.id),
  ]);
  if (code === null || stored === null || stored.usedAt !== null)
    return {
      ...refuse('bad-credentials', { field: 'code', detail: 'code: not right or already used' }),
      about: { detail: { factor: 'recovery-code', cause: stored?.usedAt ? 'used-code' : 'bad-code' } },
    };
  return {
    kind: 'consumes',
    left: left - 1,
    lanes: attempted.lanes,
    changes: [
      {
        op: 'update',
        table: 'recoveryCode',
        key: { officer: officer.id, hash },
        expect: { usedAt: null },
        set: { usedAt: now },
      },
      tellOwner(officer.id, now, 'recovery-code-used'),
    ],
  };
}

export function createRecoveryCodes(deps: AccessDeps) {
  /** New codes in the place of all earlier ones, after password and a fresh factor; they appear in this reply only. */
  return function makeRecoveryCodes(ctx: Context, password: string): Promise<Outcome<RecoveryCodes>> {
    const { now } = ctx;
    return deps.gate.change<Own, RecoveryCodes>(ctx, 'session.recovery-codes', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async ({ account: { officer } }, reader) => {
        const refused = await askPassword(deps, officer, password, now);
        if (refused) return refused;
        const { made } = await reader.factors.recoveryCodes(officer.id);
        const codes = Array.from({ length: codesAtOnce }, () => deps.random(recoveryBytes));
        const changes: Change[] = [
          // Whatever another session made since they were counted goes too: only one set ever counts.
          { op: 'delete-all', table: 'recoveryCode', key: { officer: officer.id } },
          ...codes.map(
            (code): Change => ({
              op: 'insert',
              table: 'recoveryCode',
              row: {
                officer: officer.id,
                hash: hashOfCode(deps.recoveryKey, officer.id, code),
                madeAt: now,
                usedAt: null,
              },
            }),
          ),
          tellOwner(officer.id, now, 'recovery-codes-made'),
        ];
        return {
          kind: 'change',
          changes,
          value: { codes: codes.map(recoveryText) },
          about: { detail: { made: codesAtOnce, voided: made } },
        };
      },
    });
  };
}
