/** Why a row of the commissions list was not taken, said in three languages: the field, the fault and the next step. */
import type { Lang } from '#server/lib/dates.ts';
import type { CsvFault } from './csv.ts';
import { describeReason } from './reasons.ts';
import type { TextFault } from './rows.ts';

export type CommissionFault = 'column-count' | 'missing' | TextFault | CsvFault | keyof typeof REASONS;

const REASONS = {
  'code-malformed': {
    ky: 'код 20 белгиге чейинки тамга, сан, чекит, сызыкчадан турат; оңдоңуз',
    ru: 'код состоит из букв, цифр, точек и дефисов, не длиннее 20 знаков; исправьте',
    en: 'a code is up to 20 letters, digits, dots, dashes or underscores; correct it',
  },
  'code-repeated': {
    ky: 'бул код файлда мурда кездешкен; ашыкчасын алып салыңыз',
    ru: 'этот код уже встречался в файле; уберите лишнюю строку',
    en: 'this code appeared before in the file; remove the extra row',
  },
  'already-registered': {
    ky: 'мындай коддуу комиссия бар; сапты алып салыңыз',
    ru: 'комиссия с таким кодом уже есть; уберите строку',
    en: 'a commission with this code exists already; remove the row',
  },
  'level-unknown': {
    ky: 'деңгээл CEC, DEC, TEC же PEC болушу керек; оңдоңуз',
    ru: 'уровень должен быть CEC, DEC, TEC или PEC; исправьте',
    en: 'the level must be CEC, DEC, TEC or PEC; correct it',
  },
  'second-centre': {
    ky: 'борбордук комиссия бирөө гана болот; деңгээлин оңдоңуз',
    ru: 'центральная комиссия только одна; исправьте уровень',
    en: 'there is one central commission only; correct the level',
  },
  'centre-has-parent': {
    ky: 'борбордук комиссиянын жогорку комиссиясы болбойт; бош калтырыңыз',
    ru: 'у центральной комиссии нет вышестоящей; оставьте пустым',
    en: 'the central commission has none above it; leave the parent empty',
  },
  'parent-unknown': {
    ky: 'мындай жогорку комиссия жок; кодун текшериңиз же аны кошуңуз',
    ru: 'такой вышестоящей комиссии нет; проверьте код или добавьте её',
    en: 'there is no such parent; check its code, or add it',
  },
  'parent-refused': {
    ky: 'жогорку комиссия алынган жок; адегенде аны оңдоңуз',
    ru: 'вышестоящая комиссия не принята; сначала исправьте её',
    en: 'the parent was refused; correct that row first',
  },
  'level-order': {
    ky: 'жогорку комиссиянын деңгээли жогору болушу керек (CEC, DEC, TEC, PEC); оңдоңуз',
    ru: 'вышестоящая комиссия должна быть уровнем выше (CEC, DEC, TEC, PEC); исправьте',
    en: 'the parent must be of a higher level (CEC, DEC, TEC, PEC); correct one of them',
  },
  cycle: {
    ky: 'комиссиялар бири-бирине тегерете баш ийип калган; бирин оңдоңуз',
    ru: 'комиссии подчинены друг другу по кругу; исправьте одну из них',
    en: 'commissions stand above one another in a circle; correct one of them',
  },
} as const satisfies Record<string, Record<Lang, string>>;

/** One sentence; the field is named as the column is. */
export function describeCommissionFault(reason: CommissionFault, field: string | null, lang: Lang): string {
  const words =
    reason in REASONS ? REASONS[reason as keyof typeof REASONS][lang] : describeReason(reason, null, lang);
  return field === null ? words : `${field}: ${words}`;
}
