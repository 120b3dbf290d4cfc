/** Claims: every act of the catalogue, every outcome, purpose and access rule is said in plain words in all three languages. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acts } from '../../server/contract/acts.ts';
import { outcomes, purposes } from '../../server/contract/vocabulary.ts';
import { type Entry, LANGS } from './catalogue.ts';

const policies = ['duties', 'guards'].flatMap((name) => {
  const text = readFileSync(new URL(`../../policies/access/${name}.cedar`, import.meta.url), 'utf8');
  return [...text.matchAll(/@id\("([^"]+)"\)/g)].map(([, id]) => id ?? '');
});
const wanted = [
  ...Object.keys(acts).map((act) => `audit.act.${act}`),
  ...outcomes.map((outcome) => `audit.outcome.${outcome}`),
  ...purposes.map(({ code }) => `audit.purpose.${code}`),
  ...policies.map((id) => `audit.policy.${id}`),
];

describe.each(LANGS)('the audit trail in %s', (lang) => {
  it('says every act, outcome, purpose and rule in words', async () => {
    const { default: words }: { default: Record<string, Entry> } = await import(
      new URL(`${lang}/audit.ts`, import.meta.url).href
    );
    expect(wanted.filter((key) => words[key] === undefined)).toEqual([]);
  });

  it('gives no two acts the same words', async () => {
    const { default: words }: { default: Record<string, Entry> } = await import(
      new URL(`${lang}/audit.ts`, import.meta.url).href
    );
    const said = Object.keys(acts).map((act) => words[`audit.act.${act}`]);
    expect(new Set(said).size).toBe(said.length);
  });
});

/** Answered by screens of their own: the log-in, the lock, the code dialog, and 404. */
const answered = ['stage', 'lock', 'clearance', 'reach', 'recent-factor', 'bound-factor'].map(
  (n) => `guard-${n}`,
);

describe.each(LANGS)('a refusal in %s', (lang) => {
  it('says which guard stands in the way, not that the duty is missing', async () => {
    const { default: words }: { default: Record<string, Entry> } = await import(
      new URL(`${lang}/problems.ts`, import.meta.url).href
    );
    const guards = policies.filter((id) => id.startsWith('guard-') && !answered.includes(id));
    expect(guards.length).toBeGreaterThan(8);
    expect(guards.filter((id) => words[`problems.denied.${id}`] === undefined)).toEqual([]);
  });
});
