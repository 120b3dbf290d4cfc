/** A random check in the reader's words: states, findings, the sentences about size and claim, and tones of tags. */
import type {
  SampleCard,
  SampleCounts,
  SampleItem,
  SampleSummary,
} from '../../../server/contract/samples.ts';
import { date, number } from '../../i18n/format.ts';
import { t } from '../../i18n/words.svelte.ts';

type Tone = 'neutral' | 'info' | 'ok' | 'warn' | 'danger';

export const stateTones: Readonly<Record<SampleSummary['state'], Tone>> = {
  fixed: 'warn',
  drawn: 'info',
  closed: 'ok',
};
const findingTones = { 'in-order': 'ok', irregular: 'danger', 'cannot-tell': 'warn' } as const;

export const name = (sample: { number: number }): string =>
  t('samples.name', { number: String(sample.number) });

/** Days, not moments: a period ends with the day it was asked for, or now. */
export const period = ({ fromAt, toAt }: SampleSummary): string =>
  t('samples.periodIs', { from: date(fromAt), to: date(toAt - 1) });

export const percent = (rate: number): string => number(rate / 10);

/** Why so many are drawn. */
export function sizeSentence({ population, wanted, confidence, rate }: SampleSummary): string {
  return t('samples.why', { sure: confidence, rate: percent(rate), n: wanted, of: population });
}

/** What a closed check says of all actions of its period. */
export function claimSentence(card: SampleCard): string {
  return t('samples.report.claim', {
    sure: card.confidence,
    of: card.population,
    most: card.closed?.mostWrong ?? 0,
  });
}

/** How a drawn action stands, in a word and its tone. */
export function standing({ state, finding, overdue }: SampleItem): { tone: Tone; says: string } {
  if (state === 'open') return { tone: overdue ? 'danger' : 'neutral', says: t('samples.item.open') };
  if (state === 'to-sign') return { tone: overdue ? 'danger' : 'warn', says: t('samples.item.toSign') };
  return finding === null
    ? { tone: 'neutral', says: '' }
    : { tone: findingTones[finding], says: t(`samples.finding.${finding}`) };
}

/** Who is to act, or has. */
export function judge({ state, reviewer, signer, foundBy, signedBy }: SampleItem) {
  if (state === 'open') return reviewer;
  return state === 'to-sign' ? signer : (signedBy ?? foundBy);
}

/** How many findings of each kind, in one line. */
export const countsLine = ({ inOrder, irregular, cannotTell }: SampleCounts): string =>
  [
    `${t('samples.finding.in-order')}: ${number(inOrder)}`,
    `${t('samples.finding.irregular')}: ${number(irregular)}`,
    `${t('samples.finding.cannot-tell')}: ${number(cannotTell)}`,
  ].join(' · ');
