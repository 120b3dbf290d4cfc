// What the documents tell people to type must exist: every npm script, every command, every option, every file linked.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kuzot as runKuzot } from './commands/terminal.ts';

const root = join(import.meta.dirname, '..');
const documents = [
  'README.md',
  'server/DESIGN.md',
  'server/audit/CHECKING.md',
  'server/samples/RECIPE.md',
  'web/DESIGN.md',
  'CHANGELOG.md',
  'server/audit/evidence.md',
];
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** Lines of shell blocks, comments taken off. */
const commands = documents.flatMap((path) =>
  [...read(path).matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter(Boolean),
  ),
);
const kuzot = commands
  .filter((line) => line.startsWith('npm run kuzot -- '))
  .map((line) => line.slice('npm run kuzot -- '.length));

describe('the documents', () => {
  test('name npm scripts that exist', () => {
    const named = documents.flatMap((path) => [
      ...read(path).matchAll(/npm (?:run )?(demo|test|start|kuzot|bench|build|types|lint)\b/g),
    ]);
    expect(named.length).toBeGreaterThan(3);
    for (const [, script] of named) expect(scripts).toHaveProperty(script!);
  });

  test.each(kuzot)('kuzot %s', async (line) => {
    const words = line.split(/\s+/);
    // Commands come first; what is in capitals, a path or an option is not one.
    const path = words.slice(0, words.findIndex((word) => !/^[a-z]+$/.test(word)) >>> 0);
    const { code, out: text } = await runKuzot([...path, '--help']);
    expect(code).toBe(0);
    expect(text).toContain(`kuzot ${path.join(' ')}`);
    for (const option of words.filter((word) => word.startsWith('--'))) expect(text).toContain(option);
    // As many arguments as the command takes; an option's value is not one.
    const takes = [...(text.split('\n')[0] ?? '').matchAll(/[<[](?!options)[^>\]]+[>\]]/g)].length;
    const given = words
      .slice(path.length)
      .filter((word, i, rest) => !word.startsWith('--') && !rest[i - 1]?.startsWith('--'));
    expect(given.length, given.join(' ')).toBeLessThanOrEqual(takes);
  });

  test('link to files that exist', () => {
    for (const path of documents)
      for (const [, link] of read(path).matchAll(/\]\(([^)#:]+)\)/g))
        expect(existsSync(join(root, path, '..', link!)), `${path} → ${link}`).toBe(true);
  });

  test('the map of the README names every folder at the top', () => {
    for (const folder of ['server', 'db', 'web', 'policies', 'scripts'])
      expect(read('README.md')).toContain(`\`${folder}/\``);
  });
});
