// The voter list, applications to change it, the calendar that governs them, and what waits for approval or attention.
import type { Dialect } from '../dialect.ts';

export function listTables({ table, text, int, bytes, index, uniqueIndex, primaryKey }: Dialect) {
  return {
    voter: table(
      'voter',
      {
        id: text('id').primaryKey(),
        /** The identifier as text: 14 digits under scheme `kg-pin`, anything under `foreign:NAME`. */
        pin: text('pin').notNull(),
        scheme: text('scheme').notNull(),
        surname: text('surname').notNull(),
        givenName: text('given_name').notNull(),
        patronymic: text('patronymic').notNull(),
        /** ISO date, a year alone, or empty. */
        birthDate: text('birth_date').notNull(),
        sex: text('sex').notNull(),
        address: text('address').notNull(),
        precinct: text('precinct').notNull(),
        /** Folded full name: what search runs on (server/lib/fold.ts). */
        fold: text('fold').notNull(),
        /** Comma-separated findings of the import: pin-sex, mixed-alphabet … */
        flags: text('flags').notNull(),
        /** listed | removed */
        status: text('status').notNull(),
        version: int('version').notNull(),
        changedAt: int('changed_at').notNull(),
      },
      (t) => [
        uniqueIndex('voter_pin').on(t.pin),
        index('voter_precinct_fold').on(t.precinct, t.fold),
        index('voter_fold').on(t.fold),
      ],
    ),
    /** Superseded versions: the row as it stood before the change made by `entry` (R34). */
    voterVersion: table(
      'voter_version',
      {
        voter: text('voter').notNull(),
        version: int('version').notNull(),
        /** Canonical JSON of the voter's columns at that version. */
        row: text('row').notNull(),
        replacedAt: int('replaced_at').notNull(),
        replacedBy: text('replaced_by').notNull(),
        application: text('application'),
        entry: int('entry').notNull(),
      },
      (t) => [primaryKey({ columns: [t.voter, t.version] })],
    ),
    /** Distinct folded surnames, the typo dictionary's source. */
    surname: table('surname', { fold: text('fold').primaryKey() }),
    election: table('election', {
      id: text('id').primaryKey(),
      nameKy: text('name_ky').notNull(),
      nameRu: text('name_ru').notNull(),
      nameEn: text('name_en').notNull(),
      votingDay: text('voting_day').notNull(),
      state: text('state').notNull(),
      version: int('version').notNull(),
    }),
    /** Explicit dates with the act that set them (R27): freeze, applications-end, institutions-end, final-public … */
    calendarDate: table(
      'calendar_date',
      {
        election: text('election').notNull(),
        event: text('event').notNull(),
        onDay: text('on_day').notNull(),
        act: text('act').notNull(),
        setBy: text('set_by').notNull(),
        setAt: int('set_at').notNull(),
        version: int('version').notNull(),
      },
      (t) => [primaryKey({ columns: [t.election, t.event] })],
    ),
    application: table(
      'application',
      {
        id: text('id').primaryKey(),
        number: text('number').notNull().unique(),
        coupon: text('coupon').unique(),
        kind: text('kind').notNull(),
        channel: text('channel').notNull(),
        election: text('election').notNull(),
        precinct: text('precinct').notNull(),
        territory: text('territory').notNull(),
        state: text('state').notNull(),
        voter: text('voter'),
        /** Canonical JSON, encrypted: names, birth date, address, contact, reply channel. */
        applicant: bytes('applicant').notNull(),
        /** Canonical JSON, encrypted: passport series and number. */
        passport: bytes('passport'),
        /** Canonical JSON, encrypted: representative and authority (R53). */
        representative: bytes('representative'),
        /** Canonical JSON, encrypted: [{field, old, new}]. */
        change: bytes('change').notNull(),
        legalBasis: text('legal_basis').notNull(),
        takenBy: text('taken_by').notNull(),
        createdAt: int('created_at').notNull(),
        identityCheckedAt: int('identity_checked_at'),
        photoMatched: int('photo_matched').notNull(),
        receivedAt: int('received_at'),
        enteredAt: int('entered_at'),
        atTerritoryAt: int('at_territory_at'),
        /** Inclusive ISO day, Asia/Bishkek; means: reply sent by then. */
        dueOn: text('due_on'),
        reviewedBy: text('reviewed_by'),
        decidedBy: text('decided_by'),
        decidedAt: int('decided_at'),
        outcome: text('outcome'),
        reason: text('reason'),
        legalReference: text('legal_reference'),
        approval: text('approval'),
        appliedBy: text('applied_by'),
        appliedAt: int('applied_at'),
        repliedAt: int('replied_at'),
        replyMethod: text('reply_method'),
        replyProof: text('reply_proof'),
        shelf: text('shelf'),
        version: int('version').notNull(),
        /** Blind index of the passport's number: the same document elsewhere is found without opening any. */
        passportIndex: text('passport_index'),
      },
      (t) => [
        index('application_precinct').on(t.precinct, t.state),
        index('application_territory').on(t.territory, t.state),
        index('application_voter').on(t.voter),
        index('application_due').on(t.dueOn),
        index('application_passport').on(t.passportIndex),
      ],
    ),
    /** Every step an application took, for its own page; the audit log stays the evidence. */
    applicationStep: table(
      'application_step',
      {
        application: text('application').notNull(),
        version: int('version').notNull(),
        at: int('at').notNull(),
        officer: text('officer').notNull(),
        action: text('action').notNull(),
        state: text('state').notNull(),
        entry: int('entry').notNull(),
      },
      (t) => [primaryKey({ columns: [t.application, t.version] })],
    ),
    attachment: table(
      'attachment',
      {
        id: text('id').primaryKey(),
        application: text('application').notNull(),
        sha256: text('sha256').notNull(),
        mediaType: text('media_type').notNull(),
        size: int('size').notNull(),
        /** Encrypted content. */
        content: bytes('content').notNull(),
        shelf: text('shelf'),
        addedAt: int('added_at').notNull(),
        addedBy: text('added_by').notNull(),
      },
      (t) => [index('attachment_application').on(t.application)],
    ),
    /** A block belongs to one application; the voter is blocked while any row has no end (R12). */
    block: table(
      'block',
      {
        voter: text('voter').notNull(),
        application: text('application').notNull(),
        since: int('since').notNull(),
        until: int('until'),
      },
      (t) => [primaryKey({ columns: [t.voter, t.application] })],
    ),
    approval: table(
      'approval',
      {
        id: text('id').primaryKey(),
        /** A word of the contract's `approvalKinds`. */
        kind: text('kind').notNull(),
        /** Canonical JSON of exactly what is approved; its SHA-256 is what a step-up binds to. */
        payload: text('payload').notNull(),
        payloadHash: text('payload_hash').notNull(),
        /** How many persons it concerns, and on which basis: all an approver sees. */
        persons: int('persons').notNull(),
        purpose: text('purpose').notNull(),
        commission: text('commission').notNull(),
        requestedBy: text('requested_by').notNull(),
        requestedAt: int('requested_at').notNull(),
        /** pending | approved | denied | executed | expired */
        state: text('state').notNull(),
        needed: int('needed').notNull(),
        expiresAt: int('expires_at').notNull(),
        decidedAt: int('decided_at'),
        executedAt: int('executed_at'),
        entry: int('entry').notNull(),
        version: int('version').notNull(),
      },
      (t) => [
        index('approval_state').on(t.state, t.requestedAt),
        index('approval_commission').on(t.commission),
      ],
    ),
    approvalVote: table(
      'approval_vote',
      {
        approval: text('approval').notNull(),
        officer: text('officer').notNull(),
        vote: text('vote').notNull(),
        reason: text('reason').notNull(),
        at: int('at').notNull(),
      },
      (t) => [primaryKey({ columns: [t.approval, t.officer] })],
    ),
    /** Destruction acts that were carried out (R03, R14): what was ordered and how much went; never whose it was. */
    destruction: table('destruction', {
      /** The approval it rests on. */
      id: text('id').primaryKey(),
      /** Number of the paper act, who ordered it, and when. */
      number: text('number').notNull(),
      orderedBy: text('ordered_by').notNull(),
      orderedOn: text('ordered_on').notNull(),
      /** retention | unlawful */
      basis: text('basis').notNull(),
      /** Document with which the person was told (R14). */
      notice: text('notice'),
      commission: text('commission').notNull(),
      requestedBy: text('requested_by').notNull(),
      executedBy: text('executed_by').notNull(),
      at: int('at').notNull(),
      entry: int('entry').notNull(),
      /** Canonical JSON: how many rows of what went. */
      counts: text('counts').notNull(),
      /** Hex: HMAC-SHA-256(salt, voter id): by it a restored copy is known to hold what was destroyed. */
      salt: text('salt').notNull(),
      mark: text('mark').notNull(),
    }),
    alert: table(
      'alert',
      {
        id: text('id').primaryKey(),
        rule: text('rule').notNull(),
        ruleVersion: text('rule_version').notNull(),
        level: text('level').notNull(),
        /** new | acknowledged | investigating | incident | closed */
        state: text('state').notNull(),
        /** Canonical JSON of the group-by values. */
        entity: text('entity').notNull(),
        /** Smallest unit that covers every event: decides who sees it. */
        commission: text('commission').notNull(),
        /** Space-separated officer ids the alert is about: they never triage it. */
        about: text('about').notNull(),
        voter: text('voter'),
        firstSeq: int('first_seq').notNull(),
        lastSeq: int('last_seq').notNull(),
        /** JSON array of the seqs that made the condition true. */
        seqs: text('seqs').notNull(),
        /** Later firings folded into this alert by suppression. */
        folded: int('folded').notNull(),
        createdAt: int('created_at').notNull(),
        updatedAt: int('updated_at').notNull(),
        dueAt: int('due_at').notNull(),
        assignee: text('assignee'),
        closeReason: text('close_reason'),
        closeNote: text('close_note'),
        closedBy: text('closed_by'),
        version: int('version').notNull(),
      },
      (t) => [index('alert_state').on(t.state, t.createdAt), index('alert_rule').on(t.rule, t.entity)],
    ),
    alertStep: table(
      'alert_step',
      {
        alert: text('alert').notNull(),
        version: int('version').notNull(),
        at: int('at').notNull(),
        officer: text('officer').notNull(),
        action: text('action').notNull(),
        note: text('note').notNull(),
      },
      (t) => [primaryKey({ columns: [t.alert, t.version] })],
    ),
  };
}
