// Whether emergency access widens an officer's reach just now: for this act, over this unit, in this session. Asked by the
// gate only where the unit lies outside the officer's own.
import type { Reader } from '#db/store.ts';
import { emergencyActs } from '#server/contract/vocabulary.ts';
import type { Widened } from '#server/gate/gate.ts';

const reading: ReadonlySet<string> = new Set(emergencyActs);

/** @returns a function answering the id of the emergency access that covers it, or null */
export function heldEmergency(reader: Reader): Widened {
  return async (ctx, act, unit) => {
    // Invariant: whatever was written into a row, only the reading of voters is ever widened.
    if (!ctx.actor || !ctx.session || !reading.has(act)) return null;
    const held = await reader.emergencies.held(ctx.actor.id, ctx.session.id, ctx.now);
    const covering = held.find(({ path, acts }) => unit.startsWith(path) && acts.split(',').includes(act));
    return covering?.id ?? null;
  };
}
