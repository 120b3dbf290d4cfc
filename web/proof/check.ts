/**
 * Checks in the browser, with its own cryptography, that an entry is in the signed log and that a voter is among those it is
 * about: RFC 6962 trees, a C2SP tlog-proof, an Ed25519 signature. It asks the server for nothing and believes it nothing.
 */
import type { AccessProof } from '../../server/contract/accesses.ts';

export type ProofStep = 'commitment' | 'subjects' | 'entry' | 'signature';

/** `unsupported`: the browser cannot check Ed25519; everything before the signature holds. */
export type Checked =
  | { kind: 'proved'; size: number; origin: string }
  | { kind: 'unsupported'; size: number; origin: string }
  | { kind: 'broken'; at: ProofStep };

type Bytes = Uint8Array<ArrayBuffer>;

export async function checkAccess(proof: AccessProof): Promise<Checked> {
  const { voter, membership, leaf, seq } = proof;
  let at: ProofStep = 'commitment';
  try {
    const key = await crypto.subtle.importKey(
      'raw',
      fromHex(membership.salt),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const committed = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(voter)));
    if (toHex(committed) !== membership.commitment) return { kind: 'broken', at };

    at = 'subjects';
    const subjects = await rootOf(
      await leafHash(committed),
      membership.index,
      membership.count,
      membership.path.map(fromHex),
    );
    const said = (JSON.parse(leaf) as Record<string, unknown>).subjects;
    if (subjects === null || toHex(subjects) !== said) return { kind: 'broken', at };

    at = 'entry';
    const file = readProofFile(proof.proof);
    if (file === null || file.index !== seq) return { kind: 'broken', at };
    const root = await rootOf(await leafHash(utf8(leaf)), seq, file.size, file.siblings);
    if (root === null || toHex(root) !== toHex(file.root)) return { kind: 'broken', at };

    at = 'signature';
    const signed = await signatureHolds(file, proof.vkey);
    const { size, origin } = file;
    if (signed === 'unsupported') return { kind: 'unsupported', size, origin };
    return signed ? { kind: 'proved', size, origin } : { kind: 'broken', at };
  } catch {
    // Not hex, not base64, not JSON: whatever it is, it proves nothing.
    return { kind: 'broken', at };
  }
}

/** The root that a leaf's hash, its place and its siblings lead to; null where they fit no tree of that size (RFC 6962, 2.1.1). */
export async function rootOf(
  hash: Bytes,
  index: number,
  size: number,
  siblings: readonly Bytes[],
): Promise<Bytes | null> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  let [node, last] = [index, size - 1];
  let root = hash;
  for (const sibling of siblings) {
    if (last === 0 || sibling.length !== 32) return null;
    if (node % 2 === 1 || node === last) {
      root = await sha256(Uint8Array.of(1), sibling, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else root = await sha256(Uint8Array.of(1), root, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : null;
}

export interface ProofFile {
  index: number;
  siblings: Bytes[];
  /** What was signed, its last newline included. */
  body: string;
  origin: string;
  size: number;
  root: Bytes;
  signatures: string[];
}

/** C2SP tlog-proof; null for anything else. */
export function readProofFile(text: string): ProofFile | null {
  const end = text.indexOf('\n\n');
  const note = text.slice(end + 2);
  const bodyEnd = note.indexOf('\n\n');
  if (end < 0 || bodyEnd < 0) return null;
  const [first, ...lines] = text.slice(0, end).split('\n');
  const place = lines.findIndex((line) => line.startsWith('index '));
  const body = note.slice(0, bodyEnd + 1);
  const [origin = '', size = '', root = ''] = body.split('\n');
  if (first !== 'c2sp.org/tlog-proof@v1' || place < 0 || !/^\d+$/.test(size)) return null;
  return {
    index: Number(lines[place]!.slice('index '.length)),
    siblings: lines.slice(place + 1).map(fromBase64),
    body,
    origin,
    size: Number(size),
    root: fromBase64(root),
    signatures: note.slice(bodyEnd + 2).split('\n'),
  };
}

/** Whether one of the note's signatures is by this key (C2SP signed-note, Ed25519). */
export async function signatureHolds({ body, signatures, origin }: ProofFile, vkey: string) {
  const [name = '', , ...rest] = vkey.split('+');
  const typed = fromBase64(rest.join('+'));
  if (name !== origin || typed[0] !== 1 || typed.length !== 33) return false;
  const keyId = (await sha256(utf8(`${name}\n`), typed)).subarray(0, 4);
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey('raw', typed.slice(1), 'Ed25519', false, ['verify']);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return 'unsupported' as const;
    throw error;
  }
  for (const line of signatures) {
    if (!line.startsWith(`— ${name} `)) continue;
    const signature = fromBase64(line.slice(`— ${name} `.length));
    if (toHex(signature.subarray(0, 4)) !== toHex(keyId)) continue;
    if (await crypto.subtle.verify('Ed25519', key, signature.slice(4), utf8(body))) return true;
  }
  return false;
}

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
export const leafHash = (content: Bytes) => sha256(Uint8Array.of(0), content);

async function sha256(...parts: Bytes[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

function fromHex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new TypeError('not hex');
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
