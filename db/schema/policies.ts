// Access policies and detection rules as they were approved, and emergency access.
import type { Dialect } from '../dialect.ts';

export function policyTables({ table, text, int, index }: Dialect) {
  return {
    /** Every set of policy or rule files that was proposed or in force; a row never changes. */
    policySet: table('policy_set', {
      /** Hex SHA-256 over the files, as in the log. */
      hash: text('hash').primaryKey(),
      /** JSON: [{name, text}]. */
      files: text('files').notNull(),
      at: int('at').notNull(),
      entry: int('entry').notNull(),
    }),
    /** What a proposed set would change, as the approver was shown it. */
    policyProposal: table('policy_proposal', {
      /** The approval it is decided by. */
      id: text('id').primaryKey(),
      hash: text('hash').notNull(),
      before: text('before').notNull(),
      reason: text('reason').notNull(),
      /** Canonical JSON; its SHA-256 stands in the approval's payload. */
      difference: text('difference').notNull(),
      entry: int('entry').notNull(),
    }),
    /** The sets in force: one row each. */
    policyInForce: table('policy_in_force', {
      /** access | detection */
      name: text('name').primaryKey(),
      hash: text('hash').notNull(),
      since: int('since').notNull(),
      /** Null: the files of a start, which nobody approved. */
      approval: text('approval'),
      /** The entry that put it in force. */
      entry: int('entry').notNull(),
    }),
    emergency: table(
      'emergency',
      {
        /** The approval it rests on. */
        id: text('id').primaryKey(),
        officer: text('officer').notNull(),
        /** It holds in this session alone and ends with it. */
        session: text('session').notNull(),
        /** Unit whose voters may be read. */
        commission: text('commission').notNull(),
        /** Comma-separated acts. */
        acts: text('acts').notNull(),
        reason: text('reason').notNull(),
        askedAt: int('asked_at').notNull(),
        startsAt: int('starts_at'),
        endsAt: int('ends_at'),
        approvedBy: text('approved_by'),
        endedAt: int('ended_at'),
        endedBy: text('ended_by'),
        reviewDueAt: int('review_due_at'),
        reviewedAt: int('reviewed_at'),
        reviewedBy: text('reviewed_by'),
        /** justified | not-justified */
        finding: text('finding'),
        note: text('note'),
        entry: int('entry').notNull(),
        version: int('version').notNull(),
        /** The vote's entry that opened it: what the log does not say was not opened. */
        openedEntry: int('opened_entry'),
      },
      (t) => [index('emergency_officer').on(t.officer, t.endsAt)],
    ),
  };
}
