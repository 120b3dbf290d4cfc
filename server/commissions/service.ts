// The commission tree as an officer may see it: the own unit with everything under it, and the line of units above.
import type { Row } from '#db/store.ts';
import type { CommissionItem, CommissionTree } from '#server/contract/commissions.ts';
import type { Level } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';

export type Commissions = ReturnType<typeof createCommissions>;

/** Codes of the units above a path, the central commission first. */
export function codesAbove(path: string): string[] {
  return path.split('/').filter(Boolean).slice(0, -1);
}

export function createCommissions({ gate }: { gate: Gate }) {
  return {
    listCommissions(ctx: Context): Promise<Outcome<CommissionTree>> {
      const path = ctx.actor?.path ?? '';
      return gate.read(ctx, 'commission.list', {
        locate: async () => ({ record: path, unit: null }),
        release: async (from, reader) => {
          const above = await Promise.all(codesAbove(from).map((code) => reader.commissions.byCode(code)));
          const under = await reader.commissions.underPath(from);
          const items = [
            ...above.filter((unit) => unit !== null).map((unit) => show(unit, false)),
            ...under.map((unit) => show(unit, true)),
          ];
          return { kind: 'release', value: { items }, about: { detail: { units: items.length } } };
        },
      });
    },
  };
}

function show(unit: Row<'commission'>, inScope: boolean): CommissionItem {
  return {
    code: unit.code,
    level: unit.level as Level, // written from the closed list
    parent: unit.parent,
    name: { ky: unit.nameKy, ru: unit.nameRu, en: unit.nameEn },
    address: unit.address,
    inScope,
  };
}
