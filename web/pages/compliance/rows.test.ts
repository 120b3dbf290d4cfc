/** Claims: all 58 requirements are there, in order and in words; none claims evidence without saying where; every link leads to a page. */
import { describe, expect, it } from 'vitest';
import { type Entry, LANGS } from '../../i18n/catalogue.ts';
import { findRoute } from '../../routes.ts';
import { pages } from '../registry.ts';
import { means, requirements } from './rows.ts';

describe('the requirements', () => {
  it('are R01 to R58, each once and in order', () => {
    const wanted = Array.from({ length: 58 }, (_, i) => `R${String(i + 1).padStart(2, '0')}`);
    expect(requirements.map(({ id }) => id)).toEqual(wanted);
  });

  it.each(LANGS)('are said in %s', async (lang) => {
    const { default: words }: { default: Record<string, Entry> } = await import(
      new URL(`../../i18n/${lang}/compliance.ts`, import.meta.url).href
    );
    expect(requirements.filter(({ id }) => !words[`compliance.row.${id}`])).toEqual([]);
  });

  it('name a place exactly where they claim evidence', () => {
    for (const { id, evidence, where } of requirements)
      expect(where.length > 0, id).toBe(evidence !== 'later');
  });

  it('link only to pages that exist', () => {
    const lost = Object.values(means).filter((path) => path !== undefined && !findRoute(pages, path));
    expect(lost).toEqual([]);
  });
});
