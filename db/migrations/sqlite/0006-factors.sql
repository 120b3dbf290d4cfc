-- Passkeys and recovery codes beside one-time codes; a session remembers which of them was shown.
ALTER TABLE "session" ADD COLUMN "factor_by" TEXT;
CREATE TABLE "passkey" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "officer" TEXT NOT NULL,
  "credential" TEXT NOT NULL UNIQUE,
  "public_key" TEXT NOT NULL,
  "counter" INTEGER NOT NULL,
  "transports" TEXT NOT NULL,
  "synced" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "used_at" INTEGER
) STRICT;
CREATE INDEX "passkey_officer" ON "passkey" ("officer", "created_at");
CREATE TABLE "passkey_challenge" (
  "session" TEXT PRIMARY KEY NOT NULL,
  "purpose" TEXT NOT NULL,
  "challenge" TEXT NOT NULL,
  "bound_to" TEXT NOT NULL,
  "expires_at" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "recovery_code" (
  "officer" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "made_at" INTEGER NOT NULL,
  "used_at" INTEGER,
  PRIMARY KEY ("officer", "hash")
) STRICT, WITHOUT ROWID;
-- What officers are told of changes of their credentials.
CREATE TABLE "credential_notice" (
  "officer" TEXT NOT NULL,
  "at" INTEGER NOT NULL,
  "what" TEXT NOT NULL,
  PRIMARY KEY ("officer", "at", "what")
) STRICT, WITHOUT ROWID;
