-- Blind index of the document shown for an application. Those of earlier applications are made by a rotation of the keys.
ALTER TABLE "application" ADD COLUMN "passport_index" TEXT;
CREATE INDEX "application_passport" ON "application" ("passport_index");
