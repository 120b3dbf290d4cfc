/** Claim: the officials' catalogue of acts is what the catalogue and the console's words say, every act of it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { acts } from '../../server/contract/acts.ts';
import { actsDocument, actsDocumentPath } from './acts-document.ts';

test('the document of acts has not drifted: node web/i18n/acts-document.ts writes it anew', () => {
  expect(readFileSync(actsDocumentPath, 'utf8')).toBe(actsDocument());
});

test('it names every act, in three languages', () => {
  const rows = new Map(
    [...actsDocument().matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, act, rest]) => [
      act!,
      rest!.split(' | '),
    ]),
  );
  expect([...rows.keys()].toSorted()).toEqual(Object.keys(acts).toSorted());
  for (const [act, words] of rows)
    expect(
      words.slice(0, 3).every((word) => word.length > 2),
      act,
    ).toBe(true);
});
