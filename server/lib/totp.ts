// Time-based one-time codes (RFC 6238: SHA-1, 6 digits, 30 seconds), as every authenticator app knows them. Says which
// step a code belongs to; that a step opens only once is the caller's duty.
import { generateSync, generateURI, ScureBase32Plugin, verifySync } from 'otplib';

/** RFC 4226, 4: 160 bits. */
export const seedBytes = 20;
export const stepSeconds = 30;

const base32 = new ScureBase32Plugin();

/** The seed as apps take it typed in: base32 without padding. */
export function seedText(seed: Uint8Array): string {
  return base32.encode(seed, { padding: false });
}

/** `otpauth://` address for a QR code. */
export function seedAddress(seed: Uint8Array, issuer: string, login: string): string {
  return generateURI({ issuer, label: login, secret: seedText(seed) });
}

/**
 * The time step whose code this is, at most one before or after the server's own; null when it is nobody's. The
 * client's clock is never asked. @param now epoch ms.
 */
export function stepOfCode(seed: Uint8Array, code: string, now: number): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const result = verifySync({
    secret: seed,
    token: code,
    epoch: Math.floor(now / 1000),
    epochTolerance: stepSeconds,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}

/** The code of that instant: for the demo's helper and for tests, which play the officer's phone. */
export function codeAt(seed: Uint8Array | string, now: number): string {
  return generateSync({ secret: seed, epoch: Math.floor(now / 1000) });
}
