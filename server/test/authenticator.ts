// An authenticator made of software, for tests of passkeys: one P-256 key, its count of uses, the flags a test asks for. It does
// what a browser and a security key do together (WebAuthn, 6.1, 6.5), right or deliberately wrong.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { PasskeyMade, PasskeyShown } from '#server/contract/factors.ts';

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

export interface Whims {
  origin: string;
  rpId: string;
  type: string;
  userVerified: boolean;
  crossOrigin: boolean;
  synced: boolean;
  /** The count it claims; otherwise one more each time. */
  counter: number;
  userHandle: string;
  /** Says so instead of "none". */
  format: string;
}

export function createAuthenticator(usual: { origin: string; rpId: string }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const credential = randomBytes(32);
  const cose = isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, new Uint8Array(Buffer.from(jwk.x!, 'base64url'))],
      [-3, new Uint8Array(Buffer.from(jwk.y!, 'base64url'))],
    ]),
  );
  let uses = 0;

  function clientData(type: string, challenge: string, whims: Partial<Whims>): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: whims.type ?? type,
        challenge,
        origin: whims.origin ?? usual.origin,
        crossOrigin: whims.crossOrigin ?? false,
      }),
    );
  }

  function authenticatorData(made: boolean, whims: Partial<Whims>): Buffer {
    uses += 1;
    const flags = 1 + (whims.userVerified === false ? 0 : 4) + (whims.synced ? 8 + 16 : 0) + (made ? 64 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(whims.counter ?? uses);
    const head = [sha256(whims.rpId ?? usual.rpId), Buffer.from([flags]), counter];
    if (!made) return Buffer.concat(head);
    return Buffer.concat([
      ...head,
      Buffer.alloc(16),
      Buffer.from([0, credential.length]),
      credential,
      Buffer.from(cose),
    ]);
  }

  return {
    id: text(credential),
    make({ challenge }: { challenge: string }, whims: Partial<Whims> = {}): PasskeyMade {
      const attestation = new Map<string, unknown>([
        ['fmt', whims.format ?? 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(authenticatorData(true, whims))],
      ]);
      return {
        id: text(credential),
        clientDataJSON: text(clientData('webauthn.create', challenge, whims)),
        attestationObject: text(isoCBOR.encode(attestation as never)),
        transports: ['usb'],
      };
    },
    show({ challenge }: { challenge: string }, whims: Partial<Whims> = {}): PasskeyShown {
      const client = clientData('webauthn.get', challenge, whims);
      const data = authenticatorData(false, whims);
      return {
        id: text(credential),
        clientDataJSON: text(client),
        authenticatorData: text(data),
        signature: text(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
        ...(whims.userHandle !== undefined && { userHandle: whims.userHandle }),
      };
    },
  };
}

export type Authenticator = ReturnType<typeof createAuthenticator>;
