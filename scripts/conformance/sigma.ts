// sigma-spec: the test rules and the whole-rule examples of the Sigma specification. Each test rule must satisfy the
// published JSON schema and compile in our engine; each whole rule the specification prints must compile too.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { parseRules } from '#server/detection/sigma/document.ts';
import { RuleFaults } from '#server/detection/sigma/faults.ts';
import { compileRules } from '#server/detection/sigma/ruleset.ts';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

const kinds = ['detection', 'correlation', 'filter'] as const;
type Kind = (typeof kinds)[number];

const schemaFiles: Record<Kind, string> = {
  detection: 'sigma-detection-rule-schema.json',
  correlation: 'sigma-correlation-rules-schema.json',
  filter: 'sigma-filters-schema.json',
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function runSigma(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const schemas = compileSchemas(join(dir, 'json-schema'));
  const tests = existsSync(join(dir, 'tests')) ? filesUnder(join(dir, 'tests'), '.yml') : [];
  for (const file of tests) {
    const text = readFileSync(join(dir, 'tests', file), 'utf8');
    await tally.check(`tests/${file} against the schema`, () => schemaFault(text, schemas));
    await tally.check(`tests/${file} in the engine`, () => engineFault(text, file));
  }
  let fragments = 0;
  const texts = existsSync(join(dir, 'specification')) ? filesUnder(join(dir, 'specification'), '.md') : [];
  for (const file of texts) {
    for (const { line, yaml } of yamlBlocks(readFileSync(join(dir, 'specification', file), 'utf8'))) {
      if (!isWholeRule(yaml)) {
        fragments++;
        continue;
      }
      await tally.check(`${file}, line ${line}`, () => engineFault(yaml, `${file}:${line}`));
    }
  }
  if (fragments > 0) tally.note(`${fragments} printed examples are parts of rules, not rules: not run`);
  return tally.result('sigma-spec');
}

function compileSchemas(dir: string): Map<Kind, ValidateFunction> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uuid', uuid);
  ajv.addFormat('date', /^\d{4}-\d{2}-\d{2}$/);
  const schemas = new Map<Kind, ValidateFunction>();
  for (const kind of kinds) {
    const file = join(dir, schemaFiles[kind]);
    if (!existsSync(file)) continue;
    const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    schemas.set(kind, ajv.compile(schema));
  }
  return schemas;
}

function valuesIn(text: string): Record<string, unknown>[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
}

function schemaFault(text: string, schemas: Map<Kind, ValidateFunction>): string | null {
  for (const value of valuesIn(text)) {
    const kind = kinds.find((name) => name in value);
    const check = kind === undefined ? undefined : schemas.get(kind);
    if (check === undefined) return 'is of a kind without a schema';
    if (!check(value))
      return check.errors?.map((e) => `${e.instancePath} ${e.message}`).join('; ') ?? 'is refused';
  }
  return null;
}

/** Parses and compiles, with a plain rule in place of every rule that is referred to but printed elsewhere. */
function engineFault(text: string, file: string): string | null {
  try {
    const documents = parseRules(text, file);
    const present = new Set(documents.flatMap(({ id, name }) => [id, name]));
    const missing = new Set(
      valuesIn(text)
        .flatMap(referredRules)
        .filter((rule) => !present.has(rule)),
    );
    const stubs = [...missing].map((rule) => {
      const key = uuid.test(rule) ? 'id' : 'name';
      const detection = { selection: { EventID: 1 }, condition: 'selection' };
      return JSON.stringify({
        title: `Stand-in for ${rule}`,
        [key]: rule,
        logsource: { product: 'any' },
        detection,
      });
    });
    const others = stubs.flatMap((stub) => parseRules(stub, 'stand-in'));
    return compileRules([...documents, ...others]).rules.length > 0 ? null : 'holds no rule';
  } catch (thrown) {
    if (!(thrown instanceof RuleFaults)) throw thrown;
    return thrown.message;
  }
}

function referredRules(value: Record<string, unknown>): string[] {
  const section = (value.correlation ?? value.filter) as { rules?: unknown } | undefined;
  const rules = [section?.rules ?? []].flat().map(String);
  return rules.filter((rule) => rule !== 'any');
}

/** Fenced YAML blocks with the number of the line they begin on. */
function yamlBlocks(text: string): { line: number; yaml: string }[] {
  const blocks: { line: number; yaml: string }[] = [];
  let open: { line: number; lines: string[] } | null = null;
  for (const [i, line] of text.split('\n').entries()) {
    if (open === null && /^```ya?ml\s*$/.test(line)) open = { line: i + 2, lines: [] };
    else if (open !== null && line.startsWith('```')) {
      blocks.push({ line: open.line, yaml: open.lines.join('\n') });
      open = null;
    } else open?.lines.push(line);
  }
  return blocks;
}

/** A rule that could be run: a title, and a section that is complete enough to say what it looks for. */
function isWholeRule(yaml: string): boolean {
  let values: Record<string, unknown>[];
  try {
    values = valuesIn(yaml);
  } catch {
    return false;
  }
  return (
    values.length > 0 &&
    values.every((value) => {
      if (typeof value !== 'object' || value === null || !('title' in value)) return false;
      const kind = kinds.find((name) => name in value);
      const section = kind === undefined ? undefined : value[kind];
      if (typeof section !== 'object' || section === null) return false;
      return kind === 'correlation' ? 'type' in section && 'timespan' in section : 'condition' in section;
    })
  );
}
