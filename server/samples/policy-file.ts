// Reads policies/sampling.yml: whose acts are re-checked, how surely, and by when. Refuses faults at start with the file and
// the field.
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { acts } from '#server/contract/acts.ts';
import { roles, sampleConfidences, sampleRates } from '#server/contract/vocabulary.ts';
import { readSettings } from '#server/lib/settings.ts';

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

/** @param dir the policies folder. @throws SettingsFault */
export function readSamplingPolicy(dir: string): SamplingPolicy {
  return readSettings(join(dir, 'sampling.yml'), SamplingFile);
}
