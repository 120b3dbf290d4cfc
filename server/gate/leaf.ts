// Builds the two halves of an audit entry: the leaf, which is hashed, kept for ever and holds no voter data, and the
// event, erasable, which opens the leaf's commitments. Free text never enters a leaf. Format version 1 is final: fields
// may be added, never renamed.
import { hash as digest, randomFillSync } from 'node:crypto';
import type { EntryDraft } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { DetailName } from '#server/contract/details.ts';
import type { EntryOutcome, Purpose } from '#server/contract/vocabulary.ts';
import { type CanonicalValue, canonicalJson } from '#server/lib/canonical.ts';
import { leafHash, merkleRoot } from '#server/lib/log/merkle.ts';

/** A changed field of a voter, for detection and investigators; lives in the event only. */
export interface FieldChange {
  field: string;
  old?: string;
  new?: string;
}

type DetailValue = string | number | boolean | null | FieldChange[] | string[];
/** A fact that is undefined is left out. */
export interface Details extends Partial<Record<DetailName, DetailValue | undefined>> {}

/** What an entry says beyond who and when. Everything but the names in `fields` and codes stays in the event. */
export interface EntryAbout {
  purpose?: Purpose;
  /** Application id. */
  caseId?: string;
  /** Voters touched, each committed to on its own. */
  subjects?: readonly string[];
  /** How many persons, where they are not listed one by one. */
  persons?: number;
  /** Names of the fields disclosed or changed. */
  fields?: readonly string[];
  /** What was typed to search. */
  query?: string;
  /** Hex SHA-256 of a file that left. */
  artifact?: string;
  /** Numbers and codes of a random sample, which anybody must be able to repeat from the leaves alone (R32). */
  sample?: { readonly [fact: string]: CanonicalValue };
  /** How many openings of earlier entries this act erased; what `audit verify` holds against those that are missing. */
  erased?: number;
  /** Erasable facts for detection and investigators; canonical JSON values. */
  detail?: Details;
}

export interface EntryHeader {
  t: number;
  act: Act;
  outcome: EntryOutcome;
  actor: string | null;
  role: string | null;
  commission: string | null;
  session: string | null;
  request: string;
  policy: string;
  node: string;
  address: string;
  workstation: string;
}

/** Who a subject is; or, once erased, the bare commitment: it names nobody, and the others keep their place in the tree. */
export type StoredSubject = { id: string; salt: string } | { commitment: string };

/** The event's JSON as stored. Salts are hex, 32 bytes each. A part that was erased is absent. */
export interface StoredEvent {
  subjects?: StoredSubject[];
  case?: { id: string; salt: string };
  query?: { text: string; salt: string };
  detail?: { json: Record<string, unknown>; salt: string };
}

/** Ids of the subjects that are still open. */
export function openSubjects(event: {
  subjects?: readonly ({ id: string } | { commitment: string })[];
}): string[] {
  return (event.subjects ?? []).flatMap((subject) => ('id' in subject ? [subject.id] : []));
}

/** Hex commitment of a subject, open or erased. */
export function commitmentOf(subject: StoredSubject): string {
  return 'id' in subject ? commitment(Buffer.from(subject.salt, 'hex'), subject.id) : subject.commitment;
}

const saltBytes = 32;

// One request at a time runs through here to its end, so the blocks below are filled and hashed without an allocation each.
const shortText = 4_096;
const blockBytes = 64;
const [innerPad, outerPad] = [0x36, 0x5c];
/** A block of padding, whose first half each key is mixed into, and room for what is hashed after it. */
const inner = Buffer.alloc(blockBytes + shortText, innerPad);
const outer = Buffer.alloc(blockBytes + 32, outerPad);
/** The first so many bytes of `inner`: making a view costs as much as filling it. */
const innerViews: Buffer[] = [];
/** A leaf of a tree of commitments: RFC 6962's zero byte, then the commitment. */
const only = Buffer.alloc(1 + 32);

/**
 * HMAC-SHA-256 with a 32-byte key over UTF-8 text, as hex (RFC 2104); the key is `salts[at..at+32]`. Two one-shot hashes
 * over reused blocks: on the request path this costs a fraction of what an Hmac object does.
 */
export function commitment(salts: Uint8Array, text: string, at = 0): string {
  const fits = text.length * 3 <= shortText;
  const block = fits ? inner : Buffer.alloc(blockBytes + Buffer.byteLength(text), innerPad);
  const length = blockBytes + block.write(text, blockBytes, 'utf8');
  for (let i = 0; i < saltBytes; i++) {
    const byte = salts[at + i]!;
    block[i] = byte ^ innerPad;
    outer[i] = byte ^ outerPad;
  }
  if (fits) innerViews[length] ??= inner.subarray(0, length);
  const filled = fits ? innerViews[length]! : block;
  outer.write(digest('sha256', filled, 'binary'), blockBytes, 'latin1');
  return digest('sha256', outer, 'hex');
}

/** RFC 6962 root over the commitments to each subject, as hex. */
export function subjectsRoot(commitments: readonly string[]): string {
  // The root of one leaf is its hash; most entries are about one person.
  if (commitments.length === 1) {
    only.write(commitments[0]!, 1, 'hex');
    return digest('sha256', only, 'hex');
  }
  const root = merkleRoot(commitments.map((c) => leafHash(Buffer.from(c, 'hex'))));
  return Buffer.from(root).toString('hex');
}

/** Random bytes drawn in bulk; none is ever used twice. */
const pool = Buffer.allocUnsafeSlow(saltBytes * 512);
let drawn = pool.length;

interface Salts {
  bytes: Buffer;
  /** Where the first begins; the others follow. */
  from: number;
}

function freshSalts(count: number): Salts {
  const length = saltBytes * count;
  if (length > pool.length) return { bytes: randomFillSync(Buffer.allocUnsafe(length)), from: 0 };
  if (drawn + length > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += length;
  return { bytes: pool, from: drawn - length };
}

/** Makes the leaf and its event. Salts are fresh and random on every call. */
export function draftEntry(header: EntryHeader, about: EntryAbout): EntryDraft {
  const subjects = about.subjects ?? [];
  const { bytes, from } = freshSalts(subjects.length + 3);
  const commit = (i: number, text: string) => commitment(bytes, text, from + i * saltBytes);
  const salt = (i: number) => bytes.toString('hex', from + i * saltBytes, from + (i + 1) * saltBytes);

  // The address first: with most details that is the order canonical JSON asks for.
  const told: Record<string, unknown> = header.address
    ? { address: header.address, ...about.detail }
    : { ...about.detail };
  if (header.address) told.address = header.address;
  if (header.workstation) told.workstation = header.workstation;
  const detail = canonicalJson(ordered(told) as never);
  const persons = about.persons ?? subjects.length;

  // Both are written piece by piece in the order canonical JSON asks for: that costs half of building objects to be
  // walked once more by a serialiser.
  let event = `{"detail":{"json":${detail},"salt":"${salt(0)}"}`;
  let leaf = `{"act":${quoted(header.act)}`;
  if (header.actor) leaf += `,"actor":${quoted(header.actor)}`;
  if (about.artifact) leaf += `,"artifact":${quoted(about.artifact)}`;
  if (about.caseId) {
    leaf += `,"case":"${commit(1, about.caseId)}"`;
    event += `,"case":{"id":${quoted(about.caseId)},"salt":"${salt(1)}"}`;
  }
  if (header.commission) leaf += `,"commission":${quoted(header.commission)}`;
  leaf += `,"detail":"${commit(0, detail)}"`;
  if (about.erased !== undefined) leaf += `,"erased":${canonicalJson(about.erased)}`;
  if (about.fields?.length) leaf += `,"fields":${canonicalJson(about.fields)}`;
  if (persons) leaf += `,"n":${canonicalJson(persons)}`;
  leaf += `,"node":${quoted(header.node)},"outcome":${quoted(header.outcome)},"policy":${quoted(header.policy)}`;
  if (about.purpose) leaf += `,"purpose":${quoted(about.purpose)}`;
  if (about.query !== undefined) {
    leaf += `,"query":"${commit(2, about.query)}"`;
    event += `,"query":{"text":${quoted(about.query)},"salt":"${salt(2)}"}`;
  }
  leaf += `,"request":${quoted(header.request)}`;
  if (header.role) leaf += `,"role":${quoted(header.role)}`;
  if (about.sample) leaf += `,"sample":${canonicalJson(about.sample)}`;
  if (header.session) leaf += `,"session":${quoted(header.session)}`;
  if (subjects.length) {
    leaf += `,"subjects":"${subjectsRoot(subjects.map((id, i) => commit(3 + i, id)))}"`;
    event += `,"subjects":[${subjects.map((id, i) => `{"id":${quoted(id)},"salt":"${salt(3 + i)}"}`).join(',')}]`;
  }
  leaf += `,"t":${canonicalJson(header.t)},"v":1}`;
  // A salt kept here would open a commitment whose event was erased.
  bytes.fill(0, from, from + (subjects.length + 3) * saltBytes);
  return { leaf, event: `${event}}` };
}

/** Printable ASCII without the two characters JSON escapes. */
const plainText = /^[ !#-[\]-~]*$/;

/** Canonical JSON of a text. @throws TypeError for half a surrogate pair */
const quoted = (text: string): string => (plainText.test(text) ? `"${text}"` : canonicalJson(text));

function ordered(object: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(object);
  if (names.every((name, i) => i === 0 || names[i - 1]! < name)) return object;
  return Object.fromEntries(names.sort().map((name) => [name, object[name]]));
}
