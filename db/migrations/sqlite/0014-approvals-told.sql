-- A request that too few officials can decide on remembers which unit was told.
ALTER TABLE "approval" ADD COLUMN "told_unit" TEXT;
CREATE INDEX "approval_told" ON "approval" ("told_unit");
