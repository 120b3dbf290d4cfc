// Witness cosignatures of C2SP tlog-cosignature, Ed25519 and ML-DSA-44: "at this time, this checkpoint extended
// everything I had seen of the log". The bytes signed are fixed by that document; what number of witnesses is enough is
// policy.

import { sign, verify } from 'node:crypto';
import { parseCheckpoint } from './checkpoint.ts';
import { type NoteSignature, type Refused, type Signer, signatureLine, type Verifier } from './note.ts';

const timeBytes = 8;
const signatureBytes = { 4: 64, 6: 2_420 } as const;

/**
 * The line a witness adds. @param timeSeconds POSIX time @param body the checkpoint's signed text
 * @throws TypeError when the key is not a witness's or the text no checkpoint
 */
export function cosign(body: string, timeSeconds: number, witness: Signer): string {
  const message = messageOf(body, BigInt(timeSeconds), witness.verifier);
  if (message === null) throw new TypeError('a witness key cosigns a checkpoint; one of the two is neither');
  const stamp = Buffer.alloc(timeBytes);
  stamp.writeBigUInt64BE(BigInt(timeSeconds));
  return signatureLine(witness.verifier, Buffer.concat([stamp, sign(null, message, witness.privateKey)]));
}

/** Checks one signature line of a checkpoint against a witness's key (type 0x04 or 0x06). */
export function verifyCosignature(
  body: string,
  { name, keyId, signature }: NoteSignature,
  witness: Verifier,
): { readonly kind: 'ok'; readonly timeSeconds: number } | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  if (witness.type === 1) return refused(`${witness.name} is not a witness key`);
  if (name !== witness.name || keyId !== witness.keyId) return refused(`not a signature by ${witness.name}`);
  if (signature.length !== timeBytes + signatureBytes[witness.type])
    return refused(`the cosignature by ${name} has the wrong length`);
  const time = signature.readBigUInt64BE();
  // An ML-DSA statement without a time says nothing about the newest tree seen: for a checkpoint that is no cosignature.
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER))
    return refused(`the cosignature by ${name} has an impossible time`);
  const message = messageOf(body, time, witness);
  if (message === null || !verify(null, message, witness.publicKey, signature.subarray(timeBytes))) {
    return refused(`the cosignature by ${name} does not match the checkpoint`);
  }
  return { kind: 'ok', timeSeconds: Number(time) };
}

/** What is signed: for Ed25519 the whole text under a header, for ML-DSA-44 a structure of its three first lines. */
function messageOf(body: string, time: bigint, witness: Verifier): Buffer | null {
  if (witness.type === 4) return Buffer.from(`cosignature/v1\ntime ${time}\n${body}`);
  const checkpoint = parseCheckpoint(body);
  if (witness.type !== 6 || checkpoint.kind === 'refused') return null;
  const name = shortText(witness.name);
  const origin = shortText(checkpoint.origin);
  if (name === null || origin === null) return null;
  const u64 = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return bytes;
  };
  const start = 0n;
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    name,
    u64(time),
    origin,
    u64(start),
    u64(BigInt(checkpoint.size)),
    checkpoint.root,
  ]);
}

/** `opaque<1..2^8-1>` of RFC 8446 §3.4: one byte of length, then the text. */
function shortText(text: string): Buffer | null {
  const bytes = Buffer.from(text);
  return bytes.length > 0 && bytes.length < 256 ? Buffer.concat([Buffer.of(bytes.length), bytes]) : null;
}
