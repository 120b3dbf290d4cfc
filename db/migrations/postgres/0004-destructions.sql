-- Destruction acts that were carried out (R03, R14): numbers and counts, never whose data it was.
CREATE TABLE "destruction" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "number" text COLLATE "C" NOT NULL,
  "ordered_by" text COLLATE "C" NOT NULL,
  "ordered_on" text COLLATE "C" NOT NULL,
  "basis" text COLLATE "C" NOT NULL,
  "notice" text COLLATE "C",
  "commission" text COLLATE "C" NOT NULL,
  "requested_by" text COLLATE "C" NOT NULL,
  "executed_by" text COLLATE "C" NOT NULL,
  "at" bigint NOT NULL,
  "entry" bigint NOT NULL,
  "counts" text COLLATE "C" NOT NULL,
  "salt" text COLLATE "C" NOT NULL,
  "mark" text COLLATE "C" NOT NULL
);
