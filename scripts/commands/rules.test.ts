import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rulesCommand } from './rules.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kuzot-rules-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
  vi.restoreAllMocks();
  process.exitCode = 0;
});

/** Runs the command as a person would and gives back what it wrote and the exit code it leaves. */
async function kuzot(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(console, 'log').mockImplementation((text) => {
    out += `${text}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((text) => {
    err += `${text}\n`;
  });
  process.exitCode = undefined;
  await rulesCommand().parseAsync(words, { from: 'user' });
  return { code: Number(process.exitCode ?? 0), out, err };
}
const file = (name: string, text: string) => {
  writeFileSync(join(home, name), text);
  return join(home, name);
};
const rule = `title: Base
name: base
detection: {s: {event.action: edit}, condition: s}
---
title: Whole
id: 0d6a3f0e-9d29-4f0b-8f1d-7a0b7f0f7a10
correlation: {type: event_count, rules: [base], group-by: [voter.id], timespan: 1h, condition: {gte: 2}}
`;

describe('kuzot rules run', () => {
  it('prints one JSON line for each firing, with rule, title, ISO time, group and event indexes', async () => {
    file('r.yml', rule);
    const lines = [
      { '@timestamp': '2024-05-01T10:00:00+06:00', 'event.action': 'edit', 'voter.id': 'v1' },
      { '@timestamp': '2024-05-01T04:30:00Z', event: { action: 'edit' }, voter: { id: 'v1' } },
    ];
    const events = file('e.jsonl', `${lines.map((line) => JSON.stringify(line)).join('\n\n')}\n`);
    expect(await kuzot('run', '--rules', home, '--events', events)).toEqual({
      code: 0,
      err: '',
      out: '{"rule":"0d6a3f0e-9d29-4f0b-8f1d-7a0b7f0f7a10","title":"Whole","time":"2024-05-01T04:30:00.000Z","group":{"voter.id":"v1"},"events":[0,1]}\n',
    });
  });
  it('takes the time from the named field, as seconds, milliseconds or text', async () => {
    file('r.yml', rule);
    const lines = [
      { at: 1714550400, 'event.action': 'edit', 'voter.id': 'v1' },
      { at: 1714550401000, 'event.action': 'edit', 'voter.id': 'v1' },
    ];
    const events = file('e.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const { out } = await kuzot('run', '--rules', home, '--events', events, '--time-field', 'at');
    expect(JSON.parse(out)).toMatchObject({ time: '2024-05-01T08:00:01.000Z', events: [0, 1] });
  });
  it('takes only a line feed for the end of a line, and passes over blank lines', async () => {
    file('r.yml', 'title: Any\ndetection: {s: {a|exists: true}, condition: s}\n');
    const events = file('e.jsonl', '\ufeff{"a":"one\u2028line\u2029"}\r\n\n  \n{"b":1}\n{"a":2}');
    const { out } = await kuzot('run', '--rules', home, '--events', events);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).events),
    ).toEqual([[0], [2]]);
  });
  it('refuses placeholders that it would have to leave out, naming file and placeholder', async () => {
    file('r.yml', "title: Any\ndetection: {s: {a|expand: '%n%'}, condition: s}\n");
    const events = file('e.jsonl', '{"a":"x"}');
    const run = (placeholders: string) =>
      kuzot('run', '--rules', join(home, 'r.yml'), '--events', events, '--placeholders', placeholders);
    expect(await run(file('p.yml', 'n: [x, 1]'))).toMatchObject({ code: 0, err: '' });
    for (const wrong of ['n: [x, true]', 'n: {a: x}', 'n:'])
      expect(await run(file('p.yml', wrong))).toMatchObject({
        code: 2,
        err: expect.stringContaining('p.yml: n: a value is neither text nor a number'),
      });
    expect((await run(file('p.yml', '- x'))).err).toContain('it is not a YAML map of lists');
    expect((await run(join(home, 'none.yml'))).err).toContain('none.yml: it cannot be read');
  });
  it('keeps whole numbers of any length apart, and finds them by their text', async () => {
    file(
      'r.yml',
      `${rule}---\ntitle: One\ndetection: {s: {voter.id: '12345678901234567891'}, condition: s}\n`,
    );
    const line = (id: string, at: number) => `{"@timestamp":${at},"event.action":"edit","voter.id":${id}}`;
    const ids = ['12345678901234567890', '12345678901234567891', '12345678901234567890'];
    const { out } = await kuzot(
      'run',
      '--rules',
      home,
      '--events',
      file('e.jsonl', ids.map(line).join('\n')),
    );
    expect(
      out
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text))
        .map(({ title, group, events }) => [title, group, events]),
    ).toEqual([
      ['One', {}, [1]],
      ['Whole', { 'voter.id': '12345678901234567890' }, [0, 2]],
    ]);
  });
  it('refuses a time that no calendar has, naming its line', async () => {
    file('r.yml', 'title: Any\ndetection: {s: {a: 1}, condition: s}\n');
    const events = file('e.jsonl', '{"a":1,"@timestamp":1}\n{"a":1,"@timestamp":1e300}');
    const { code, err } = await kuzot('run', '--rules', home, '--events', events);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('line 2: @timestamp is not a time'),
    });
  });
  it('says that a folder is no file of events', async () => {
    file('r.yml', rule);
    const { code, err } = await kuzot('run', '--rules', home, '--events', home);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('it is not a file') });
  });
  it('ends with 0 when nothing fires', async () => {
    file('r.yml', rule);
    expect(await kuzot('run', '--rules', home, '--events', file('e.jsonl', ''))).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  });
  it('ends with 2 and the reason when a rule cannot be loaded', async () => {
    file('r.yml', rule.replace('[base]', '[bass]'));
    const { code, out, err } = await kuzot('run', '--rules', home, '--events', file('e.jsonl', '{}'));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      'r.yml: Whole: correlation.rules: no rule has the id or name "bass". Next: load the file of that rule too, or correct the reference\n',
    );
  });
  it('names the line of a broken event and never its content', async () => {
    file('r.yml', rule);
    const { code, err } = await kuzot(
      'run',
      '--rules',
      home,
      '--events',
      file('e.jsonl', '{"@timestamp":1}\n{"secret'),
    );
    expect(code).toBe(2);
    expect(err).toContain('line 2: the line is not JSON');
    expect(err).not.toContain('secret');
  });
  it('refuses an event without a time when a correlation needs one', async () => {
    file('r.yml', rule);
    const { code, err } = await kuzot('run', '--rules', home, '--events', file('e.jsonl', '\n{"a":1}'));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('line 2: it has no @timestamp') });
  });
});

describe('kuzot rules test and lint', () => {
  it('test ends with 1 when a rule’s test fails', async () => {
    const tests = 'kuzot: {tests: [{name: n, events: [{t: 0h, event.action: edit}], expect: 1}]}\n';
    file('r.yml', `${rule}${tests}`);
    expect(await kuzot('test', '--rules', home)).toMatchObject({
      code: 1,
      out: 'r.yml: Whole: "n": expected 1 firings, saw 0\n0 passed, 1 failed\n',
    });
  });
  it('lint ends with 1 for an incomplete rule, and with 2 for one that does not load', async () => {
    file('r.yml', rule);
    expect((await kuzot('lint', '--rules', home)).code).toBe(1);
    file('r.yml', 'title: [');
    expect((await kuzot('lint', '--rules', home)).code).toBe(2);
  });
  it('the shipped rules pass both', async () => {
    expect((await kuzot('lint')).code).toBe(0);
    expect((await kuzot('test')).out).toMatch(/ passed, 0 failed\n$/);
  });
});

describe('kuzot rules backtest', () => {
  it('shows old against new for each rule', async () => {
    const old = file('old.yml', rule);
    const fresh = file('new.yml', rule.replace('gte: 2', 'gte: 1'));
    const events = file('e.jsonl', '{"@timestamp":1714550400,"event.action":"edit","voter.id":"v1"}\n');
    const { code, out } = await kuzot('backtest', '--old', old, '--new', fresh, '--events', events, '--json');
    expect({ code, row: JSON.parse(out) }).toMatchObject({
      code: 0,
      row: { title: 'Whole', change: 'changed', before: 0, after: 1 },
    });
  });
});
