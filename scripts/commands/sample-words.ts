// The sentences of the re-check that people hear at the table, in the three languages: what a sample of this size finds, and
// what may be claimed from its findings.
import type { Lang } from '#server/lib/dates.ts';

export const langs = ['ky', 'ru', 'en'] as const;

export interface Size {
  population: number;
  wanted: number;
  confidence: number;
  /** In a thousand. */
  rate: number;
}

const number = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
const percent = (rate: number, lang: Lang) => String(rate / 10).replace('.', lang === 'en' ? '.' : ',');

const finds: Record<Lang, (n: string, of: string, sure: number, rate: string) => string> = {
  ky: (n, of, sure, rate) =>
    `Аракеттердин ${rate} %ы туура эмес болсо, алардын жок дегенде бирин ${sure} % ишеним менен табуу үчүн ${of} аракеттин ичинен ${n} аракет каралышы керек.`,
  ru: (n, of, sure, rate) =>
    `Чтобы с уверенностью ${sure} % найти хотя бы одно неправильное действие, если неправильны ${rate} % действий, нужно просмотреть ${n} из ${of}.`,
  en: (n, of, sure, rate) =>
    `To find with ${sure} % certainty at least one wrong act if ${rate} % are wrong, ${n} of ${of} must be looked at.`,
};

const claims: Record<Lang, (most: string, of: string, sure: number) => string> = {
  ky: (most, of, sure) =>
    `${sure} % ишеним менен: ${of} аракеттин ичинен эң көп дегенде ${most} аракет туура эмес.`,
  ru: (most, of, sure) => `С уверенностью ${sure} %: из ${of} действий неправильны не более ${most}.`,
  en: (most, of, sure) => `With ${sure} % certainty: of ${of} acts at most ${most} are wrong.`,
};

/** Why so many are drawn. */
export function sizeSentence(lang: Lang, { population, wanted, confidence, rate }: Size): string {
  return finds[lang](number(wanted), number(population), confidence, percent(rate, lang));
}

/** What a closed sample says of all acts of its period. */
export function claimSentence(lang: Lang, { population, confidence }: Size, mostWrong: number): string {
  return claims[lang](number(mostWrong), number(population), confidence);
}
