/** Claims: the three languages say the same things with the same blanks, and Kyrgyz is written in Kyrgyz letters. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertLevels } from '../../server/contract/vocabulary.ts';
import { type Entry, LANGS, type Lang } from './catalogue.ts';

const here = new URL('.', import.meta.url);
const areas = readdirSync(new URL('ky/', here))
  .filter((name) => name !== 'base.ts')
  .map((name) => name.replace('.ts', ''));

async function words(lang: Lang, area: string): Promise<Record<string, Entry>> {
  const file: { default: Record<string, Entry> } = await import(new URL(`${lang}/${area}.ts`, here).href);
  return file.default;
}

const texts = (entry: Entry): string[] => (typeof entry === 'string' ? [entry] : Object.values(entry));
const blanks = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(areas)('the words of %s', (area) => {
  it('have the same keys in all three languages, each beginning with the area', async () => {
    const model = Object.keys(await words('ky', area)).sort();
    expect(model.filter((key) => !key.startsWith(`${area}.`))).toEqual([]);
    for (const lang of LANGS) expect(Object.keys(await words(lang, area)).sort()).toEqual(model);
  });

  it('have the same blanks in all three languages, and never an empty text', async () => {
    const model = await words('ky', area);
    for (const lang of LANGS) {
      const list = await words(lang, area);
      for (const [key, entry] of Object.entries(list)) {
        const wanted = [...new Set(texts(model[key] ?? '').flatMap(blanks))];
        for (const text of texts(entry)) {
          expect(text.trim(), `${lang} ${key}`).not.toBe('');
          expect([...new Set(blanks(text))], `${lang} ${key}`).toEqual(wanted);
        }
      }
    }
  });

  it('give Russian numbers all their forms', async () => {
    for (const [key, entry] of Object.entries(await words('ru', area))) {
      if (typeof entry !== 'string')
        expect(Object.keys(entry), key).toEqual(expect.arrayContaining(['one', 'few', 'other']));
    }
  });

  it('never mix Latin and Cyrillic letters inside one word', async () => {
    for (const lang of ['ky', 'ru'] as const) {
      for (const [key, entry] of Object.entries(await words(lang, area))) {
        for (const text of texts(entry)) {
          const mixed = text
            .replace(/\{\w+\}/g, ' ')
            .match(/\p{Script=Latin}\p{Script=Cyrillic}|\p{Script=Cyrillic}\p{Script=Latin}/u);
          expect(mixed, `${lang} ${key}: ${text}`).toBeNull();
        }
      }
    }
  });
});

it('every refusal of the server is said in words', async () => {
  const { refusals }: { refusals: Record<string, unknown> } = await import(
    new URL('../../server/gate/outcome.ts', here).href
  );
  const said = await words('ky', 'problems');
  expect(Object.keys(refusals).filter((kind) => !said[`problems.${kind}`])).toEqual([]);
});

it('every play-book a rule names is written, and levels are called the same on both pages', async () => {
  const folders = ['../../policies/detection/', '../../server/detection/standing/'].map(
    (path) => new URL(path, here),
  );
  const rules = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8')),
  );
  const named = new Set(
    rules.flatMap((text) => [...text.matchAll(/^ +playbook: (\S+)$/gm)].map(([, name]) => name)),
  );
  for (const lang of LANGS) {
    const said = await words(lang, 'alerts');
    expect([...named].filter((name) => !said[`alerts.playbook.${name}`])).toEqual([]);
    const ofRules = await words(lang, 'rules');
    for (const level of alertLevels)
      expect(ofRules[`rules.level.${level}`], `${lang} ${level}`).toBe(said[`alerts.level.${level}`]);
  }
});
