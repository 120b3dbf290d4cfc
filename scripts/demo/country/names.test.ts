/** Claims about the name stocks: large enough, spelled in Kyrgyz letters only, and bent by the right rules. */
import { describe, expect, it } from 'vitest';
import { feminineSurname, latin, patronymics } from './grammar.ts';
import * as kyrgyz from './kyrgyz-names.ts';
import { TRADITIONS } from './traditions.ts';

const { KYRGYZ_SURNAMES, ...given } = kyrgyz;
const women = new Set([given.KYRGYZ_WOMEN_ELDER, given.KYRGYZ_WOMEN, given.KYRGYZ_WOMEN_YOUNG].flat());
const men = new Set([given.KYRGYZ_MEN_ELDER, given.KYRGYZ_MEN, given.KYRGYZ_MEN_YOUNG].flat());

describe('the Kyrgyz names', () => {
  it('offer at least 350 surnames, and 150 given names each for women and men', () => {
    expect(KYRGYZ_SURNAMES.length).toBeGreaterThanOrEqual(350);
    expect(women.size).toBeGreaterThanOrEqual(150);
    expect(men.size).toBeGreaterThanOrEqual(150);
  });

  it('repeat nothing within a list', () => {
    for (const list of Object.values(kyrgyz)) expect(new Set(list).size).toBe(list.length);
  });

  it('are written with Kyrgyz letters only: no look-alike, no Latin, no letter of late loans', () => {
    for (const name of Object.values(kyrgyz).flat()) expect(name).toMatch(/^[А-ЯӨҮ][а-йк-фхчшыэюяңөү]+$/u);
  });

  it('carry ң, ө and ү in number', () => {
    const withLetter = (letter: string): number =>
      KYRGYZ_SURNAMES.filter((name) => name.toLowerCase().includes(letter)).length;
    expect(withLetter('ө')).toBeGreaterThan(75);
    expect(withLetter('ү')).toBeGreaterThan(60);
    expect(withLetter('ң')).toBeGreaterThanOrEqual(25);
  });

  it('keep vowel harmony within a root: beside ө and ү stand only ө ү е э и', () => {
    for (const name of Object.values(kyrgyz).flat()) {
      // A borrowed name that Kyrgyz kept half-way.
      if (name === 'Күлүйпа') continue;
      const vowels = root(name.toLowerCase()).replace(/[^аеёиоөуүыэюя]/gu, '');
      expect(`${name} ${vowels}`).not.toMatch(/ .*([өү][аоуы]|[аоуы][өү])/u);
    }
  });
});

/** Second halves of compound names (Бүбү + сара, Жума + гүл) follow their own vowels, and so do surname endings. */
const SECOND_HALF =
  /(ай|айша|айым|ал|алы|ба|бай|бак|барчын|бара|бүбү|габыл|гүл|жамал|жан|зада|зак|зар|зат|кайыр|кан|кул|күл|нур|сана|сара|сулуу|тууба|чүрөк|шайыр)+$/u;

function root(name: string): string {
  return name
    .replace(/(иев|ов|ев|ин)$/u, '')
    .replace(/^(гүл|бүбү|нур|ай|таң|бак)(?=.{3})/u, '')
    .replace(SECOND_HALF, '');
}

describe('every tradition', () => {
  it('has surnames in -ов, -ев, -ин or ones that do not bend, all in Cyrillic', () => {
    for (const { surnames, men, women } of Object.values(TRADITIONS)) {
      for (const name of [surnames, ...Object.values(men), ...Object.values(women)].flat()) {
        expect(name).toMatch(/^[А-ЯЁӨҮ][а-яёңөү]+$/u);
      }
    }
  });
});

describe('agreement', () => {
  it('bends surnames that bend', () => {
    expect(['Төлөгөнов', 'Өмүралиев', 'Королёв', 'Ильин', 'Озерский'].map(feminineSurname)).toEqual([
      'Төлөгөнова',
      'Өмүралиева',
      'Королёва',
      'Ильина',
      'Озерская',
    ]);
  });

  it('leaves surnames that do not', () => {
    for (const surname of ['Ким', 'Шин', 'Коваленко', 'Шмидт', 'Машанло'])
      expect(feminineSurname(surname)).toBe(surname);
  });

  it.each([
    ['Бакыт', 'Бакытович', 'Бакытовна'],
    ['Өмүралы', 'Өмүралиевич', 'Өмүралиевна'],
    ['Эсенгелди', 'Эсенгелдиевич', 'Эсенгелдиевна'],
    ['Түгөлбай', 'Түгөлбаевич', 'Түгөлбаевна'],
    ['Кеңеш', 'Кеңешевич', 'Кеңешевна'],
    ['Муса', 'Мусаевич', 'Мусаевна'],
    ['Игорь', 'Игоревич', 'Игоревна'],
    ['Юрий', 'Юрьевич', 'Юрьевна'],
    ['Дмитрий', 'Дмитриевич', 'Дмитриевна'],
    ['Илья', 'Ильич', 'Ильинична'],
    ['Павел', 'Павлович', 'Павловна'],
  ])('makes the patronymics of %s', (father, son, daughter) => {
    expect(patronymics(father)).toEqual({ son, daughter });
  });

  it('spells names in Latin letters only', () => {
    expect(latin('Жаңыл')).toBe('jangyl');
    expect(latin('Көчкөн уулу')).toBe('kochkonuulu');
    expect(latin('Щербаков')).toBe('scherbakov');
  });
});
