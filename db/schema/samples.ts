// The random re-check of administrators' acts: periods fixed, draws, and what became of each drawn entry. The log holds the
// evidence; these tables hold what is still to be done. Notes are not here: they live in the erasable event of their entry.
import type { Dialect } from '../dialect.ts';

export function sampleTables({ table, text, int, index, primaryKey }: Dialect) {
  return {
    sample: table('sample', {
      /** From 1, without gaps: two fixed at once meet on it. */
      number: int('number').primaryKey(),
      /** fixed | drawn | closed */
      state: text('state').notNull(),
      fromAt: int('from_at').notNull(),
      toAt: int('to_at').notNull(),
      /** Entries `first` to `next` - 1. */
      first: int('first').notNull(),
      next: int('next').notNull(),
      population: int('population').notNull(),
      wanted: int('wanted').notNull(),
      confidence: int('confidence').notNull(),
      rate: int('rate').notNull(),
      repeats: int('repeats'),
      fixedBy: text('fixed_by').notNull(),
      fixedAt: int('fixed_at').notNull(),
      fixEntry: int('fix_entry').notNull(),
      drawEntry: int('draw_entry'),
      closedBy: text('closed_by'),
      closedAt: int('closed_at'),
      closeEntry: int('close_entry'),
      mostWrong: int('most_wrong'),
      /** By when the dice are to be thrown. */
      dueAt: int('due_at').notNull(),
      escalatedAt: int('escalated_at'),
      version: int('version').notNull(),
    }),
    sampleItem: table(
      'sample_item',
      {
        sample: int('sample').notNull(),
        seq: int('seq').notNull(),
        place: int('place').notNull(),
        actor: text('actor').notNull(),
        commission: text('commission').notNull(),
        /** open | to-sign | done */
        state: text('state').notNull(),
        reviewer: text('reviewer'),
        signer: text('signer'),
        dueAt: int('due_at').notNull(),
        escalatedAt: int('escalated_at'),
        finding: text('finding'),
        foundBy: text('found_by'),
        foundAt: int('found_at'),
        foundEntry: int('found_entry'),
        signedBy: text('signed_by'),
        signedAt: int('signed_at'),
        signEntry: int('sign_entry'),
        returned: int('returned').notNull(),
        version: int('version').notNull(),
      },
      (t) => [primaryKey({ columns: [t.sample, t.seq] }), index('sample_item_due').on(t.state, t.dueAt)],
    ),
  };
}
