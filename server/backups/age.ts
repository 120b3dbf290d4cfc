// Encrypts a file to the recipients of a backup and back (age v1). Streams: memory does not grow with the file. This host
// holds recipients only; an identity is brought for a restore and taken away again.
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';

/** Fewer would make one lost key the loss of every backup. */
export const recipientsAtLeast = 2;

/** What is wrong with the recipients as a whole or one by one; null when nothing. */
export function recipientsFault(recipients: readonly string[]): string | null {
  if (new Set(recipients).size < recipientsAtLeast)
    return `A backup needs ${recipientsAtLeast} different recipients: the backup server and one kept offline.`;
  for (const recipient of recipients) {
    if (/^AGE-SECRET-KEY-/i.test(recipient))
      return 'That is an identity, not a recipient: it never comes to this host. Give the age1… line beside it.';
    try {
      new Encrypter().addRecipient(recipient);
    } catch {
      return `"${recipient.slice(0, 12)}…" is no age recipient: it begins with age1 and is copied whole.`;
    }
  }
  return null;
}

/** `to` must not exist; its mode is 0600. Throws what the file system throws. */
export async function encryptFile(from: string, to: string, recipients: readonly string[]): Promise<void> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const encrypted = await encrypter.encrypt(readWeb(from));
  await writeWeb(encrypted, to);
}

export type Decrypted = { kind: 'decrypted' } | { kind: 'refused'; why: string };

/**
 * Writes what the backup holds to `to`, which must not exist. A cut or changed file is found at the latest at its end:
 * until `decrypted` is answered nothing in `to` may be used.
 */
export async function decryptFile(from: string, to: string, identity: string): Promise<Decrypted> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
  } catch {
    return { kind: 'refused', why: 'the identity is not an AGE-SECRET-KEY-1… line' };
  }
  try {
    await writeWeb(await decrypter.decrypt(readWeb(from)), to);
    return { kind: 'decrypted' };
  } catch (error) {
    // The file system's faults carry a code; everything else is the file's or the identity's.
    if (error instanceof Error && 'code' in error) throw error;
    return {
      kind: 'refused',
      why: 'the backup does not open: it is cut short, changed, or made for another identity',
    };
  }
}

/** The first identity in an identity file as age-keygen writes it: comment lines and one AGE-SECRET-KEY line. */
export function identityIn(text: string): string | null {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line.startsWith('AGE-SECRET-KEY-')) ?? null;
}

function readWeb(path: string): ReadableStream<Uint8Array> {
  return Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>;
}

async function writeWeb(stream: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true });
  await pipeline(Readable.fromWeb(stream as unknown as WebStream), file);
}
