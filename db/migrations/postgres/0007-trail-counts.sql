-- Hours whose entries lie in more than one run, where the clock was moved; what was counted by hour stays one run each. Entries
-- by the hour, act and outcome, so that the explorer's histogram need not read them.
ALTER TABLE "trail_hour" DROP CONSTRAINT "trail_hour_pkey", ADD PRIMARY KEY ("hour", "first");
CREATE TABLE "trail_count" (
  "act" TEXT COLLATE "C" NOT NULL,
  "outcome" TEXT COLLATE "C" NOT NULL,
  "in_unit" BIGINT NOT NULL,
  "hour" BIGINT NOT NULL,
  "entries" BIGINT NOT NULL,
  PRIMARY KEY ("act", "outcome", "in_unit", "hour")
);
INSERT INTO "trail_count"
SELECT "act", "outcome", CASE WHEN "commission" IS NULL THEN 0 ELSE 1 END, "at" / 3600000, count(*)
FROM "trail" GROUP BY 1, 2, 3, 4;
-- Times are found by the hour: nothing asks for this any more, and every entry paid for it.
DROP INDEX "trail_at";
