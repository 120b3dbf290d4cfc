import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backtest } from './backtest.ts';
import { parseRuleFiles, readRuleFiles } from './directory.ts';
import { checkRules, parseRules } from './document.ts';
import { RuleFaults } from './faults.ts';
import { lintRules } from './lint.ts';
import { runAllCases } from './rulecases.ts';
import { compileRules } from './ruleset.ts';

const SHIPPED = resolve(import.meta.dirname, '../../../policies/detection');

const base =
  'title: Base\nid: 4e9a4b44-7a3f-4d43-8a06-0d1a1f1f7a11\nname: base\nlogsource: {product: kuzot}\ndetection: {s: {kind: a}, condition: s}\n';
const whole = (tests: string) => `title: Whole
id: 4e9a4b44-7a3f-4d43-8a06-0d1a1f1f7a12
description: why
correlation: {type: event_count, rules: [base], group-by: [u], timespan: 1h, condition: {gte: 3}}
falsepositives: [none known]
level: medium
kuzot:
  sla: 8h
  playbook: look
  message: {ky: бар, ru: есть, en: there}
  tests:
${tests}`;
const complete = `    - {name: three, kind: positive, defaults: {kind: a, u: x}, events: [{t: 0m}, {t: 1m}, {t: 59m59s}], expect: 1}
    - {name: late, kind: boundary, defaults: {kind: a, u: x}, events: [{t: 0m}, {t: 1m}, {t: 1h}], expect: 0}
    - {name: two, kind: negative, defaults: {kind: a, u: x}, events: [{t: 0m, repeat: 2, every: 1m}], expect: 0}
`;
function lint(text: string): string[] {
  const files = [{ file: 'r.yml', text }];
  const documents = parseRuleFiles(files);
  return lintRules(files, documents, compileRules(documents)).map(({ field, fault }) => `${field}: ${fault}`);
}

describe('the shipped catalogue', () => {
  const files = readRuleFiles(SHIPPED);
  const documents = parseRuleFiles(files);
  const ruleSet = compileRules(documents);
  it('has no fault, and every moved threshold breaks a test', () => {
    expect(lintRules(files, documents, ruleSet)).toEqual([]);
  });
  it('passes its own tests', () => {
    const results = runAllCases(ruleSet);
    expect(results.filter(({ result }) => result.kind !== 'passed')).toEqual([]);
    expect(results.length).toBeGreaterThan(80);
  });
  it('says of every rule what it tells or counts, in each language', () => {
    const sentences = ruleSet.rules.map(({ kuzot }) => Object.values(kuzot?.message ?? {}));
    expect(
      ruleSet.rules.filter((_, n) => new Set(sentences[n]).size < 3 || sentences[n]!.includes('')),
    ).toEqual([]);
  });
  it('fires nothing from the rules that are only listened to', () => {
    expect(ruleSet.rules.filter(({ file, silent }) => file === 'base_events.yml' && !silent)).toEqual([]);
  });
});

describe('lint', () => {
  it('accepts a complete rule', () => {
    expect(lint(`${base}---\n${whole(complete)}`)).toEqual([]);
  });
  it('notices a threshold that no test guards', () => {
    const loose = complete
      .split('\n')
      .filter((line) => !line.includes('late'))
      .join('\n')
      .replace('59m59s', '2m');
    expect(lint(`${base}---\n${whole(loose)}`)).toEqual([
      'kuzot.tests: there is no boundary test',
      'kuzot.tests: no test notices correlation.timespan of "Whole" moved to 3601 seconds',
      'kuzot.tests: no test notices correlation.timespan of "Whole" moved to 3599 seconds',
    ]);
  });
  it('notices a wrong expectation', () => {
    expect(lint(`${base}---\n${whole(complete.replace('expect: 1', 'expect: 2'))}`)).toContain(
      'kuzot.tests "three": it expects 2 firings and sees 1',
    );
  });
  it('asks for id, why, level, three languages, play-book, deadline and tests', () => {
    const bare = 'title: Bare\ndetection: {s: {a: 1}, condition: s}\nkuzot: {message: {ky: бар}}\n';
    expect(lint(bare)).toEqual([
      'id: the rule has no id',
      'logsource: it is missing',
      'description: the rule has no why',
      'level: it is missing',
      'falsepositives: it is missing',
      'kuzot.message.ru: it is missing',
      'kuzot.message.en: it is missing',
      'kuzot.playbook: it is missing',
      'kuzot.sla: it is missing',
      'kuzot.tests: there is no positive test',
      'kuzot.tests: there is no negative test',
      'kuzot.tests: there is no boundary test',
    ]);
  });
  it('reports metadata against the Sigma schemas without keeping the rule from running', () => {
    const odd = `${base}status: perfect\ndate: 2024/01/01\ntags: [NoDot]\n`;
    expect(parseRules(odd, 'odd.yml')).toHaveLength(1);
    expect(checkRules(odd, 'odd.yml').map(({ field }) => field)).toEqual(['status', 'date', 'tags.0']);
  });
});

describe('rule files', () => {
  const faultOf = (text: string) => {
    try {
      parseRules(text, 'f.yml');
    } catch (thrown) {
      if (thrown instanceof RuleFaults) return thrown.message;
      throw thrown;
    }
    return 'no fault';
  };
  it('several documents stand in one file, empty ones are passed over', () => {
    expect(parseRules(`${base}---\n---\n${base}`, 'two.yml')).toHaveLength(2);
  });
  it('a rule with a name needs no title', () => {
    expect(parseRules('name: only\ndetection: {s: {a: 1}, condition: s}\n', 'n.yml')[0]?.title).toBe('only');
  });
  it.each([
    ['broken YAML', 'title: [', 'f.yml: line '],
    ['a key given twice', 'title: a\ntitle: b\n', 'f.yml: line 2'],
    [
      'no section',
      'title: a\n',
      'f.yml: document 1: the document has no detection, correlation or filter section',
    ],
    ['no title', 'detection: {s: {a: 1}, condition: s}\n', 'title: the rule has no title'],
    [
      'no condition',
      'title: a\ndetection: {s: {a: 1}}\n',
      'f.yml: a: detection.condition: it is missing. Next: add it',
    ],
    [
      'an unknown level',
      'title: a\nlevel: huge\ndetection: {s: {a: 1}, condition: s}\n',
      'level: its value is not one of those allowed. Next: use one of informational',
    ],
    ['two sections', 'title: a\ndetection: {}\ncorrelation: {}\n', 'both detection and correlation'],
    ['text', 'hello\n', 'not a map of rule fields'],
  ])('%s is refused with its place', (_, text, fault) => {
    expect(faultOf(text)).toContain(fault);
  });
  it('aliases that unfold without end are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(faultOf(`title: bomb\n${lines.join('\n')}\n`)).toContain('aliases too often');
  });
});

describe('backtest', () => {
  it('counts what two rule sets say of the same events', async () => {
    const old = compileRules(parseRules(`${base}---\n${whole(complete)}`, 'old.yml'));
    const changed = compileRules(
      parseRules(`${base}---\n${whole(complete).replace('gte: 3', 'gte: 2')}`, 'new.yml'),
    );
    const events = [0, 1, 2, 600, 601].map((minute, index) => ({
      event: { kind: 'a', u: 'x' },
      timeMs: minute * 60_000,
      index,
    }));
    expect(await backtest(old, changed, events)).toEqual([
      expect.objectContaining({
        title: 'Whole',
        change: 'changed',
        before: 1,
        after: 2,
        onlyBefore: 1,
        onlyAfter: 2,
      }),
    ]);
    expect(await backtest(old, old, events)).toEqual([
      expect.objectContaining({ change: 'same', before: 1, after: 1, onlyAfter: 0 }),
    ]);
  });
});
