// WebAuthn (Level 3) as this console uses it: which credential to make, what to sign, and whether what came back is right.
// Around @simplewebauthn/server, whose messages repeat what was sent and therefore never leave this file. Keeps nothing.
import { isIP } from 'node:net';
import type { PasskeyMade, PasskeyShown } from '#server/contract/factors.ts';

/** Whom passkeys are made for. */
export interface RelyingParty {
  /** Host name of the console: browsers sign for it alone. */
  id: string;
  /** Exactly as browsers write it. */
  origin: string;
}

/** @param origin the address pages are served from */
export function relyingParty(origin: string): RelyingParty {
  return { id: new URL(origin).hostname, origin };
}

/** Browsers make passkeys for names, never for bare addresses (WebAuthn, 5.1.3). */
export const hasName = ({ id }: RelyingParty) => isIP(id.replace(/^\[|\]$/g, '')) === 0;

/** ES256, EdDSA, RS256 (RFC 9053): what every authenticator has one of. */
const algorithms = [-7, -8, -257];

// Loaded when first needed: it brings a certificate library that takes a second, and commands never ask for passkeys.
const library = () => import('@simplewebauthn/server');
const readers = () => import('@simplewebauthn/server/helpers');
export async function warmUp(): Promise<void> {
  await Promise.all([library(), readers()]);
}

/** What a browser is asked to make. Not discoverable: a key that is found tells nobody whose account it opens. */
export async function askToMake(
  rp: RelyingParty,
  owner: { id: string; login: string; name: string },
  challenge: Uint8Array,
  known: readonly { credential: string; transports: string }[],
  timeoutMs: number,
) {
  const { generateRegistrationOptions } = await library();
  return generateRegistrationOptions({
    rpName: 'Күзөт',
    rpID: rp.id,
    userID: new Uint8Array(Buffer.from(owner.id)),
    userName: owner.login,
    userDisplayName: owner.name,
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    excludeCredentials: known.map(described),
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  });
}

/** What a browser is asked to sign. */
export async function askToShow(
  rp: RelyingParty,
  challenge: Uint8Array,
  known: readonly { credential: string; transports: string }[],
  timeoutMs: number,
) {
  const { generateAuthenticationOptions } = await library();
  return generateAuthenticationOptions({
    rpID: rp.id,
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    allowCredentials: known.map(described),
    userVerification: 'required',
  });
}

const described = ({ credential, transports }: { credential: string; transports: string }) => ({
  id: credential,
  transports: transports.split(',').filter(Boolean),
});

export interface MadePasskey {
  credential: string;
  /** COSE key, base64url. */
  publicKey: string;
  counter: number;
  synced: boolean;
}

/** The new credential, or null where anything about it is not as asked: challenge, origin, host, user verification, key. */
export async function readMade(
  rp: RelyingParty,
  made: PasskeyMade,
  challenge: string,
): Promise<MadePasskey | null> {
  const [{ verifyRegistrationResponse }, { decodeAttestationObject, decodeClientDataJSON, isoBase64URL }] =
    await Promise.all([library(), readers()]);
  try {
    // No attestation was asked for. One that names certificates is refused unread: checking it would fetch revocation
    // lists from addresses its sender chose.
    const attestation = decodeAttestationObject(isoBase64URL.toBuffer(made.attestationObject));
    if (!['none', 'packed'].includes(attestation.get('fmt')) || attestation.get('attStmt').get('x5c'))
      return null;
    if (decodeClientDataJSON(made.clientDataJSON).crossOrigin) return null;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id: made.id,
        rawId: made.id,
        type: 'public-key',
        response: { clientDataJSON: made.clientDataJSON, attestationObject: made.attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified || registrationInfo.credential.id !== made.id) return null;
    const { credential, credentialDeviceType } = registrationInfo;
    return {
      credential: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      synced: credentialDeviceType === 'multiDevice',
    };
  } catch {
    return null; // the library throws for whatever is not as expected; its words may repeat what was sent
  }
}

/** `copied`: rightly signed, by an authenticator whose count of uses did not grow, so that two hold the same key. */
export type ShownVerdict = { kind: 'shown'; counter: number } | { kind: 'wrong' } | { kind: 'copied' };

/** Judges a signature by a stored passkey. @param owner officer's id, which authenticators may return as user handle */
export async function judgeShown(
  rp: RelyingParty,
  shown: PasskeyShown,
  challenge: string,
  stored: { credential: string; publicKey: string; counter: number },
  owner: string,
): Promise<ShownVerdict> {
  const [{ verifyAuthenticationResponse }, { decodeClientDataJSON }] = await Promise.all([
    library(),
    readers(),
  ]);
  const { userHandle } = shown;
  if (userHandle !== undefined && userHandle !== '' && userHandle !== handleOf(owner))
    return { kind: 'wrong' };
  let counter: number;
  try {
    if (decodeClientDataJSON(shown.clientDataJSON).crossOrigin) return { kind: 'wrong' };
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: shown.id,
        rawId: shown.id,
        type: 'public-key',
        response: {
          clientDataJSON: shown.clientDataJSON,
          authenticatorData: shown.authenticatorData,
          signature: shown.signature,
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      // The library compares counts before it checks the signature; here only a right signature may cry "copied".
      credential: {
        id: stored.credential,
        publicKey: new Uint8Array(Buffer.from(stored.publicKey, 'base64url')),
        counter: 0,
      },
    });
    if (!verified) return { kind: 'wrong' };
    counter = authenticationInfo.newCounter;
  } catch {
    return { kind: 'wrong' }; // as above
  }
  // WebAuthn, 7.2, step 22: authenticators that keep no count say 0 for ever.
  if ((counter > 0 || stored.counter > 0) && counter <= stored.counter) return { kind: 'copied' };
  return { kind: 'shown', counter };
}

const handleOf = (owner: string) => Buffer.from(owner).toString('base64url');
