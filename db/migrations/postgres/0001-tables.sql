CREATE TABLE "entry" (
  "seq" bigint PRIMARY KEY,
  "leaf" bytea NOT NULL,
  "leaf_hash" bytea NOT NULL
);
CREATE TABLE "tile" (
  "level" bigint NOT NULL,
  "idx" bigint NOT NULL,
  "hashes" bytea NOT NULL,
  PRIMARY KEY ("level", "idx")
);
CREATE TABLE "checkpoint" (
  "size" bigint PRIMARY KEY,
  "note" text COLLATE "C" NOT NULL
);
CREATE TABLE "cosignature" (
  "size" bigint NOT NULL,
  "witness" text COLLATE "C" NOT NULL,
  "line" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("size", "witness")
);
CREATE TABLE "event" (
  "seq" bigint PRIMARY KEY,
  "json" text COLLATE "C" NOT NULL
);
CREATE TABLE "trail" (
  "seq" bigint PRIMARY KEY,
  "at" bigint NOT NULL,
  "act" text COLLATE "C" NOT NULL,
  "outcome" text COLLATE "C" NOT NULL,
  "actor" text COLLATE "C",
  "role" text COLLATE "C",
  "commission" text COLLATE "C",
  "session" text COLLATE "C",
  "purpose" text COLLATE "C",
  "case_id" text COLLATE "C",
  "address" text COLLATE "C",
  "policy" text COLLATE "C",
  "persons" bigint NOT NULL
);
CREATE INDEX "trail_actor" ON "trail" ("actor", "seq");
CREATE INDEX "trail_act" ON "trail" ("act", "seq");
CREATE INDEX "trail_commission" ON "trail" ("commission", "seq");
CREATE INDEX "trail_session" ON "trail" ("session", "seq");
CREATE INDEX "trail_case" ON "trail" ("case_id", "seq");
CREATE INDEX "trail_at" ON "trail" ("at");
CREATE TABLE "trail_voter" (
  "voter" text COLLATE "C" NOT NULL,
  "seq" bigint NOT NULL,
  PRIMARY KEY ("voter", "seq")
);
CREATE TABLE "cursor" (
  "name" text COLLATE "C" PRIMARY KEY NOT NULL,
  "seq" bigint NOT NULL,
  "mark" text COLLATE "C" NOT NULL
);
CREATE TABLE "meta" (
  "key" text COLLATE "C" PRIMARY KEY NOT NULL,
  "value" text COLLATE "C" NOT NULL
);
CREATE TABLE "commission" (
  "code" text COLLATE "C" PRIMARY KEY NOT NULL,
  "level" text COLLATE "C" NOT NULL,
  "parent" text COLLATE "C",
  "path" text COLLATE "C" NOT NULL,
  "name_ky" text COLLATE "C" NOT NULL,
  "name_ru" text COLLATE "C" NOT NULL,
  "name_en" text COLLATE "C" NOT NULL,
  "address" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL
);
CREATE UNIQUE INDEX "commission_path" ON "commission" ("path");
CREATE INDEX "commission_parent" ON "commission" ("parent");
CREATE TABLE "officer" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "login" text COLLATE "C" NOT NULL UNIQUE,
  "surname" text COLLATE "C" NOT NULL,
  "given_name" text COLLATE "C" NOT NULL,
  "patronymic" text COLLATE "C" NOT NULL,
  "role" text COLLATE "C" NOT NULL,
  "commission" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "created_by" text COLLATE "C" NOT NULL,
  "activated_by" text COLLATE "C",
  "password_hash" text COLLATE "C",
  "password_set_at" bigint,
  "password_temporary" bigint NOT NULL,
  "password_expires_at" bigint,
  "totp_seed" bytea,
  "totp_confirmed_at" bigint,
  "totp_step" bigint NOT NULL,
  "briefing_version" text COLLATE "C",
  "briefing_hash" text COLLATE "C",
  "clearance_order" text COLLATE "C" NOT NULL,
  "clearance_level" text COLLATE "C" NOT NULL,
  "clearance_until" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL
);
CREATE TABLE "officer_version" (
  "officer" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL,
  "valid_from" bigint NOT NULL,
  "login" text COLLATE "C" NOT NULL,
  "surname" text COLLATE "C" NOT NULL,
  "given_name" text COLLATE "C" NOT NULL,
  "patronymic" text COLLATE "C" NOT NULL,
  "role" text COLLATE "C" NOT NULL,
  "commission" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("officer", "version")
);
CREATE TABLE "password_history" (
  "officer" text COLLATE "C" NOT NULL,
  "set_at" bigint NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("officer", "set_at")
);
CREATE TABLE "session" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "rotation" text COLLATE "C" NOT NULL,
  "stage" text COLLATE "C" NOT NULL,
  "started_at" bigint NOT NULL,
  "seen_at" bigint NOT NULL,
  "ends_at" bigint NOT NULL,
  "locked_at" bigint,
  "ended_at" bigint,
  "end_reason" text COLLATE "C",
  "factor_at" bigint,
  "step_up_for" text COLLATE "C",
  "step_up_at" bigint,
  "network" text COLLATE "C" NOT NULL,
  "workstation" text COLLATE "C" NOT NULL
);
CREATE INDEX "session_officer" ON "session" ("officer", "started_at");
CREATE TABLE "throttle" (
  "lane" text COLLATE "C" PRIMARY KEY NOT NULL,
  "failures" bigint NOT NULL,
  "blocked_until" bigint NOT NULL,
  "updated_at" bigint NOT NULL
);
CREATE TABLE "device" (
  "officer" text COLLATE "C" NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  "seen_at" bigint NOT NULL,
  PRIMARY KEY ("officer", "hash")
);
CREATE TABLE "voter" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "pin" text COLLATE "C" NOT NULL,
  "scheme" text COLLATE "C" NOT NULL,
  "surname" text COLLATE "C" NOT NULL,
  "given_name" text COLLATE "C" NOT NULL,
  "patronymic" text COLLATE "C" NOT NULL,
  "birth_date" text COLLATE "C" NOT NULL,
  "sex" text COLLATE "C" NOT NULL,
  "address" text COLLATE "C" NOT NULL,
  "precinct" text COLLATE "C" NOT NULL,
  "fold" text COLLATE "C" NOT NULL,
  "flags" text COLLATE "C" NOT NULL,
  "status" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL,
  "changed_at" bigint NOT NULL
);
CREATE UNIQUE INDEX "voter_pin" ON "voter" ("pin");
CREATE INDEX "voter_precinct_fold" ON "voter" ("precinct", "fold");
CREATE INDEX "voter_fold" ON "voter" ("fold");
CREATE TABLE "voter_version" (
  "voter" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL,
  "row" text COLLATE "C" NOT NULL,
  "replaced_at" bigint NOT NULL,
  "replaced_by" text COLLATE "C" NOT NULL,
  "application" text COLLATE "C",
  "entry" bigint NOT NULL,
  PRIMARY KEY ("voter", "version")
);
CREATE TABLE "surname" (
  "fold" text COLLATE "C" PRIMARY KEY NOT NULL
);
CREATE TABLE "election" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "name_ky" text COLLATE "C" NOT NULL,
  "name_ru" text COLLATE "C" NOT NULL,
  "name_en" text COLLATE "C" NOT NULL,
  "voting_day" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL
);
CREATE TABLE "calendar_date" (
  "election" text COLLATE "C" NOT NULL,
  "event" text COLLATE "C" NOT NULL,
  "on_day" text COLLATE "C" NOT NULL,
  "act" text COLLATE "C" NOT NULL,
  "set_by" text COLLATE "C" NOT NULL,
  "set_at" bigint NOT NULL,
  "version" bigint NOT NULL,
  PRIMARY KEY ("election", "event")
);
CREATE TABLE "application" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "number" text COLLATE "C" NOT NULL UNIQUE,
  "coupon" text COLLATE "C" UNIQUE,
  "kind" text COLLATE "C" NOT NULL,
  "channel" text COLLATE "C" NOT NULL,
  "election" text COLLATE "C" NOT NULL,
  "precinct" text COLLATE "C" NOT NULL,
  "territory" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "voter" text COLLATE "C",
  "applicant" bytea NOT NULL,
  "passport" bytea,
  "representative" bytea,
  "change" bytea NOT NULL,
  "legal_basis" text COLLATE "C" NOT NULL,
  "taken_by" text COLLATE "C" NOT NULL,
  "created_at" bigint NOT NULL,
  "identity_checked_at" bigint,
  "photo_matched" bigint NOT NULL,
  "received_at" bigint,
  "entered_at" bigint,
  "at_territory_at" bigint,
  "due_on" text COLLATE "C",
  "reviewed_by" text COLLATE "C",
  "decided_by" text COLLATE "C",
  "decided_at" bigint,
  "outcome" text COLLATE "C",
  "reason" text COLLATE "C",
  "legal_reference" text COLLATE "C",
  "approval" text COLLATE "C",
  "applied_by" text COLLATE "C",
  "applied_at" bigint,
  "replied_at" bigint,
  "reply_method" text COLLATE "C",
  "reply_proof" text COLLATE "C",
  "shelf" text COLLATE "C",
  "version" bigint NOT NULL
);
CREATE INDEX "application_precinct" ON "application" ("precinct", "state");
CREATE INDEX "application_territory" ON "application" ("territory", "state");
CREATE INDEX "application_voter" ON "application" ("voter");
CREATE INDEX "application_due" ON "application" ("due_on");
CREATE TABLE "application_step" (
  "application" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL,
  "at" bigint NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "action" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "entry" bigint NOT NULL,
  PRIMARY KEY ("application", "version")
);
CREATE TABLE "attachment" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "application" text COLLATE "C" NOT NULL,
  "sha256" text COLLATE "C" NOT NULL,
  "media_type" text COLLATE "C" NOT NULL,
  "size" bigint NOT NULL,
  "content" bytea NOT NULL,
  "shelf" text COLLATE "C",
  "added_at" bigint NOT NULL,
  "added_by" text COLLATE "C" NOT NULL
);
CREATE INDEX "attachment_application" ON "attachment" ("application");
CREATE TABLE "block" (
  "voter" text COLLATE "C" NOT NULL,
  "application" text COLLATE "C" NOT NULL,
  "since" bigint NOT NULL,
  "until" bigint,
  PRIMARY KEY ("voter", "application")
);
CREATE TABLE "approval" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "kind" text COLLATE "C" NOT NULL,
  "payload" text COLLATE "C" NOT NULL,
  "payload_hash" text COLLATE "C" NOT NULL,
  "persons" bigint NOT NULL,
  "purpose" text COLLATE "C" NOT NULL,
  "commission" text COLLATE "C" NOT NULL,
  "requested_by" text COLLATE "C" NOT NULL,
  "requested_at" bigint NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "needed" bigint NOT NULL,
  "expires_at" bigint NOT NULL,
  "decided_at" bigint,
  "executed_at" bigint,
  "entry" bigint NOT NULL,
  "version" bigint NOT NULL
);
CREATE INDEX "approval_state" ON "approval" ("state", "requested_at");
CREATE INDEX "approval_commission" ON "approval" ("commission");
CREATE TABLE "approval_vote" (
  "approval" text COLLATE "C" NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "vote" text COLLATE "C" NOT NULL,
  "reason" text COLLATE "C" NOT NULL,
  "at" bigint NOT NULL,
  PRIMARY KEY ("approval", "officer")
);
CREATE TABLE "alert" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "rule" text COLLATE "C" NOT NULL,
  "rule_version" text COLLATE "C" NOT NULL,
  "level" text COLLATE "C" NOT NULL,
  "state" text COLLATE "C" NOT NULL,
  "entity" text COLLATE "C" NOT NULL,
  "commission" text COLLATE "C" NOT NULL,
  "about" text COLLATE "C" NOT NULL,
  "voter" text COLLATE "C",
  "first_seq" bigint NOT NULL,
  "last_seq" bigint NOT NULL,
  "seqs" text COLLATE "C" NOT NULL,
  "folded" bigint NOT NULL,
  "created_at" bigint NOT NULL,
  "updated_at" bigint NOT NULL,
  "due_at" bigint NOT NULL,
  "assignee" text COLLATE "C",
  "close_reason" text COLLATE "C",
  "close_note" text COLLATE "C",
  "closed_by" text COLLATE "C",
  "version" bigint NOT NULL
);
CREATE INDEX "alert_state" ON "alert" ("state", "created_at");
CREATE INDEX "alert_rule" ON "alert" ("rule", "entity");
CREATE TABLE "alert_step" (
  "alert" text COLLATE "C" NOT NULL,
  "version" bigint NOT NULL,
  "at" bigint NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "action" text COLLATE "C" NOT NULL,
  "note" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("alert", "version")
);
