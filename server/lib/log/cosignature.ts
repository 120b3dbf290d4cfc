// Witness cosignatures of C2SP tlog-cosignature, Ed25519 form: "at this time, this checkpoint extended everything
// I had seen of the log". The text signed is fixed by that document; what number of witnesses is enough is policy.

import { sign, verify } from 'node:crypto';
import { type NoteSignature, type Refused, type Signer, signatureLine, type Verifier } from './note.ts';

const timeBytes = 8;

/** The line a witness adds. @param timeSeconds POSIX time @param body the checkpoint's signed text */
export function cosign(body: string, timeSeconds: number, witness: Signer): string {
  const stamp = Buffer.alloc(timeBytes);
  stamp.writeBigUInt64BE(BigInt(timeSeconds));
  const signature = sign(null, message(body, BigInt(timeSeconds)), witness.privateKey);
  return signatureLine(witness.verifier, Buffer.concat([stamp, signature]));
}

/** Checks one signature line of a checkpoint against a witness's key (type 0x04). */
export function verifyCosignature(
  body: string,
  { name, keyId, signature }: NoteSignature,
  witness: Verifier,
): { readonly kind: 'ok'; readonly timeSeconds: number } | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  if (witness.type !== 4) return refused(`${witness.name} is not a witness key`);
  if (name !== witness.name || keyId !== witness.keyId) return refused(`not a signature by ${witness.name}`);
  if (signature.length !== timeBytes + 64) return refused(`the cosignature by ${name} has the wrong length`);
  const time = signature.readBigUInt64BE();
  if (time > BigInt(Number.MAX_SAFE_INTEGER))
    return refused(`the cosignature by ${name} has an impossible time`);
  if (!verify(null, message(body, time), witness.publicKey, signature.subarray(timeBytes))) {
    return refused(`the cosignature by ${name} does not match the checkpoint`);
  }
  return { kind: 'ok', timeSeconds: Number(time) };
}

function message(body: string, time: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${body}`);
}
