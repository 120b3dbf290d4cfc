-- Codes of who somebody is and what they may, keyed outside the database: a row written past the server opens nothing.
ALTER TABLE "commission" ADD COLUMN "mac" TEXT;
ALTER TABLE "officer" ADD COLUMN "duty_mac" TEXT;
ALTER TABLE "officer" ADD COLUMN "credentials_mac" TEXT;
ALTER TABLE "session" ADD COLUMN "mac" TEXT;
ALTER TABLE "passkey" ADD COLUMN "mac" TEXT;
ALTER TABLE "officer_version" ADD COLUMN "mac" TEXT;
