-- Passkeys and recovery codes beside one-time codes; a session remembers which of them was shown.
ALTER TABLE "session" ADD COLUMN "factor_by" text COLLATE "C";
CREATE TABLE "passkey" (
  "id" text COLLATE "C" PRIMARY KEY NOT NULL,
  "officer" text COLLATE "C" NOT NULL,
  "credential" text COLLATE "C" NOT NULL UNIQUE,
  "public_key" text COLLATE "C" NOT NULL,
  "counter" bigint NOT NULL,
  "transports" text COLLATE "C" NOT NULL,
  "synced" bigint NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "created_at" bigint NOT NULL,
  "used_at" bigint
);
CREATE INDEX "passkey_officer" ON "passkey" ("officer", "created_at");
CREATE TABLE "passkey_challenge" (
  "session" text COLLATE "C" PRIMARY KEY NOT NULL,
  "purpose" text COLLATE "C" NOT NULL,
  "challenge" text COLLATE "C" NOT NULL,
  "bound_to" text COLLATE "C" NOT NULL,
  "expires_at" bigint NOT NULL
);
CREATE TABLE "recovery_code" (
  "officer" text COLLATE "C" NOT NULL,
  "hash" text COLLATE "C" NOT NULL,
  "made_at" bigint NOT NULL,
  "used_at" bigint,
  PRIMARY KEY ("officer", "hash")
);
-- What officers are told of changes of their credentials.
CREATE TABLE "credential_notice" (
  "officer" text COLLATE "C" NOT NULL,
  "at" bigint NOT NULL,
  "what" text COLLATE "C" NOT NULL,
  PRIMARY KEY ("officer", "at", "what")
);
