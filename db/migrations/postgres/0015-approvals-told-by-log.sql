-- Whether a unit was told that too few can decide on a request stands in the log: a row could be written to keep it silent.
DROP INDEX "approval_told";
ALTER TABLE "approval" DROP COLUMN "told_unit";
