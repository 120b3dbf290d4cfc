import { expect, test } from 'vitest';
import { documentNumber } from './document-number.ts';

test('a document is the same however its number was typed', () => {
  const typed = [
    { series: 'AC', number: '1234567' },
    { series: 'ac ', number: ' 123-45 67' },
    { series: 'АС', number: '1234567' },
    { series: '', number: 'АC1234567' },
    { series: 'ＡＣ', number: '１２３４５６７' },
    { series: 'AC №', number: '1234567\u200b' },
  ];
  expect(new Set(typed.map(documentNumber))).toEqual(new Set(['AC1234567']));
  expect(documentNumber({ series: 'AC', number: '1234568' })).not.toBe('AC1234567');
});
