// Commissions, officers and their sessions.
import type { Dialect } from '../dialect.ts';

export function peopleTables({ table, text, int, bytes, index, uniqueIndex, primaryKey }: Dialect) {
  return {
    /** The jurisdiction tree. `path` is `/CEC/…/code/`, so a unit and all below it is one range of paths. */
    commission: table(
      'commission',
      {
        code: text('code').primaryKey(),
        level: text('level').notNull(),
        parent: text('parent'),
        path: text('path').notNull(),
        nameKy: text('name_ky').notNull(),
        nameRu: text('name_ru').notNull(),
        nameEn: text('name_en').notNull(),
        address: text('address').notNull(),
        version: int('version').notNull(),
        /** Of where it hangs; see server/lib/row-macs.ts for this and the other codes. */
        mac: text('mac'),
      },
      (t) => [uniqueIndex('commission_path').on(t.path), index('commission_parent').on(t.parent)],
    ),
    officer: table('officer', {
      id: text('id').primaryKey(),
      login: text('login').notNull().unique(),
      surname: text('surname').notNull(),
      givenName: text('given_name').notNull(),
      patronymic: text('patronymic').notNull(),
      role: text('role').notNull(),
      commission: text('commission').notNull(),
      /** requested → issued → active → disabled; `requested` waits for a second official's grant, `issued` for an activation. */
      state: text('state').notNull(),
      createdBy: text('created_by').notNull(),
      activatedBy: text('activated_by'),
      passwordHash: text('password_hash'),
      passwordSetAt: int('password_set_at'),
      /** 1 while only the change of the issued password is allowed (R44). */
      passwordTemporary: int('password_temporary').notNull(),
      passwordExpiresAt: int('password_expires_at'),
      /** Encrypted 20-byte seed; confirmed once a code was accepted. */
      totpSeed: bytes('totp_seed'),
      totpConfirmedAt: int('totp_confirmed_at'),
      /** Last consumed 30-second step: each step opens once. */
      totpStep: int('totp_step').notNull(),
      briefingVersion: text('briefing_version'),
      briefingHash: text('briefing_hash'),
      clearanceOrder: text('clearance_order').notNull(),
      clearanceLevel: text('clearance_level').notNull(),
      /** Last day of the clearance, ISO date in Asia/Bishkek. */
      clearanceUntil: text('clearance_until').notNull(),
      version: int('version').notNull(),
      /** First and last day away, ISO dates in Asia/Bishkek; the account opens nothing on them. Never why. */
      absentFrom: text('absent_from'),
      absentUntil: text('absent_until'),
      /** When the account was last held suspect, reset or enabled anew, epoch ms: votes cast until then count no more. */
      trustedSince: int('trusted_since'),
      /** Codes of what the account may, and of what it logs in with. */
      dutyMac: text('duty_mac'),
      credentialsMac: text('credentials_mac'),
    }),
    /** Name, login, role and unit as they were from `validFrom` on: what a leaf's actor and time select (R29). */
    officerVersion: table(
      'officer_version',
      {
        officer: text('officer').notNull(),
        version: int('version').notNull(),
        validFrom: int('valid_from').notNull(),
        login: text('login').notNull(),
        surname: text('surname').notNull(),
        givenName: text('given_name').notNull(),
        patronymic: text('patronymic').notNull(),
        role: text('role').notNull(),
        commission: text('commission').notNull(),
        state: text('state').notNull(),
        mac: text('mac'),
      },
      (t) => [primaryKey({ columns: [t.officer, t.version] })],
    ),
    passwordHistory: table(
      'password_history',
      { officer: text('officer').notNull(), setAt: int('set_at').notNull(), hash: text('hash').notNull() },
      (t) => [primaryKey({ columns: [t.officer, t.setAt] })],
    ),
    session: table(
      'session',
      {
        id: text('id').primaryKey(),
        officer: text('officer').notNull(),
        /** Changes at log-in steps, step-up and password change; a token with another value is dead. */
        rotation: text('rotation').notNull(),
        /** password-change | totp-enrol | totp | passkey-enrol | briefing | open */
        stage: text('stage').notNull(),
        startedAt: int('started_at').notNull(),
        seenAt: int('seen_at').notNull(),
        endsAt: int('ends_at').notNull(),
        lockedAt: int('locked_at'),
        endedAt: int('ended_at'),
        endReason: text('end_reason'),
        /** When a second factor was last shown. */
        factorAt: int('factor_at'),
        /** A step-up bound to one act: `action:hash`, consumed by it. */
        stepUpFor: text('step_up_for'),
        stepUpAt: int('step_up_at'),
        network: text('network').notNull(),
        workstation: text('workstation').notNull(),
        /** Which factor that was: totp | passkey | recovery-code. */
        factorBy: text('factor_by'),
        mac: text('mac'),
      },
      (t) => [index('session_officer').on(t.officer, t.startedAt)],
    ),
    /** Failures per lane (account and network, known device, factor): delays grow, successes clear. */
    throttle: table('throttle', {
      lane: text('lane').primaryKey(),
      failures: int('failures').notNull(),
      blockedUntil: int('blocked_until').notNull(),
      updatedAt: int('updated_at').notNull(),
    }),
    /** Devices an officer has logged in from before: the hash of a random cookie. */
    device: table(
      'device',
      { officer: text('officer').notNull(), hash: text('hash').notNull(), seenAt: int('seen_at').notNull() },
      (t) => [primaryKey({ columns: [t.officer, t.hash] })],
    ),
    /** A passkey (WebAuthn credential) an officer registered as a second factor. Its secret never leaves the authenticator. */
    passkey: table(
      'passkey',
      {
        id: text('id').primaryKey(),
        officer: text('officer').notNull(),
        /** Credential id, base64url; the authenticator's name for it. It belongs to one officer. */
        credential: text('credential').notNull().unique(),
        /** COSE key (RFC 9052), base64url. */
        publicKey: text('public_key').notNull(),
        /** The authenticator's own count of uses, 0 for those that keep none. */
        counter: int('counter').notNull(),
        /** How browsers reach it, separated by commas: usb, nfc, internal … */
        transports: text('transports').notNull(),
        /** 1 where its maker may copy it to other devices. */
        synced: int('synced').notNull(),
        /** In clear only from before names were sealed; otherwise empty. */
        name: text('name').notNull(),
        createdAt: int('created_at').notNull(),
        usedAt: int('used_at'),
        /** What its owner calls it: typed, so it lies sealed. */
        sealedName: bytes('sealed_name'),
        mac: text('mac'),
      },
      (t) => [index('passkey_officer').on(t.officer, t.createdAt)],
    ),
    /** What the session's authenticator has been asked to sign: one at a time, taken once. */
    passkeyChallenge: table('passkey_challenge', {
      session: text('session').primaryKey(),
      /** register | login | step-up | unlock */
      purpose: text('purpose').notNull(),
      /** 256 bits, base64url. */
      challenge: text('challenge').notNull(),
      /** `action:hash` of the act a step-up is for. */
      boundTo: text('bound_to').notNull(),
      expiresAt: int('expires_at').notNull(),
    }),
    /** Codes that stand in for a lost factor at log-in, once each: keyed hashes. */
    recoveryCode: table(
      'recovery_code',
      {
        officer: text('officer').notNull(),
        hash: text('hash').notNull(),
        madeAt: int('made_at').notNull(),
        usedAt: int('used_at'),
      },
      (t) => [primaryKey({ columns: [t.officer, t.hash] })],
    ),
    /** A change of an officer's credentials, to be shown to them at the next log-ins (ASVS 6.3.7). */
    credentialNotice: table(
      'credential_notice',
      {
        officer: text('officer').notNull(),
        at: int('at').notNull(),
        what: text('what').notNull(),
      },
      (t) => [primaryKey({ columns: [t.officer, t.at, t.what] })],
    ),
    /** Who signed which text of the briefing, in which language (R39). */
    briefingSignature: table(
      'briefing_signature',
      {
        officer: text('officer').notNull(),
        version: text('version').notNull(),
        hash: text('hash').notNull(),
        language: text('language').notNull(),
        signedAt: int('signed_at').notNull(),
        entry: int('entry').notNull(),
      },
      (t) => [primaryKey({ columns: [t.officer, t.hash] })],
    ),
    /** Before and after each of these every password is changed (R46). Opened and closed as acts. */
    campaign: table('campaign', {
      id: text('id').primaryKey(),
      name: text('name').notNull(),
      /** Number and date of the decision that calls it. */
      basis: text('basis').notNull(),
      /** First and last day, inclusive, ISO dates in Asia/Bishkek; no last day while it is open. */
      opensOn: text('opens_on').notNull(),
      closedOn: text('closed_on'),
      openedBy: text('opened_by').notNull(),
      openedAt: int('opened_at').notNull(),
      openEntry: int('open_entry').notNull(),
      closedBy: text('closed_by'),
      closedAt: int('closed_at'),
      closeEntry: int('close_entry'),
      version: int('version').notNull(),
    }),
    /** A selection of the audit explorer an officer keeps. Name and filter are typed, so they lie sealed, as JSON. */
    savedView: table(
      'saved_view',
      {
        id: text('id').primaryKey(),
        officer: text('officer').notNull(),
        createdAt: int('created_at').notNull(),
        sealed: bytes('sealed').notNull(),
      },
      (t) => [index('saved_view_officer').on(t.officer, t.createdAt)],
    ),
  };
}
