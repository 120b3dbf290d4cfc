/** Claims: every act of the catalogue, every outcome, purpose and access rule is said in plain words in all three languages. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acts } from '../../server/contract/acts.ts';
import { detailNames } from '../../server/contract/details.ts';
import { actsShowingVoters, outcomes, purposes } from '../../server/contract/vocabulary.ts';
import { type Area, type Entry, LANGS, type Lang } from './catalogue.ts';

const policies = ['duties', 'guards'].flatMap((name) => {
  const text = readFileSync(new URL(`../../policies/access/${name}.cedar`, import.meta.url), 'utf8');
  return [...text.matchAll(/@id\("([^"]+)"\)/g)].map(([, id]) => id ?? '');
});
const wanted = [
  ...outcomes.map((outcome) => `audit.outcome.${outcome}`),
  ...purposes.map(({ code }) => `audit.purpose.${code}`),
  ...policies.map((id) => `audit.policy.${id}`),
];

async function words(lang: Lang, area: Area): Promise<Record<string, Entry>> {
  const file: { default: Record<string, Entry> } = await import(
    new URL(`${lang}/${area}.ts`, import.meta.url).href
  );
  return file.default;
}

describe.each(LANGS)('the audit trail in %s', (lang) => {
  it('says every act, outcome, purpose and rule in words', async () => {
    const [said, named] = [await words(lang, 'audit'), await words(lang, 'acts')];
    expect(wanted.filter((key) => said[key] === undefined)).toEqual([]);
    expect(Object.keys(acts).filter((act) => named[`acts.${act}`] === undefined)).toEqual([]);
  });

  it('gives no two acts the same words', async () => {
    const named = await words(lang, 'acts');
    const said = Object.keys(acts).map((act) => named[`acts.${act}`]);
    expect(new Set(said).size).toBe(said.length);
  });
});

/** Whatever can refuse: every forbid but those that name a remedy or hide what lies outside, and what is no rule's. */
const refusing = [
  ...readFileSync(new URL('../../policies/access/guards.cedar', import.meta.url), 'utf8')
    .split(/(?=@id\()/)
    .filter((rule) => rule.startsWith('@id') && !rule.includes('@remedy'))
    .map((rule) => /"([^"]+)"/.exec(rule)?.[1] ?? ''),
  'default-deny',
  'policy-error',
];

describe.each(LANGS)('what an entry holds in %s', (lang) => {
  it('is said in words: every fact, and every act that shows a voter as what somebody may do', async () => {
    const [details, policies] = [await words(lang, 'details'), await words(lang, 'policies')];
    expect(detailNames.filter((name) => details[`details.${name}`] === undefined)).toEqual([]);
    expect(actsShowingVoters.filter((act) => policies[`policies.sees.${act}`] === undefined)).toEqual([]);
  });
});

describe.each(LANGS)('a refusal in %s', (lang) => {
  it('says which guard stands in the way, not that the duty is missing', async () => {
    const said = await words(lang, 'problems');
    expect(refusing.length).toBeGreaterThan(15);
    expect(refusing.filter((id) => said[`problems.denied.${id}`] === undefined)).toEqual([]);
    // The sentence goes on after "because": a name in front would lose its capital.
    for (const id of refusing) expect(String(said[`problems.denied.${id}`]), id).toMatch(/^\p{Lu}[\p{Ll} ]/u);
  });
});
