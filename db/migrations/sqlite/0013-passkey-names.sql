-- Names officers give their passkeys lie sealed; those from before are sealed when the passkey is next used or named.
ALTER TABLE "passkey" ADD COLUMN "sealed_name" BLOB;
