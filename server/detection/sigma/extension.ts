/**
 * What this product adds to a Sigma rule, all of it under the key `kuzot`: how alerts fold, how soon a person must
 * look, what to do, what to say, and the rule's own tests. None of it changes when the rule fires.
 */
import { isObject } from './fields.ts';
import { parseTimespan } from './times.ts';

export type RuleTest = {
  name: string;
  kind: 'positive' | 'negative' | 'boundary';
  defaults: Record<string, unknown>;
  /** Each has `t`: an offset such as `23h59m`, or a full date and time. */
  events: Record<string, unknown>[];
  expect: number;
};

export type KuzotExtension = {
  suppress: { by: string[]; forMs: number } | null;
  slaMs: number | null;
  playbook: string | null;
  message: { ky: string; ru: string; en: string } | null;
  tests: RuleTest[];
};

/** Reads what is well formed and leaves out the rest, which `rules lint` reports. */
export function readExtension(raw: unknown): KuzotExtension | null {
  if (!isObject(raw)) return null;
  const { suppress, sla, playbook, message, tests } = raw;
  const forMs = isObject(suppress) ? parseTimespan(String(suppress.for)) : null;
  return {
    suppress: isObject(suppress) && forMs !== null ? { by: texts(suppress.by), forMs } : null,
    slaMs: typeof sla === 'string' ? parseTimespan(sla) : null,
    playbook: typeof playbook === 'string' ? playbook : null,
    message: isObject(message) ? { ky: text(message.ky), ru: text(message.ru), en: text(message.en) } : null,
    tests: Array.isArray(tests) ? tests.flatMap(readTest) : [],
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const texts = (value: unknown) =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function readTest(raw: unknown): RuleTest[] {
  if (!isObject(raw) || !Array.isArray(raw.events) || typeof raw.expect !== 'number') return [];
  const { kind, expect } = raw;
  return [
    {
      name: text(raw.name),
      kind:
        kind === 'positive' || kind === 'negative' || kind === 'boundary'
          ? kind
          : expect > 0
            ? 'positive'
            : 'negative',
      defaults: isObject(raw.defaults) ? raw.defaults : {},
      events: raw.events.filter(isObject),
      expect,
    },
  ];
}
