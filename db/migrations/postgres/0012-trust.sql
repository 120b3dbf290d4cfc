-- Emergency access names the entry that opened it; votes from before an account was last held suspect count no more.
ALTER TABLE "emergency" ADD COLUMN "opened_entry" BIGINT;
ALTER TABLE "officer" ADD COLUMN "trusted_since" BIGINT;
