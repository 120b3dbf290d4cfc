-- Destruction acts that were carried out (R03, R14): numbers and counts, never whose data it was.
CREATE TABLE "destruction" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "number" TEXT NOT NULL,
  "ordered_by" TEXT NOT NULL,
  "ordered_on" TEXT NOT NULL,
  "basis" TEXT NOT NULL,
  "notice" TEXT,
  "commission" TEXT NOT NULL,
  "requested_by" TEXT NOT NULL,
  "executed_by" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "entry" INTEGER NOT NULL,
  "counts" TEXT NOT NULL,
  "salt" TEXT NOT NULL,
  "mark" TEXT NOT NULL
) STRICT;
