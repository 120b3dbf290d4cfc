import { expect, test } from 'vitest';
import { linesOf, shownAtMost } from './lines.ts';

const shown = (before: string, after: string) =>
  linesOf(before, after).map((line) =>
    line.kind === 'left' ? `… ${line.count}` : `${{ same: ' ', gone: '-', new: '+' }[line.kind]}${line.text}`,
  );

test('one moved threshold is one line gone and one new, with three lines on each side', () => {
  const text = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  const other = text.with(10, 'condition: {gte: 4}');
  expect(shown(text.join('\n'), `${other.join('\n')}\n`)).toEqual([
    '… 7',
    ...[
      ' line 7',
      ' line 8',
      ' line 9',
      '-line 10',
      '+condition: {gte: 4}',
      ' line 11',
      ' line 12',
      ' line 13',
    ],
    '… 6',
  ]);
});

test('lines that stayed between changed ones are told from both', () => {
  expect(shown('a\nb\nc\nd', 'x\nb\ny\nd\ne')).toEqual(['-a', '+x', ' b', '-c', '+y', ' d', '+e']);
  expect(shown('a\nb', 'b\na')).toEqual(['-a', ' b', '+a']);
  expect(shown('a', 'a')).toEqual(['… 1']);
});

test('texts too long to compare are shown whole, one after the other', () => {
  const [before, after] = ['a', 'b'].map((letter) => Array(1_500).fill(letter).join('\n')) as [
    string,
    string,
  ];
  const lines = linesOf(before, after);
  expect(lines.findIndex(({ kind }) => kind === 'new')).toBe(1_500);
});

test('a long text is shown in part first, but never for the sake of a few lines', () => {
  expect([0, 40, 50, 51, 400].map(shownAtMost)).toEqual([0, 40, 50, 40, 40]);
});
