/** Defends the folding rules: what must be found together is, what must stay apart does, and folding twice is folding once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold, foldedName, mixedAlphabets } from './fold.ts';

test.each([
  ['ё is searched as е', 'Королёв', 'королев'],
  ['ң, in either of its two spellings, is searched as н', 'Жаңыл Жаӊыл', 'жаныл жаныл'],
  ['ө, in either of its two spellings, is searched as о', 'Өмүр Ѳмүр', 'омур омур'],
  ['ү is searched as у', 'Үсөнбаева', 'усонбаева'],
  ['a decomposed ё folds as the composed one', 'Семе\u0308н', 'семен'],
  ['a stress mark is dropped', 'Ива\u0301н И\u0300ван', 'иван иван'],
  ['an accent on a Latin letter is dropped', 'José Ångström', 'jose angstrom'],
  ['full-width letters are ordinary ones', 'Ｓｍｉｔｈ', 'smith'],
])('%s', (_claim, text, expected) => {
  expect(fold(text)).toBe(expected);
});

test('й survives, composed or not: it is a letter, not и with an accent', () => {
  expect(fold('Йод Айтматов')).toBe('йод айтматов');
  expect(fold('Аи\u0306тматов И\u0306од')).toBe('айтматов йод');
  expect(fold('Байматов')).not.toBe(fold('Баиматов'));
});

test('hyphens, dashes and every kind of space are one space', () => {
  const spellings = [
    'Уулу-кызы',
    'уулу кызы',
    'УУЛУ\u00a0КЫЗЫ',
    'уулу \u2013 кызы',
    ' уулу\u2011кызы ',
    'уулу\t\u3000кызы',
  ];
  expect(new Set(spellings.map(fold))).toEqual(new Set(['уулу кызы']));
});

test('apostrophes and invisible characters vanish', () => {
  for (const mark of ["'", '\u2019', '\u02bc', '`', '\u200b', '\u00ad', '\u200d', '\ufeff', '\u2060']) {
    expect(fold(`Дем${mark}яненко`)).toBe('демяненко');
  }
  expect(fold('\u200b \u00ad')).toBe('');
});

test('Latin look-alikes become Cyrillic inside a Cyrillic word only', () => {
  expect(fold('HУРЛАН')).toBe('нурлан');
  expect(fold('Acaнов Бaкыт')).toBe('асанов бакыт');
  expect(fold('ŋурлан Ɵмүр')).toBe('нурлан омур');
  expect(fold('Cooper Асан')).toBe('cooper асан');
});

test('folding twice is folding once, for any text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom(
        ..."аийёеңөүһabehopxyHK -'\u2019\u00a0\u200b\u00ad\u0306\u0308\u0301\u0300\u034fİΣςﬁ№",
      ),
      maxLength: 30,
    }),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      const folded = fold(text);
      expect(fold(folded)).toBe(folded);
      expect(folded).not.toMatch(/^ | $| {2}|\u00a0|\u200b|\u00ad|\u0306/);
    }),
    { numRuns: 3000 },
  );
});

test('the fast path gives what the full rules give', () => {
  const unit = fc.constantFrom(..."абвгйёңӊөѳүАЙЁҢӨҮѲӢabcXYZ019.,() -'`\u00a0");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
      // A full-width tilde sends the whole text down the full rules, and is itself an ordinary tilde after NFKC.
      expect(`${fold(text)}~`.replace(/^ /, '')).toBe(fold(`${text.trim().replace(/[-\s'`]+$/, '')}\uff5e`));
    }),
    { numRuns: 3000 },
  );
});

test('a folded full name leaves absent parts out', () => {
  expect(foldedName('Асанова', 'Айгүл', 'Бакытовна')).toBe('асанова айгул бакытовна');
  expect(foldedName('Асанова', null, '')).toBe('асанова');
});

test('mixed alphabets are seen inside a word, not between words', () => {
  expect(mixedAlphabets('Acaнов')).toBe(true);
  expect(mixedAlphabets('Ηурлан')).toBe(true);
  expect(mixedAlphabets('Smith Асан')).toBe(false);
  expect(mixedAlphabets('Асанова-Smith')).toBe(false);
  expect(mixedAlphabets('Үсөнбаева Жаңыл')).toBe(false);
});
