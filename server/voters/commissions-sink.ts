// Puts commissions that were read from a file into the tree, all in one unit with one entry: a half of a tree would be
// a half of everybody's jurisdiction. Expects parents before children, as readCommissions gives them.
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import type { CommissionImportRow } from './import/commissions.ts';

/**
 * @param sha256 of the file, hex; the entry's artifact
 * @returns how many were added
 */
export function addCommissions(
  { gate, macs }: { gate: Gate; macs: RowMacs },
  ctx: Context,
  accepted: readonly CommissionImportRow[],
  sha256: string,
): Promise<Outcome<number>> {
  return gate.change(ctx, 'commission.import', {
    locate: async (reader) => ({ record: await reader.commissions.all(), unit: null }),
    decide(present) {
      // Threat: children of one that was hung elsewhere would get codes of the place it claims.
      const forged = present.find((unit) => !macs.holds('commission', 'mac', unit));
      if (forged)
        return refuse('wrong-state', {
          detail: `The commission ${forged.code} is not where the server placed it; run kuzot audit verify first`,
        });
      const paths = new Map(present.map(({ code, path }) => [code, path]));
      const rows = accepted.map(({ code, level, parent, nameKy, nameRu, nameEn, address }) => {
        const above = parent === null ? '/' : paths.get(parent);
        if (above === undefined)
          throw new Error('commissions must come with each parent before its children');
        const path = `${above}${code}/`;
        paths.set(code, path);
        return [code, level, parent, path, nameKy, nameRu, nameEn, address, 1];
      });
      const columns = [
        'code',
        'level',
        'parent',
        'path',
        'nameKy',
        'nameRu',
        'nameEn',
        'address',
        'version',
      ] as const;
      return {
        kind: 'change',
        changes: [{ op: 'load', table: 'commission', columns: [...columns], rows }],
        value: rows.length,
        about: { artifact: sha256, detail: { file: sha256, units: rows.length } },
      };
    },
  });
}
