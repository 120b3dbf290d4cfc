// Reads policies/sampling.yml: whose acts are re-checked, how surely, and by when. Refuses faults at start with the file and
// the field.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { acts } from '#server/contract/acts.ts';
import { roles, sampleConfidences, sampleRates } from '#server/contract/vocabulary.ts';

const days = Type.Integer({ minimum: 1, maximum: 366 });
const SamplingFile = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    why: Type.String({ minLength: 1, maxLength: 1000 }),
    roles: Type.Array(Type.Enum([...roles]), { minItems: 1, uniqueItems: true }),
    without: Type.Array(Type.Enum(Object.keys(acts)), { uniqueItems: true }),
    confidence: Type.Enum([...sampleConfidences]),
    rate: Type.Enum([...sampleRates]),
    everyDays: days,
    drawDays: days,
    reviewDays: days,
  },
  { additionalProperties: false },
);
export type SamplingPolicy = Static<typeof SamplingFile>;

/** @param dir the policies folder. @throws Error naming file and field */
export function readSamplingPolicy(dir: string): SamplingPolicy {
  const path = join(dir, 'sampling.yml');
  const content: unknown = parse(readFileSync(path, 'utf8'));
  const [fault] = Value.Errors(SamplingFile, content);
  if (fault) throw new Error(`${path}: ${fault.instancePath || 'the file'} ${fault.message}`);
  return content as SamplingPolicy;
}
