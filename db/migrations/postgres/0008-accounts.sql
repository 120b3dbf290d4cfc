-- Absences, signed briefings and campaigns.
ALTER TABLE "officer" ADD COLUMN "absent_from" text COLLATE "C";
ALTER TABLE "officer" ADD COLUMN "absent_until" text COLLATE "C";
CREATE TABLE "briefing_signature" (
  "officer" text COLLATE "C" NOT NULL,
  "version" text COLLATE "C" NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  "language" text COLLATE "C" NOT NULL,
  "signed_at" bigint NOT NULL,
  "entry" bigint NOT NULL,
  PRIMARY KEY ("officer", "hash")
);
CREATE TABLE "campaign" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "basis" text COLLATE "C" NOT NULL,
  "opens_on" text COLLATE "C" NOT NULL,
  "closed_on" text COLLATE "C",
  "opened_by" text COLLATE "C" NOT NULL,
  "opened_at" bigint NOT NULL,
  "open_entry" bigint NOT NULL,
  "closed_by" text COLLATE "C",
  "closed_at" bigint,
  "close_entry" bigint,
  "version" bigint NOT NULL
);
