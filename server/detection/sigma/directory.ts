/**
 * Finds and reads rule files: every `.yml` and `.yaml` under a directory (or one file), in the order of their
 * names, hidden ones left out. Reads only; the names in faults are relative to the directory.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseRules, type RuleDocument } from './document.ts';
import { type RuleFault, RuleFaults } from './faults.ts';

export type RuleFile = { file: string; text: string };

/** Throws `RuleFaults` when the path cannot be read or holds no rule file. */
export function readRuleFiles(path: string): RuleFile[] {
  const refuse = (fault: string, next: string): never => {
    throw new RuleFaults([{ file: path, rule: '', field: '', fault, next }]);
  };
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    return refuse('there is no such file or directory', 'give the path of a directory of .yml files');
  if (stat.isFile()) return [{ file: basename(path), text: readFileSync(path, 'utf8') }];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .filter((file) => !file.split('/').some((part) => part.startsWith('.')))
    .sort();
  if (files.length === 0)
    return refuse('it holds no .yml file', 'put rule files into it or name another directory');
  return files.map((file) => ({ file, text: readFileSync(join(path, file), 'utf8') }));
}

/** All documents of all files. Throws `RuleFaults` with the faults of every file. */
export function parseRuleFiles(files: readonly RuleFile[]): RuleDocument[] {
  const faults: RuleFault[] = [];
  const documents = files.flatMap(({ file, text }) => {
    try {
      return parseRules(text, file);
    } catch (thrown) {
      if (!(thrown instanceof RuleFaults)) throw thrown;
      faults.push(...thrown.faults);
      return [];
    }
  });
  if (faults.length > 0) throw new RuleFaults(faults);
  return documents;
}

/** Reads a directory (or file) of rules; see `compileRules` for what to do with them. Throws `RuleFaults`. */
export function loadRules(path: string): RuleDocument[] {
  return parseRuleFiles(readRuleFiles(path));
}
