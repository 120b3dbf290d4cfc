-- Absences, signed briefings and campaigns.
ALTER TABLE "officer" ADD COLUMN "absent_from" TEXT;
ALTER TABLE "officer" ADD COLUMN "absent_until" TEXT;
CREATE TABLE "briefing_signature" (
  "officer" TEXT NOT NULL,
  "version" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "language" TEXT NOT NULL,
  "signed_at" INTEGER NOT NULL,
  "entry" INTEGER NOT NULL,
  PRIMARY KEY ("officer", "hash")
) STRICT;
CREATE TABLE "campaign" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name" TEXT NOT NULL,
  "basis" TEXT NOT NULL,
  "opens_on" TEXT NOT NULL,
  "closed_on" TEXT,
  "opened_by" TEXT NOT NULL,
  "opened_at" INTEGER NOT NULL,
  "open_entry" INTEGER NOT NULL,
  "closed_by" TEXT,
  "closed_at" INTEGER,
  "close_entry" INTEGER,
  "version" INTEGER NOT NULL
) STRICT;
