// Reads the policy files of this room: what a password must be, which second factors are asked, what an officer signs.
// Refuses faults at start with the file, the field and what is expected. Decides nothing about anybody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { roles } from '#server/contract/vocabulary.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { readSettings, SettingsFault } from '#server/lib/settings.ts';

const PasswordFile = Type.Object(
  {
    minLength: Type.Integer({ minimum: 8, maximum: 64 }),
    maxLength: Type.Integer({ minimum: 64, maximum: 1024 }),
    groups: Type.Literal(4),
    history: Type.Integer({ minimum: 1, maximum: 24 }),
    minScore: Type.Integer({ minimum: 0, maximum: 4 }),
    temporaryHours: Type.Integer({ minimum: 1, maximum: 72 }),
    unlockAsksCode: Type.Boolean(),
    words: Type.Array(Type.String({ minLength: 4, maxLength: 40 }), { maxItems: 500 }),
    rotationWindowDays: Type.Integer({ minimum: 1, maximum: 90 }),
  },
  { additionalProperties: false },
);

const text = Type.String({ minLength: 1, maxLength: 20_000 });
const BriefingFile = Type.Object(
  {
    version: Type.String({ minLength: 1, maxLength: 40, pattern: '^[A-Za-z0-9.-]+$' }),
    text: Type.Object({ ky: text, ru: text, en: text }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

const FactorFile = Type.Object(
  {
    id: Type.Literal('second-factors'),
    why: Type.String({ minLength: 1, maxLength: 1000 }),
    passkeyRequired: Type.Array(Type.Enum([...roles]), { uniqueItems: true }),
    syncedPasskeys: Type.Boolean(),
    passkeysAtMost: Type.Integer({ minimum: 2, maximum: 20 }),
    challengeSeconds: Type.Integer({ minimum: 30, maximum: 600 }),
  },
  { additionalProperties: false },
);
export type FactorPolicy = Static<typeof FactorFile>;

export interface PasswordPolicy extends Static<typeof PasswordFile> {
  /** Lower case; compared with a password and its core. */
  common: ReadonlySet<string>;
}

export interface Briefing extends Static<typeof BriefingFile> {
  /** Hex SHA-256 of version and texts: what a signature is for. */
  hash: string;
}

/** @param dir the policies folder. @throws SettingsFault */
export function readPasswordPolicy(dir: string): PasswordPolicy {
  const file = readSettings(join(dir, 'passwords.yml'), PasswordFile);
  const lines = readFileSync(join(dir, 'common-passwords.txt'), 'utf8').split('\n');
  const common = new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  if (common.size < 3000)
    throw new SettingsFault(`${dir}/common-passwords.txt: ${common.size} passwords, at least 3000 expected`);
  return { ...file, common };
}

/** @param dir the policies folder. @throws SettingsFault */
export function readBriefing(dir: string): Briefing {
  const file = readSettings(join(dir, 'briefing.yml'), BriefingFile);
  return { ...file, hash: briefingHash(file) };
}

/** @param dir the policies folder. @throws SettingsFault */
export function readFactorPolicy(dir: string): FactorPolicy {
  return readSettings(join(dir, 'factors.yml'), FactorFile);
}

export function briefingHash(file: Static<typeof BriefingFile>): string {
  return sha256(canonicalJson({ version: file.version, text: file.text } as never));
}
