/**
 * The nine election districts of the synthetic country (seven oblasts, Bishkek, Osh) under the first five digits of
 * their SOATE code, in three languages. Facts, but for the shares of naming traditions, which are rough guesses.
 */
import type { Tradition } from './traditions.ts';

export type TraditionMix = readonly (readonly [Tradition, number])[];

export interface Oblast {
  /** First five digits of the SOATE code. */
  code: string;
  /** First precinct number of the block of 999 it owns. */
  firstPrecinct: number;
  ky: string;
  /** Feminine adjective, as in «… окружная избирательная комиссия». */
  ruAdjective: string;
  en: string;
  /** How addresses begin; empty for the two cities, whose territory says it all. */
  addressKy: string;
  seat: string;
  /** Naming traditions, in per cent: guesses from the public census, to make lists look like lists. */
  mix: TraditionMix;
}

const ORDER: readonly Tradition[] = [
  'kyrgyz',
  'uzbek',
  'russian',
  'dungan',
  'uyghur',
  'tajik',
  'tatar',
  'korean',
];

const mix = (...percent: readonly number[]): TraditionMix =>
  ORDER.map((tradition, index) => [tradition, percent[index] ?? 0] as const);

export const OBLASTS: readonly Oblast[] = [
  {
    code: '41711',
    firstPrecinct: 1001,
    ky: 'Бишкек',
    ruAdjective: 'Бишкекская',
    en: 'Bishkek',
    addressKy: '',
    seat: 'Бишкек шаары',
    mix: mix(73, 3, 16, 1, 2, 1, 2, 2),
  },
  {
    code: '41702',
    firstPrecinct: 2001,
    ky: 'Ысык-Көл',
    ruAdjective: 'Иссык-Кульская',
    en: 'Issyk-Kul',
    addressKy: 'Ысык-Көл облусу, ',
    seat: 'Каракол шаары',
    mix: mix(86, 1, 8, 1, 2, 0, 2, 0),
  },
  {
    code: '41703',
    firstPrecinct: 3001,
    ky: 'Жалал-Абад',
    ruAdjective: 'Джалал-Абадская',
    en: 'Jalal-Abad',
    addressKy: 'Жалал-Абад облусу, ',
    seat: 'Жалал-Абад шаары',
    mix: mix(72, 25, 1, 0, 1, 0, 1, 0),
  },
  {
    code: '41704',
    firstPrecinct: 4001,
    ky: 'Нарын',
    ruAdjective: 'Нарынская',
    en: 'Naryn',
    addressKy: 'Нарын облусу, ',
    seat: 'Нарын шаары',
    mix: mix(98, 0, 1, 0, 0, 0, 1, 0),
  },
  {
    code: '41705',
    firstPrecinct: 5001,
    ky: 'Баткен',
    ruAdjective: 'Баткенская',
    en: 'Batken',
    addressKy: 'Баткен облусу, ',
    seat: 'Баткен шаары',
    mix: mix(77, 14, 1, 0, 0, 7, 1, 0),
  },
  {
    code: '41706',
    firstPrecinct: 6001,
    ky: 'Ош',
    ruAdjective: 'Ошская',
    en: 'Osh',
    addressKy: 'Ош облусу, ',
    seat: 'Ош шаары',
    mix: mix(69, 28, 0, 0, 1, 1, 1, 0),
  },
  {
    code: '41707',
    firstPrecinct: 7001,
    ky: 'Талас',
    ruAdjective: 'Таласская',
    en: 'Talas',
    addressKy: 'Талас облусу, ',
    seat: 'Талас шаары',
    mix: mix(93, 1, 4, 0, 0, 0, 2, 0),
  },
  {
    code: '41708',
    firstPrecinct: 8001,
    ky: 'Чүй',
    ruAdjective: 'Чуйская',
    en: 'Chuy',
    addressKy: 'Чүй облусу, ',
    seat: 'Токмок шаары',
    mix: mix(66, 2, 18, 8, 2, 1, 2, 1),
  },
  {
    code: '41721',
    firstPrecinct: 9001,
    ky: 'Ош шаардык',
    ruAdjective: 'Ошская городская',
    en: 'Osh City',
    addressKy: '',
    seat: 'Ош шаары',
    mix: mix(52, 42, 2, 0, 1, 1, 2, 0),
  },
];
