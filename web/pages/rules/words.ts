/** How a rule reads: its sentence in the reader's language, else its title as it is written. */
import type { RuleText } from '../../../server/contract/rules.ts';
import { currentLang, t, tMaybe } from '../../i18n/words.svelte.ts';

export const sentenceOf = ({ message }: Pick<RuleText, 'message'>): string | null =>
  message?.[currentLang()] || null;

export const sayLevel = (level: string | null): string =>
  level === null ? t('rules.noLevel') : (tMaybe(`rules.level.${level}`) ?? level);

const levels = ['informational', 'low', 'medium', 'high', 'critical'];
export const gravity = (level: string | null): number => levels.indexOf(level ?? '');

/** An event or a series of them that speaks to nobody: other rules count it. */
export const isBlock = ({ kind, level }: Pick<RuleText, 'kind' | 'level'>): boolean =>
  level === null && kind !== 'filter';

type Tone = 'neutral' | 'info' | 'warn' | 'danger';
const tones: Readonly<Record<string, Tone>> = { medium: 'info', high: 'warn', critical: 'danger' };
export const levelTone = (level: string | null): Tone => tones[level ?? ''] ?? 'neutral';
