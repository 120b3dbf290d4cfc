/**
 * Claims about the pages' source: nothing but language and theme is kept in the browser, no string becomes markup,
 * no inline style reaches the HTML (the content policy would refuse it), every address comes from paths.ts, no list is keyed by words.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(svelte|ts)$/.test(name) && !/\.test\.ts$/.test(name) && !name.startsWith('e2e'),
);
const source = (name: string) => readFileSync(`${root}/${name}`, 'utf8');
const offenders = (pattern: RegExp, allowed: readonly string[] = []) =>
  files.filter((name) => !allowed.includes(name) && pattern.test(source(name)));

describe('the source of the pages', () => {
  it('keeps only language and theme in the browser', () => {
    expect(offenders(/localStorage/, ['i18n/words.svelte.ts', 'shell/theme.svelte.ts'])).toEqual([]);
    expect(offenders(/sessionStorage|indexedDB|document\.cookie|caches\.open|serviceWorker/)).toEqual([]);
  });

  it('asks the browser to keep nothing that was typed, in lines and boxes alike', () => {
    expect(offenders(/<textarea/, ['ui/TextField.svelte'])).toEqual([]);
    expect(source('ui/TextField.svelte').match(/\{autocomplete\}/g)).toHaveLength(2);
  });

  it('never turns a string into markup', () => {
    expect(
      offenders(/\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser/),
    ).toEqual([]);
  });

  it('writes no style attribute; what changes is set through style:name', () => {
    expect(offenders(/<[a-z][^>]*\sstyle=["{]/i)).toEqual([]);
  });

  // Words of two things may be alike, in one language and not in another; Svelte then ends the whole page.
  it('takes no words for what tells the items of a list apart', () => {
    expect(offenders(/\{#each [^\n]*[( .](label|title|text|line)\)\}/)).toEqual([]);
  });

  it('builds every address of the API in one place', () => {
    expect(offenders(/['"`]\/api\/\w/, ['paths.ts'])).toEqual([]);
  });

  it('asks the browser for no Kyrgyz dates: it has none', () => {
    expect(offenders(/new Intl\.(?!PluralRules)|toLocale(Date|Time)?String\(/)).toEqual([]);
  });
});
