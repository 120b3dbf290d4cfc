/**
 * Reads rule files: YAML text (one or several documents) into rule documents that are checked on their own.
 * How documents refer to each other is the business of ruleset.ts. Aliases are bounded, because a few lines of
 * YAML can otherwise unfold into gigabytes.
 */
import { parseAllDocuments } from 'yaml';
import { Fault, placeFault, type RuleFault, RuleFaults } from './faults.ts';
import { isObject } from './fields.ts';
import { type RuleKind, schemaFaults } from './schema.ts';

export type RuleDocument = {
  readonly kind: RuleKind;
  readonly file: string;
  readonly title: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** As it is written, comments included. */
  readonly source: string;
};

const LONGEST_FILE = 1_000_000;
const MOST_ALIASES = 100;
// Faults in these fields mislead readers, not the engine: `rules lint` reports them, loading does not stop.
const METADATA = new Set(
  'status description license author references date modified taxonomy related fields falsepositives tags scope logsource kuzot'.split(
    ' ',
  ),
);

/** Parses one file's text. Throws `RuleFaults` for everything that keeps a rule from being evaluated. */
export function parseRules(text: string, file: string): RuleDocument[] {
  const documents: RuleDocument[] = [];
  const faults: RuleFault[] = [];
  for (const { document, found } of readDocuments(text, file)) {
    faults.push(...found.filter((fault) => !METADATA.has(fault.field.split('.')[0]!)));
    if (document) documents.push(document);
  }
  if (faults.length > 0) throw new RuleFaults(faults);
  return documents;
}

/** Every fault of one file against the Sigma schemas, metadata included. Empty when the file is in order. */
export function checkRules(text: string, file: string): RuleFault[] {
  return readDocuments(text, file).flatMap(({ found }) => found);
}

type Read = { document: RuleDocument | null; found: RuleFault[] };

function readDocuments(text: string, file: string): Read[] {
  try {
    return yamlValues(text).map(({ value, source }, at) => {
      const { document, found } = readDocument(value, file, at);
      return { document: document && { ...document, source }, found };
    });
  } catch (thrown) {
    return [{ document: null, found: [placeFault(thrown, file, '')] }];
  }
}

function yamlValues(text: string): { value: unknown; source: string }[] {
  if (text.length > LONGEST_FILE)
    throw new Fault('', `the file is longer than ${LONGEST_FILE} characters`, 'split it into several files');
  const parsed = parseAllDocuments(text, { version: '1.2', schema: 'core', merge: true, uniqueKeys: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  let from = 0;
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error)
      throw new Fault(`line ${error.linePos?.[0].line ?? '?'}`, firstLine(error.message), 'repair the YAML');
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MOST_ALIASES });
    } catch {
      throw new Fault('', `the YAML uses its aliases too often`, 'write the repeated parts out');
    }
    const source = text.slice(from, document.range[2]).replace(/^\s*---[^\S\n]*\n/, '');
    from = document.range[2];
    return value === null || value === undefined ? [] : [{ value, source }];
  });
}

function firstLine(text: string): string {
  return text
    .split('\n')[0]!
    .replace(/ at line.*$/, '')
    .replace(/:$/, '');
}

type Unsourced = { document: Omit<RuleDocument, 'source'> | null; found: RuleFault[] };

function readDocument(value: unknown, file: string, at: number): Unsourced {
  const place = `document ${at + 1}`;
  const broken = (field: string, fault: string, next: string): Unsourced => ({
    document: null,
    found: [{ file, rule: place, field, fault, next }],
  });
  if (!isObject(value)) return broken('', 'the document is not a map of rule fields', 'start it with title:');
  const kinds = (['detection', 'correlation', 'filter'] as const).filter((kind) => value[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined)
    return broken(
      '',
      'the document has no detection, correlation or filter section',
      'add the section the rule needs',
    );
  if (kinds.length > 1)
    return broken('', `the document has both ${kinds.join(' and ')}`, 'split it into two documents');
  const text = (field: string) =>
    typeof value[field] === 'string' && value[field] !== '' ? value[field] : null;
  const title = text('title') ?? text('name');
  const rule = title ?? text('id') ?? place;
  const found = schemaFaults(kind, value).map((fault) => ({ file, rule, ...fault }));
  if (title === null || found.length > 0)
    return {
      document:
        title === null ? null : { kind, file, title, id: text('id'), name: text('name'), body: value },
      found,
    };
  return { document: { kind, file, title, id: text('id'), name: text('name'), body: value }, found };
}
