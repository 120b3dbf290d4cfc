/**
 * The shape of Sigma 2.1 documents as one JSON Schema in our own words, with our extension under `kuzot`. What the
 * schemas of the specification require of a field's type and values is required here; where the specification's
 * text is wider than its schemas (a list of conditions, thresholds with fractions, a rule with only a name, no
 * log source inside a correlation's file) the text is followed.
 */
import { Ajv } from 'ajv';
import { type ShapeFault, shapeFaults } from './shapefaults.ts';

export type RuleKind = 'detection' | 'correlation' | 'filter';

const text = (maxLength = 65_535) => ({ type: 'string', maxLength });
const texts = { type: 'array', uniqueItems: true, items: text() };
const day = { type: 'string', pattern: '^\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\\d|3[01])$' };
const span = { type: 'string', pattern: '^[0-9]{1,9}[smhdwMy]$' };
const FORMS = {
  [day.pattern]: 'write a day such as 2026-09-01',
  [span.pattern]: 'write a number and one of s m h d w M y, such as 24h',
};
const values = { anyOf: [{ type: 'array' }, { type: 'object' }, { type: ['string', 'number', 'integer'] }] };
const languages = {
  type: 'object',
  additionalProperties: false,
  properties: { ky: text(1_000), ru: text(1_000), en: text(1_000) },
};

const test = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'events', 'expect'],
  properties: {
    name: text(256),
    kind: { enum: ['positive', 'negative', 'boundary'] },
    defaults: { type: 'object' },
    events: { type: 'array', items: { type: 'object', required: ['t'] } },
    expect: { type: 'integer', minimum: 0 },
  },
};

const kuzot = {
  type: 'object',
  additionalProperties: false,
  properties: {
    suppress: {
      type: 'object',
      additionalProperties: false,
      required: ['by', 'for'],
      properties: { by: texts, for: span },
    },
    sla: span,
    playbook: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' },
    message: languages,
    tests: { type: 'array', maxItems: 100, items: test },
  },
};

const common = {
  title: { type: 'string', minLength: 1, maxLength: 256 },
  id: { type: 'string', minLength: 1, maxLength: 256 },
  name: { type: 'string', minLength: 1, maxLength: 256 },
  status: { enum: ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] },
  description: text(),
  license: text(),
  author: text(),
  references: texts,
  date: day,
  modified: day,
  taxonomy: text(256),
  level: { enum: ['informational', 'low', 'medium', 'high', 'critical'] },
  falsepositives: { anyOf: [text(), texts] },
  fields: texts,
  tags: {
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', pattern: '^[a-z0-9_-]+\\.[a-z0-9._-]+$' },
  },
  scope: texts,
  related: {
    type: 'array',
    items: {
      type: 'object',
      required: ['id', 'type'],
      properties: { id: text(), type: { enum: ['derived', 'obsolete', 'merged', 'renamed', 'similar'] } },
    },
  },
  logsource: {
    type: 'object',
    properties: { category: text(), product: text(), service: text(), definition: text() },
  },
  generate: { type: 'boolean' },
  kuzot,
};

const names = {
  anyOf: [
    { type: 'string', minLength: 1 },
    { ...texts, minItems: 1 },
  ],
};
const threshold = { type: 'number' };
const comparison = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    ...Object.fromEntries(['gt', 'gte', 'lt', 'lte', 'eq', 'neq'].map((word) => [word, threshold])),
    field: names,
    percentile: { type: 'number', minimum: 0, maximum: 100 },
  },
};

const sections = {
  detection: {
    detection: {
      type: 'object',
      required: ['condition'],
      properties: {
        condition: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      },
      additionalProperties: values,
    },
  },
  filter: {
    filter: {
      type: 'object',
      required: ['rules', 'condition'],
      properties: { rules: names, condition: { type: 'string' } },
      additionalProperties: values,
    },
  },
  correlation: {
    correlation: {
      type: 'object',
      required: ['type', 'timespan'],
      additionalProperties: false,
      properties: {
        type: {
          enum: [
            'event_count',
            'value_count',
            'temporal',
            'temporal_ordered',
            'value_sum',
            'value_avg',
            'value_percentile',
          ],
        },
        rules: names,
        'group-by': { anyOf: [{ type: 'string', minLength: 1 }, texts] },
        timespan: span,
        condition: { anyOf: [{ type: 'string', minLength: 1 }, comparison] },
        aliases: {
          type: 'object',
          additionalProperties: { type: 'object', additionalProperties: text(256) },
        },
        generate: { type: 'boolean' },
      },
    },
  },
} as const;

const ajv = new Ajv({ allErrors: true, strict: false });
const checks = {
  detection: ajv.compile({ type: 'object', properties: { ...common, ...sections.detection } }),
  filter: ajv.compile({ type: 'object', properties: { ...common, ...sections.filter } }),
  correlation: ajv.compile({ type: 'object', properties: { ...common, ...sections.correlation } }),
};

/** What the document says in the wrong shape: `{field, fault, next}` each, none for a document in order. */
export function schemaFaults(kind: RuleKind, body: Record<string, unknown>): ShapeFault[] {
  const check = checks[kind];
  const faults: ShapeFault[] = [];
  if (typeof body.title !== 'string' && typeof body.name !== 'string')
    faults.push({ field: 'title', fault: 'the rule has no title', next: 'add title: and a short text' });
  if (check(body)) return faults;
  return [...faults, ...shapeFaults(check.errors ?? [], FORMS)];
}
