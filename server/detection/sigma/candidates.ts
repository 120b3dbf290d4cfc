/**
 * Which detections are worth trying on an event. Most rules need one of a few values in one field
 * (`event.action: voter.view`); they stand under those values, and an event is only shown to the rules under its
 * own. Rules without such a need are tried on every event. This may never leave out a rule that would match.
 */

import type { Need } from './detection.ts';
import { type FieldReader, fieldReader, type SigmaEvent, scalarsOf } from './fields.ts';
import { foldCase } from './pattern.ts';
import type { Program } from './ruleset.ts';

type Shelf = { read: FieldReader; byValue: Map<string, number[]> };

export function candidatesOf(programs: readonly Program[]): (event: SigmaEvent) => readonly number[] {
  const uses = new Map<string, number>();
  for (const program of programs) {
    if (program.kind !== 'detection') continue;
    for (const field of new Set(program.needs.map((need) => need.field)))
      uses.set(field, (uses.get(field) ?? 0) + 1);
  }
  const shelves = new Map<string, Shelf>();
  const always: number[] = [];
  programs.forEach((program, at) => {
    if (program.kind !== 'detection') return;
    const need = mostShared(program.needs, uses);
    if (!need) {
      always.push(at);
      return;
    }
    const shelf = shelves.get(need.field) ?? { read: fieldReader(need.field), byValue: new Map() };
    shelves.set(need.field, shelf);
    for (const value of need.values) shelf.byValue.set(value, [...(shelf.byValue.get(value) ?? []), at]);
  });
  const all = [...shelves.values()];
  return (event) => {
    let found: readonly number[] = always;
    for (const shelf of all) found = join(found, lookUp(shelf, event));
    return found;
  };
}

/** The field that most rules need, so that few fields are looked up. */
function mostShared(needs: readonly Need[], uses: ReadonlyMap<string, number>): Need | null {
  return needs.reduce<Need | null>((best, need) => {
    if (best === null || uses.get(need.field)! > uses.get(best.field)!) return need;
    return need.field === best.field && need.values.size < best.values.size ? need : best;
  }, null);
}

const NONE: readonly number[] = [];

function lookUp({ read, byValue }: Shelf, event: SigmaEvent): readonly number[] {
  const value = read(event);
  if (value === undefined) return NONE;
  if (typeof value === 'string') return byValue.get(foldCase(value)) ?? NONE;
  const found = new Set(scalarsOf(value).flatMap((scalar) => byValue.get(foldCase(String(scalar))) ?? []));
  return [...found];
}

function join(some: readonly number[], more: readonly number[]): readonly number[] {
  if (more.length === 0) return some;
  return some.length === 0 ? more : [...some, ...more];
}
