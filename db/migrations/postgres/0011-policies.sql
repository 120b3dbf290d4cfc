-- Access policies as they were proposed, approved and put in force; emergency access.
CREATE TABLE "policy_set" (
  "hash" text COLLATE "C" PRIMARY KEY NOT NULL,
  "files" text COLLATE "C" NOT NULL,
  "at" bigint NOT NULL,
  "entry" bigint NOT NULL
);
CREATE TABLE "policy_proposal" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  "before" text COLLATE "C" NOT NULL,
  "reason" text COLLATE "C" NOT NULL,
  "difference" text COLLATE "C" NOT NULL,
  "entry" bigint NOT NULL
);
CREATE TABLE "policy_in_force" (
  "name" text COLLATE "C" PRIMARY KEY NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  "since" bigint NOT NULL,
  "approval" text COLLATE "C",
  "entry" bigint NOT NULL
);
CREATE TABLE "emergency" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "session" text COLLATE "C" NOT NULL,
  "commission" text COLLATE "C" NOT NULL,
  "acts" text COLLATE "C" NOT NULL,
  "reason" text COLLATE "C" NOT NULL,
  "asked_at" bigint NOT NULL,
  "starts_at" bigint,
  "ends_at" bigint,
  "approved_by" text COLLATE "C",
  "ended_at" bigint,
  "ended_by" text COLLATE "C",
  "review_due_at" bigint,
  "reviewed_at" bigint,
  "reviewed_by" text COLLATE "C",
  "finding" text COLLATE "C",
  "note" text COLLATE "C",
  "escalated_at" bigint,
  "entry" bigint NOT NULL,
  "version" bigint NOT NULL
);
CREATE INDEX "emergency_officer" ON "emergency" ("officer", "ends_at");
CREATE INDEX "emergency_review" ON "emergency" ("review_due_at");
