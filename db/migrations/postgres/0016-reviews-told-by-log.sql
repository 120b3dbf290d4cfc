-- Whether an overdue review was told, or given, stands in the log: a row could be written to keep it silent.
DROP INDEX "emergency_review";
ALTER TABLE "emergency" DROP COLUMN "escalated_at";
