-- Access policies as they were proposed, approved and put in force; emergency access.
CREATE TABLE "policy_set" (
  "hash" TEXT PRIMARY KEY NOT NULL,
  "files" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "entry" INTEGER NOT NULL
) STRICT;
CREATE TABLE "policy_proposal" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "hash" TEXT NOT NULL,
  "before" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "difference" TEXT NOT NULL,
  "entry" INTEGER NOT NULL
) STRICT;
CREATE TABLE "policy_in_force" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "hash" TEXT NOT NULL,
  "since" INTEGER NOT NULL,
  "approval" TEXT,
  "entry" INTEGER NOT NULL
) STRICT;
CREATE TABLE "emergency" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "officer" TEXT NOT NULL,
  "session" TEXT NOT NULL,
  "commission" TEXT NOT NULL,
  "acts" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "asked_at" INTEGER NOT NULL,
  "starts_at" INTEGER,
  "ends_at" INTEGER,
  "approved_by" TEXT,
  "ended_at" INTEGER,
  "ended_by" TEXT,
  "review_due_at" INTEGER,
  "reviewed_at" INTEGER,
  "reviewed_by" TEXT,
  "finding" TEXT,
  "note" TEXT,
  "escalated_at" INTEGER,
  "entry" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;
CREATE INDEX "emergency_officer" ON "emergency" ("officer", "ends_at");
CREATE INDEX "emergency_review" ON "emergency" ("review_due_at");
