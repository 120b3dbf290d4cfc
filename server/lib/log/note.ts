// C2SP signed notes: text that carries the signatures of named keys, and the verifier keys ("vkeys") that name
// them. Logs sign with Ed25519 (type 0x01); witnesses with the two types of cosignature, Ed25519 (0x04) and ML-DSA-44
// (0x06), whose content `cosignature.ts` knows. Reading is strict: there is one way to write a note, and anything else
// is refused.

import { isUtf8 } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** 0x01 signs the text itself; 0x04 and 0x06 a time and what a checkpoint says. */
export type KeyType = 1 | 4 | 6;

const algorithms = {
  1: { name: 'ed25519', keyBytes: 32 },
  4: { name: 'ed25519', keyBytes: 32 },
  6: { name: 'ml-dsa-44', keyBytes: 1_312 },
} as const satisfies Record<KeyType, { name: string; keyBytes: number }>;

export type Verifier = {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ newline ‖ type ‖ public key), as a number. */
  readonly keyId: number;
  readonly type: KeyType;
  readonly publicKey: KeyObject;
};

export type Signer = { readonly verifier: Verifier; readonly privateKey: KeyObject };

export type NoteSignature = { readonly name: string; readonly keyId: number; readonly signature: Buffer };

export type Refused = { readonly kind: 'refused'; readonly why: string };

/** A note well formed, its signatures not yet checked. */
export type ParsedNote = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** `known` are the verifiers whose signature stands; `unknown` are signatures by keys not asked about. */
export type OpenedNote = {
  readonly kind: 'ok';
  readonly text: string;
  readonly known: readonly Verifier[];
  readonly unknown: readonly NoteSignature[];
};

// Generous for hundreds of post-quantum cosignatures, small enough to read from a stranger's stick.
const maxNoteBytes = 1_000_000;
const maxSignatures = 128;

const refused = (why: string): Refused => ({ kind: 'refused', why });

/** A new key under a name (no white space, no plus). */
export function generateSigner(name: string, type: KeyType = 1): Signer {
  const { privateKey } = type === 6 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519');
  return signerFrom(name, privateKey, type);
}

/**
 * A signer from its PKCS#8 PEM. The name is not in the PEM: it is the log's origin.
 * @throws TypeError when the name is unusable or the key is of another algorithm than the type's.
 */
export function signerFromPem(name: string, pem: string, type: KeyType = 1): Signer {
  return signerFrom(name, createPrivateKey(pem), type);
}

/** The private key as PKCS#8 PEM, for a file of mode 0600. */
export function signerToPem(signer: Signer): string {
  return signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function signerFrom(name: string, privateKey: KeyObject, type: KeyType): Signer {
  const publicKey = createPublicKey(privateKey);
  if (!isKeyName(name))
    throw new TypeError('a key name is not empty and has no white space and no plus sign');
  const { name: algorithm } = algorithms[type];
  if (publicKey.asymmetricKeyType !== algorithm) throw new TypeError(`the key is not an ${algorithm} key`);
  return { privateKey, verifier: keyOf(name, type, publicKey) };
}

/** A public key as the verifier of a name. */
export function keyOf(name: string, type: KeyType, publicKey: KeyObject): Verifier {
  return { name, type, publicKey, keyId: keyIdOf(name, type, rawKey(publicKey)) };
}

/** The verifier key as text, `name+id+key`, without a newline. */
export function formatVkey({ name, keyId, type, publicKey }: Verifier): string {
  const key = Buffer.concat([Buffer.of(type), rawKey(publicKey)]).toString('base64');
  return `${name}+${keyId.toString(16).padStart(8, '0')}+${key}`;
}

/** Reads a verifier key, exactly as `formatVkey` writes it. */
export function parseVkey(text: string): { readonly kind: 'ok'; readonly verifier: Verifier } | Refused {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text);
  if (parts === null)
    return refused('a verifier key is a name, eight hex digits and base64, joined by plus signs');
  const name = parts[1]!;
  const key = decodeBase64(parts[3]!);
  if (!isKeyName(name)) return refused('the key name has white space or control characters');
  if (key === null) return refused('the key is not written in canonical base64');
  const type = key[0];
  if (type !== 1 && type !== 4 && type !== 6)
    return refused(`keys of type ${type} are not known here; only Ed25519 (1 and 4) and ML-DSA-44 (6)`);
  const { keyBytes } = algorithms[type];
  if (key.length !== 1 + keyBytes)
    return refused(`a key of type ${type} has ${keyBytes} bytes, this one ${key.length - 1}`);
  const raw = key.subarray(1);
  const keyId = keyIdOf(name, type, raw);
  if (keyId !== Number.parseInt(parts[2]!, 16))
    return refused('the key id does not belong to this name and key');
  return { kind: 'ok', verifier: { name, keyId, type, publicKey: publicKeyOf(type, raw) } };
}

/**
 * Signs a text that ends in a newline.
 * @throws TypeError when the text cannot stand in a note.
 */
export function signNote(text: string, signer: Signer): string {
  if (!text.endsWith('\n') || hasControls(text) || !text.isWellFormed()) {
    throw new TypeError('the text of a note ends in a newline and has no other control characters');
  }
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  return `${text}\n${signatureLine(signer.verifier, signature)}`;
}

/** One line `— name base64(key id ‖ signature)`, newline included. */
export function signatureLine(
  key: { readonly name: string; readonly keyId: number },
  signature: Uint8Array,
): string {
  const bytes = Buffer.alloc(4 + signature.length);
  bytes.writeUInt32BE(key.keyId);
  bytes.set(signature, 4);
  return `— ${key.name} ${bytes.toString('base64')}\n`;
}

/** Takes a note apart without judging its signatures. */
export function parseNote(note: string | Uint8Array): ({ readonly kind: 'ok' } & ParsedNote) | Refused {
  if (note.length > maxNoteBytes) return refused(`a note of more than ${maxNoteBytes} bytes`);
  if (typeof note !== 'string' && !isUtf8(note)) return refused('the note is not UTF-8');
  const whole = typeof note === 'string' ? note : Buffer.from(note).toString('utf8');
  if (!whole.isWellFormed()) return refused('the note is not UTF-8');
  if (hasControls(whole)) return refused('the note holds a control character');
  const blank = whole.lastIndexOf('\n\n');
  if (blank < 0) return refused('no blank line divides the text from the signatures');
  const text = whole.slice(0, blank + 1);
  const block = whole.slice(blank + 2);
  if (block === '') return refused('the note has no signature');
  if (!block.endsWith('\n')) return refused('the last signature line has no newline');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > maxSignatures) return refused(`more than ${maxSignatures} signatures`);
  const signatures: NoteSignature[] = [];
  for (const [i, line] of lines.entries()) {
    const parts = /^— ([^ ]+) ([A-Za-z0-9+/]+=*)$/u.exec(line);
    const bytes = parts === null ? null : decodeBase64(parts[2]!);
    if (parts === null || bytes === null || bytes.length < 5 || !isKeyName(parts[1]!)) {
      return refused(`signature line ${i + 1} is malformed`);
    }
    signatures.push({ name: parts[1]!, keyId: bytes.readUInt32BE(), signature: bytes.subarray(4) });
  }
  return { kind: 'ok', text, signatures };
}

/**
 * Opens a note: at least one of `verifiers` (type 0x01) must have signed it, and each that appears must have signed
 * it rightly. Signatures of other keys are handed back unchecked.
 */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): OpenedNote | Refused {
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return parsed;
  const text = Buffer.from(parsed.text);
  const known: Verifier[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of parsed.signatures) {
    const verifier = verifiers.find(
      (key) => key.type === 1 && key.keyId === signature.keyId && key.name === signature.name,
    );
    if (verifier === undefined) {
      unknown.push(signature);
      continue;
    }
    if (known.includes(verifier)) return refused(`two signatures by ${verifier.name}`);
    if (signature.signature.length !== 64 || !verify(null, text, verifier.publicKey, signature.signature)) {
      return refused(`the signature by ${verifier.name} does not match the text`);
    }
    known.push(verifier);
  }
  if (known.length === 0) return refused('no signature by a known key');
  return { kind: 'ok', text: parsed.text, known, unknown };
}

/** Base64 of RFC 4648 §4 as an encoder writes it (padding, no stray bits); null for anything else. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** Key names: not empty, no Unicode white space, no plus, no control characters, valid Unicode. */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\p{White_Space}\p{Cc}+]/u.test(name);
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the rule of the note format is about exactly these.
  return /[\u0000-\u0009\u000b-\u001f]/.test(text);
}

function keyIdOf(name: string, type: KeyType, raw: Uint8Array): number {
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), raw]),
    'buffer',
  ).readUInt32BE();
}

/** What stands before the key's own bytes in a SubjectPublicKeyInfo (RFC 8410, RFC 9881); the rest is the key. */
const spkiHeads = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'ml-dsa-44': Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
} as const;

function publicKeyOf(type: KeyType, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([spkiHeads[algorithms[type].name], raw]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function rawKey(publicKey: KeyObject): Buffer {
  const { keyBytes } = publicKey.asymmetricKeyType === 'ml-dsa-44' ? algorithms[6] : algorithms[1];
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-keyBytes);
}
