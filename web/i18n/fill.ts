/**
 * Turns an entry of a word list into a sentence: picks the plural form and fills the placeholders. Pure; knows
 * neither which language is on nor where words come from.
 */
import type { Entry, Lang } from './catalogue.ts';

const rules: Partial<Record<Lang, Intl.PluralRules>> = {};

/** The plural category of a whole number. Chromium and Node both know the plural rules of `ky`. */
export function pluralCategory(lang: Lang, count: number): 'one' | 'few' | 'many' | 'other' {
  rules[lang] ??= new Intl.PluralRules(lang);
  const category = rules[lang].select(count);
  return category === 'one' || category === 'few' || category === 'many' ? category : 'other';
}

/** Digits in groups of three, held together by a no-break space (ky, ru) or a comma (en). */
export function formatNumber(value: number, lang: Lang): string {
  const [whole = '0', fraction] = Math.abs(value).toString().split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, lang === 'en' ? ',' : '\u00a0');
  const sign = value < 0 ? '\u2212' : '';
  return sign + grouped + (fraction ? (lang === 'en' ? '.' : ',') + fraction : '');
}

/** Fills an entry. A placeholder without a value is left visible, so that a mistake is seen and not guessed at. */
export function fill(entry: Entry, lang: Lang, params: Record<string, string | number> = {}): string {
  const text =
    typeof entry === 'string' ? entry : (entry[pluralCategory(lang, Number(params.count))] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    if (value === undefined) return hole;
    return typeof value === 'number' ? formatNumber(value, lang) : value;
  });
}

/** Names that begin sentences elsewhere, one after the other; an abbreviation keeps its capitals. */
export const inOneLine = (names: readonly string[]): string =>
  names
    .map((name, n) => (n > 0 && !/^\p{Lu}{2}/u.test(name) ? name[0]?.toLowerCase() + name.slice(1) : name))
    .join('; ');
