CREATE TABLE "entry" (
  "seq" INTEGER PRIMARY KEY,
  "leaf" BLOB NOT NULL,
  "leaf_hash" BLOB NOT NULL
) STRICT;
CREATE TABLE "tile" (
  "level" INTEGER NOT NULL,
  "idx" INTEGER NOT NULL,
  "hashes" BLOB NOT NULL,
  PRIMARY KEY ("level", "idx")
) STRICT;
CREATE TABLE "checkpoint" (
  "size" INTEGER PRIMARY KEY,
  "note" TEXT NOT NULL
) STRICT;
CREATE TABLE "cosignature" (
  "size" INTEGER NOT NULL,
  "witness" TEXT NOT NULL,
  "line" TEXT NOT NULL,
  PRIMARY KEY ("size", "witness")
) STRICT, WITHOUT ROWID;
CREATE TABLE "event" (
  "seq" INTEGER PRIMARY KEY,
  "json" TEXT NOT NULL
) STRICT;
CREATE TABLE "trail" (
  "seq" INTEGER PRIMARY KEY,
  "at" INTEGER NOT NULL,
  "act" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "actor" TEXT,
  "role" TEXT,
  "commission" TEXT,
  "session" TEXT,
  "purpose" TEXT,
  "case_id" TEXT,
  "address" TEXT,
  "policy" TEXT,
  "persons" INTEGER NOT NULL
) STRICT;
CREATE INDEX "trail_actor" ON "trail" ("actor", "seq");
CREATE INDEX "trail_act" ON "trail" ("act", "seq");
CREATE INDEX "trail_commission" ON "trail" ("commission", "seq");
CREATE INDEX "trail_session" ON "trail" ("session", "seq");
CREATE INDEX "trail_case" ON "trail" ("case_id", "seq");
CREATE INDEX "trail_at" ON "trail" ("at");
CREATE TABLE "trail_voter" (
  "voter" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,
  PRIMARY KEY ("voter", "seq")
) STRICT, WITHOUT ROWID;
CREATE TABLE "cursor" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "seq" INTEGER NOT NULL,
  "mark" TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "meta" (
  "key" TEXT PRIMARY KEY NOT NULL,
  "value" TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "commission" (
  "code" TEXT PRIMARY KEY NOT NULL,
  "level" TEXT NOT NULL,
  "parent" TEXT,
  "path" TEXT NOT NULL,
  "name_ky" TEXT NOT NULL,
  "name_ru" TEXT NOT NULL,
  "name_en" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX "commission_path" ON "commission" ("path");
CREATE INDEX "commission_parent" ON "commission" ("parent");
CREATE TABLE "officer" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "login" TEXT NOT NULL UNIQUE,
  "surname" TEXT NOT NULL,
  "given_name" TEXT NOT NULL,
  "patronymic" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "commission" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "activated_by" TEXT,
  "password_hash" TEXT,
  "password_set_at" INTEGER,
  "password_temporary" INTEGER NOT NULL,
  "password_expires_at" INTEGER,
  "totp_seed" BLOB,
  "totp_confirmed_at" INTEGER,
  "totp_step" INTEGER NOT NULL,
  "briefing_version" TEXT,
  "briefing_hash" TEXT,
  "clearance_order" TEXT NOT NULL,
  "clearance_level" TEXT NOT NULL,
  "clearance_until" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;
CREATE TABLE "officer_version" (
  "officer" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "valid_from" INTEGER NOT NULL,
  "login" TEXT NOT NULL,
  "surname" TEXT NOT NULL,
  "given_name" TEXT NOT NULL,
  "patronymic" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "commission" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  PRIMARY KEY ("officer", "version")
) STRICT;
CREATE TABLE "password_history" (
  "officer" TEXT NOT NULL,
  "set_at" INTEGER NOT NULL,
  "hash" TEXT NOT NULL,
  PRIMARY KEY ("officer", "set_at")
) STRICT;
CREATE TABLE "session" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "officer" TEXT NOT NULL,
  "rotation" TEXT NOT NULL,
  "stage" TEXT NOT NULL,
  "started_at" INTEGER NOT NULL,
  "seen_at" INTEGER NOT NULL,
  "ends_at" INTEGER NOT NULL,
  "locked_at" INTEGER,
  "ended_at" INTEGER,
  "end_reason" TEXT,
  "factor_at" INTEGER,
  "step_up_for" TEXT,
  "step_up_at" INTEGER,
  "network" TEXT NOT NULL,
  "workstation" TEXT NOT NULL
) STRICT;
CREATE INDEX "session_officer" ON "session" ("officer", "started_at");
CREATE TABLE "throttle" (
  "lane" TEXT PRIMARY KEY NOT NULL,
  "failures" INTEGER NOT NULL,
  "blocked_until" INTEGER NOT NULL,
  "updated_at" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "device" (
  "officer" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "seen_at" INTEGER NOT NULL,
  PRIMARY KEY ("officer", "hash")
) STRICT, WITHOUT ROWID;
CREATE TABLE "voter" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "pin" TEXT NOT NULL,
  "scheme" TEXT NOT NULL,
  "surname" TEXT NOT NULL,
  "given_name" TEXT NOT NULL,
  "patronymic" TEXT NOT NULL,
  "birth_date" TEXT NOT NULL,
  "sex" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "precinct" TEXT NOT NULL,
  "fold" TEXT NOT NULL,
  "flags" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "changed_at" INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX "voter_pin" ON "voter" ("pin");
CREATE INDEX "voter_precinct_fold" ON "voter" ("precinct", "fold");
CREATE INDEX "voter_fold" ON "voter" ("fold");
CREATE TABLE "voter_version" (
  "voter" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "row" TEXT NOT NULL,
  "replaced_at" INTEGER NOT NULL,
  "replaced_by" TEXT NOT NULL,
  "application" TEXT,
  "entry" INTEGER NOT NULL,
  PRIMARY KEY ("voter", "version")
) STRICT;
CREATE TABLE "surname" (
  "fold" TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "election" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name_ky" TEXT NOT NULL,
  "name_ru" TEXT NOT NULL,
  "name_en" TEXT NOT NULL,
  "voting_day" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;
CREATE TABLE "calendar_date" (
  "election" TEXT NOT NULL,
  "event" TEXT NOT NULL,
  "on_day" TEXT NOT NULL,
  "act" TEXT NOT NULL,
  "set_by" TEXT NOT NULL,
  "set_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL,
  PRIMARY KEY ("election", "event")
) STRICT, WITHOUT ROWID;
CREATE TABLE "application" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "number" TEXT NOT NULL UNIQUE,
  "coupon" TEXT UNIQUE,
  "kind" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "election" TEXT NOT NULL,
  "precinct" TEXT NOT NULL,
  "territory" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "voter" TEXT,
  "applicant" BLOB NOT NULL,
  "passport" BLOB,
  "representative" BLOB,
  "change" BLOB NOT NULL,
  "legal_basis" TEXT NOT NULL,
  "taken_by" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "identity_checked_at" INTEGER,
  "photo_matched" INTEGER NOT NULL,
  "received_at" INTEGER,
  "entered_at" INTEGER,
  "at_territory_at" INTEGER,
  "due_on" TEXT,
  "reviewed_by" TEXT,
  "decided_by" TEXT,
  "decided_at" INTEGER,
  "outcome" TEXT,
  "reason" TEXT,
  "legal_reference" TEXT,
  "approval" TEXT,
  "applied_by" TEXT,
  "applied_at" INTEGER,
  "replied_at" INTEGER,
  "reply_method" TEXT,
  "reply_proof" TEXT,
  "shelf" TEXT,
  "version" INTEGER NOT NULL
) STRICT;
CREATE INDEX "application_precinct" ON "application" ("precinct", "state");
CREATE INDEX "application_territory" ON "application" ("territory", "state");
CREATE INDEX "application_voter" ON "application" ("voter");
CREATE INDEX "application_due" ON "application" ("due_on");
CREATE TABLE "application_step" (
  "application" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "officer" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "entry" INTEGER NOT NULL,
  PRIMARY KEY ("application", "version")
) STRICT;
CREATE TABLE "attachment" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "application" TEXT NOT NULL,
  "sha256" TEXT NOT NULL,
  "media_type" TEXT NOT NULL,
  "size" INTEGER NOT NULL,
  "content" BLOB NOT NULL,
  "shelf" TEXT,
  "added_at" INTEGER NOT NULL,
  "added_by" TEXT NOT NULL
) STRICT;
CREATE INDEX "attachment_application" ON "attachment" ("application");
CREATE TABLE "block" (
  "voter" TEXT NOT NULL,
  "application" TEXT NOT NULL,
  "since" INTEGER NOT NULL,
  "until" INTEGER,
  PRIMARY KEY ("voter", "application")
) STRICT, WITHOUT ROWID;
CREATE TABLE "approval" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "kind" TEXT NOT NULL,
  "payload" TEXT NOT NULL,
  "payload_hash" TEXT NOT NULL,
  "persons" INTEGER NOT NULL,
  "purpose" TEXT NOT NULL,
  "commission" TEXT NOT NULL,
  "requested_by" TEXT NOT NULL,
  "requested_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "needed" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL,
  "decided_at" INTEGER,
  "executed_at" INTEGER,
  "entry" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;
CREATE INDEX "approval_state" ON "approval" ("state", "requested_at");
CREATE INDEX "approval_commission" ON "approval" ("commission");
CREATE TABLE "approval_vote" (
  "approval" TEXT NOT NULL,
  "officer" TEXT NOT NULL,
  "vote" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  PRIMARY KEY ("approval", "officer")
) STRICT, WITHOUT ROWID;
CREATE TABLE "alert" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "rule" TEXT NOT NULL,
  "rule_version" TEXT NOT NULL,
  "level" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "entity" TEXT NOT NULL,
  "commission" TEXT NOT NULL,
  "about" TEXT NOT NULL,
  "voter" TEXT,
  "first_seq" INTEGER NOT NULL,
  "last_seq" INTEGER NOT NULL,
  "seqs" TEXT NOT NULL,
  "folded" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "updated_at" INTEGER NOT NULL,
  "due_at" INTEGER NOT NULL,
  "assignee" TEXT,
  "close_reason" TEXT,
  "close_note" TEXT,
  "closed_by" TEXT,
  "version" INTEGER NOT NULL
) STRICT;
CREATE INDEX "alert_state" ON "alert" ("state", "created_at");
CREATE INDEX "alert_rule" ON "alert" ("rule", "entity");
CREATE TABLE "alert_step" (
  "alert" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "at" INTEGER NOT NULL,
  "officer" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "note" TEXT NOT NULL,
  PRIMARY KEY ("alert", "version")
) STRICT;
