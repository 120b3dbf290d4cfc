/**
 * The rules of R45 that can be shown while typing: length and the four groups. Whether a password is easy to guess
 * or was used before is judged by the server alone.
 */
export type PasswordRule = 'length' | 'upper' | 'lower' | 'digit' | 'special';

export const PASSWORD_RULES: readonly PasswordRule[] = ['length', 'upper', 'lower', 'digit', 'special'];

const tests: Record<PasswordRule, (password: string) => boolean> = {
  length: (password) => [...password.normalize('NFC')].length >= 8,
  upper: (password) => /[A-Z]/.test(password),
  lower: (password) => /[a-z]/.test(password),
  digit: (password) => /[0-9]/.test(password),
  special: (password) => /[^\p{L}\p{N}]/u.test(password),
};

/** Which rules the password meets. */
export function metRules(password: string): ReadonlySet<PasswordRule> {
  return new Set(PASSWORD_RULES.filter((rule) => tests[rule](password)));
}
