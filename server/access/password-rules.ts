// Judges a new password (R45; ASVS 6.2). Pure but for the dictionaries it holds. Its answers name the rule and the next
// step and never repeat a character of the password.
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import type { PasswordPolicy } from './policy-files.ts';

export type PasswordRule =
  | 'too-short'
  | 'too-long'
  | 'needs-upper'
  | 'needs-lower'
  | 'needs-digit'
  | 'needs-special'
  | 'control-character'
  | 'common'
  | 'about-you'
  | 'commission-word'
  | 'too-easy'
  | 'used-before';

/** English words for each rule; pages translate by the rule's name. */
export const ruleSays: Record<PasswordRule, string> = {
  'too-short': 'The new password is too short: use at least 8 characters',
  'too-long': 'The new password is too long: use at most 128 characters',
  'needs-upper': 'Add a capital Latin letter (A–Z)',
  'needs-lower': 'Add a small Latin letter (a–z)',
  'needs-digit': 'Add a digit (0–9)',
  'needs-special': 'Add a special character such as ! # % + -',
  'control-character': 'Leave out control characters',
  common: 'This is a commonly used password with additions: choose another, longer one',
  'about-you': 'Do not use your login or name in the password',
  'commission-word': 'Do not use words of the commission, its roles or this system in the password',
  'too-easy': 'The new password is easy to guess: make it longer or less regular',
  'used-before': 'You used this password before: choose a new one',
};

export interface PasswordOwner {
  login: string;
  surname: string;
  givenName: string;
  patronymic: string;
}

export interface PasswordVerdict {
  rule: PasswordRule | null;
  /** 0 … 4, zxcvbn; null when refused before it was asked. */
  score: number | null;
}

/** zxcvbn's time grows fast with length (256 characters: 1.3 s): it sees the first forty, everything else sees all. */
const estimated = 40;

export function createPasswordRules(policy: PasswordPolicy) {
  // Ranking the dictionaries takes a while, and most processes judge no password.
  let made: ZxcvbnFactory | null = null;
  const estimator = () =>
    (made ??= new ZxcvbnFactory({
      dictionary: { ...common.dictionary, commission: policy.words },
      graphs: common.adjacencyGraphs,
    }));
  const words = policy.words.map((word) => word.toLowerCase());

  return {
    /** The first rule the password breaks, or null. Length counts characters after NFC. */
    judge(password: string, owner: PasswordOwner): PasswordVerdict {
      const text = password.normalize('NFC');
      const refused = (rule: PasswordRule): PasswordVerdict => ({ rule, score: null });
      const length = [...text].length;
      if (length < policy.minLength) return refused('too-short');
      if (length > policy.maxLength) return refused('too-long');
      if (/\p{Cc}/u.test(text)) return refused('control-character');
      if (!/[A-Z]/.test(text)) return refused('needs-upper');
      if (!/[a-z]/.test(text)) return refused('needs-lower');
      if (!/[0-9]/.test(text)) return refused('needs-digit');
      if (!/[^\p{L}\p{N}]/u.test(text)) return refused('needs-special');
      const lower = text.toLowerCase();
      if (coresOf(lower).some((core) => policy.common.has(core))) return refused('common');
      const plain = [lower, unleet(lower)];
      const mentions = (word: string) => word.length >= 4 && plain.some((form) => form.includes(word));
      if (namesOf(owner).some(mentions)) return refused('about-you');
      if (words.some(mentions)) return refused('commission-word');
      const { score } = estimator().check(text.slice(0, estimated), namesOf(owner));
      return { rule: score < policy.minScore ? 'too-easy' : null, score };
    },
  };
}

export type PasswordRules = ReturnType<typeof createPasswordRules>;

// biome-ignore format: a table
const looksLike: Record<string, string> = {
  '@': 'a', '4': 'a', '8': 'b', '(': 'c', '3': 'e', '6': 'g', '1': 'i', '!': 'i', '|': 'l', '0': 'o', $: 's', '5': 's',
  '7': 't', '+': 't', '2': 'z',
};

// biome-ignore format: a table
const shifted: Record<string, string> = {
  '!': '1', '@': '2', '#': '3', $: '4', '%': '5', '^': '6', '&': '7', '*': '8', '(': '9', ')': '0',
};

const replaced = (text: string, table: Record<string, string>) =>
  text.replace(/[^a-z]/g, (sign) => table[sign] ?? sign);
const unleet = (text: string) => replaced(text, looksLike);

/**
 * What remains of a password when the usual additions are taken off: digits and signs at the ends, letters written as
 * digits, a row of keys typed with shift. `P@ssw0rd!2024` → `password`.
 */
export function coresOf(lower: string): string[] {
  const signsOff = (text: string) => text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  const lettersOnly = (text: string) => text.replace(/^\P{L}+|\P{L}+$/gu, '');
  const forms = [lower, signsOff(lower), lettersOnly(lower), replaced(lower, shifted)];
  return [...new Set([...forms, ...forms.map(unleet), lettersOnly(unleet(signsOff(lower)))])];
}

// biome-ignore format: a table
const latin: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'j', з: 'z', и: 'i', й: 'i', к: 'k', л: 'l', м: 'm', н: 'n',
  ң: 'n', о: 'o', ө: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ү: 'u', ф: 'f', х: 'h', ц: 'ts', ч: 'ch', ш: 'sh',
  щ: 'sh', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'iu', я: 'ia',
};

/** Login and names, as written and in Latin letters; short parts are left out. */
function namesOf({ login, surname, givenName, patronymic }: PasswordOwner): string[] {
  const parts = [login, surname, givenName, patronymic].flatMap((name) =>
    name.toLowerCase().split(/[^\p{L}\p{N}]+/u),
  );
  const spelled = parts.flatMap((part) => [
    part,
    [...part].map((letter) => latin[letter] ?? letter).join(''),
  ]);
  return [...new Set(spelled)].filter((part) => part.length >= 4);
}
