-- What the explorer needs to answer any one filter from an index in order, and any stretch of time without reading the rest.
CREATE INDEX "trail_outcome" ON "trail" ("outcome", "seq");
CREATE INDEX "trail_address" ON "trail" ("address", "seq");
CREATE TABLE "trail_hour" (
  "hour" INTEGER PRIMARY KEY NOT NULL,
  "first" INTEGER NOT NULL,
  "last" INTEGER NOT NULL,
  "entries" INTEGER NOT NULL,
  "refused" INTEGER NOT NULL
) STRICT;
INSERT INTO "trail_hour"
SELECT "at" / 3600000, min("seq"), max("seq"), count(*), sum(CASE WHEN "outcome" <> 'done' THEN 1 ELSE 0 END)
FROM "trail" GROUP BY 1;
-- Views of the explorer an officer kept. Name and filter are typed, so they lie sealed.
CREATE TABLE "saved_view" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "officer" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "sealed" BLOB NOT NULL
) STRICT;
CREATE INDEX "saved_view_officer" ON "saved_view" ("officer", "created_at");
