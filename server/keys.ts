// The keys of one installation. Made once by `kuzot init`, read at start, never written again; rotation adds one and retires
// one, a recorded recovery gives the log another name. Where they lie and who may read them: key-source.ts.
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type BlindIndex, createBlindIndex } from '#server/lib/blind-index.ts';
import { sha256 } from '#server/lib/digest.ts';
import { bindingLine } from '#server/lib/log/checkpoint.ts';
import { followsLine, type Predecessor, readLineage } from '#server/lib/log/lineage.ts';
import { formatVkey, signerFromPem, type Verifier } from '#server/lib/log/note.ts';
import { type Policy, parsePolicy, policyWithoutWitnesses } from '#server/lib/log/policy.ts';
import { createSealer, type Sealer } from '#server/lib/secrets.ts';
import { type KeyPlace, type KeySource, openKeySource, retiredSecrets, writeSecret } from './key-source.ts';

export interface Keys {
  /** The log's name: first line of every checkpoint. */
  origin: string;
  signingKeyPem: string;
  jwt: Buffer;
  pepper: Buffer;
  seal: Sealer;
  /** Versions of the sealing keys held, ascending: the last one seals, all of them open. */
  sealVersions: readonly number[];
  /** Finds sealed values by their exact text. */
  index: BlindIndex;
  /** Versions of its keys, as of the sealing keys. */
  indexVersions: readonly number[];
  /** Files of the versioned keys that are in use. */
  names: ReadonlySet<string>;
  /** The key folder. */
  dir: string;
  /** By file: what tells one key from another and nothing of either. Of those that what is stored depends on. */
  marks: ReadonlyMap<string, string>;
  /** Of all that is held: servers of one database hold the same. Tells nothing of any key. */
  digest: string;
  /** Last signed size and root, kept outside the database. */
  headFile: string;
  /** What was destroyed, kept outside the database: a restored copy must lose it again. */
  destroyedFile: string;
  /** Beside the head file: there from the first start on at which rows bore codes. */
  codedFile: string;
  /** The log's verifier key and witness policy as published, last newline included; every checkpoint binds both. */
  vkeyText: string;
  policyText: string;
  policy: Policy;
  /** Logs this one goes on from after a recovery, oldest first. */
  predecessors: readonly Predecessor[];
  /** Lines of every checkpoint: what binds key and policy, and whose heir the log is. */
  extensions: readonly string[];
}

/** What is missing or wrong about the key folder, one line each, with the next step. */
export class KeysFault extends Error {
  override readonly name = 'KeysFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

const secrets = ['jwt.key', 'pepper.key'] as const;

/** Kinds of keys that have versions: the newest seals or stores, the others open or find until nothing is under them. */
export const versionedKinds = ['seal', 'index'] as const;
export type VersionedKind = (typeof versionedKinds)[number];

/** Kinds that have numbered files: besides the above the key of an encrypted database (database-key.ts). */
type NumberedKind = VersionedKind | 'database';

export const keyFile = (kind: NumberedKind, version: number) => `${kind}-${version}.key`;

/** Makes a folder of fresh keys. Throws KeysFault where any exists: overwriting a key is losing what it protects. */
export function createKeys(dir: string, origin: string): void {
  const held = existsSync(dir) ? readdirSync(dir) : [];
  const versioned = versionedKinds.flatMap((kind) =>
    secretVersions(held, kind).map((version) => keyFile(kind, version)),
  );
  const names = ['origin', 'log-signing.pem', ...secrets, ...versioned];
  const present = names.filter((name) => held.includes(name));
  if (present.length)
    throw new KeysFault([`${dir} already holds ${present.join(', ')}: keep them, or choose another folder`]);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // A folder that was there before may be anybody's.
  chmodSync(dir, 0o700);
  const write = (name: string, content: string | Buffer) =>
    writeFileSync(join(dir, name), content, { mode: 0o600, flag: 'wx' });
  const { privateKey } = generateKeyPairSync('ed25519');
  write('log-signing.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  write('origin', `${origin}\n`);
  for (const name of [...secrets, ...versionedKinds.map((kind) => keyFile(kind, 1))])
    write(name, randomBytes(32));
}

/** Versions among file names, ascending. */
export function secretVersions(names: readonly string[], kind: NumberedKind): number[] {
  const file = new RegExp(`^${kind}-([1-9]\\d{0,8})\\.key$`);
  return names
    .flatMap((name) => file.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Versions of a kind that are in use, ascending; none where the kind is newer than the key folder. */
export function keyVersions(place: string | KeyPlace, kind: NumberedKind): number[] {
  return secretVersions(openKeySource(placed(place), () => undefined).names(), kind);
}

/**
 * Makes the next key of a kind, durable before anything is sealed with it; whoever loads the folder from now on seals with it.
 * Older ones stay, to open what they sealed. @returns its version
 */
export function addKey(place: string | KeyPlace, kind: NumberedKind): number {
  const { dir, credentialsDir } = placed(place);
  // A number that was retired never comes again: it would open nothing of what bears it.
  const known = [...keyVersions({ dir, credentialsDir }, kind), ...secretVersions(retiredSecrets(dir), kind)];
  const version = Math.max(0, ...known) + 1;
  writeSecret(dir, keyFile(kind, version));
  return version;
}

const placed = (place: string | KeyPlace): KeyPlace =>
  typeof place === 'string' ? { dir: place, credentialsDir: null } : place;

/** Keys of a kind as they are found, and as others appear that a rotation in another process makes. */
class Ring {
  readonly #source: KeySource;
  readonly #kind: VersionedKind;
  readonly #held = new Map<number, Buffer>();

  constructor(source: KeySource, kind: VersionedKind) {
    this.#source = source;
    this.#kind = kind;
  }

  get(version: number): Buffer | undefined {
    const known = this.#held.get(version);
    if (known) return known;
    const key = this.#source.read(keyFile(this.#kind, version));
    if (key?.length !== 32) return undefined;
    this.#held.set(version, key);
    return key;
  }
  values = () => this.#held.values();
  /** All that are in use now; one that was retired meanwhile still opens what was read before. */
  all(): ReadonlyMap<number, Buffer> {
    for (const version of secretVersions(this.#source.names(), this.#kind)) this.get(version);
    return this.#held;
  }
}

/** Reads folder and credentials. Throws KeysFault listing everything missing, too open or malformed. */
export function loadKeys(place: string | KeyPlace): Keys {
  const { dir, credentialsDir } = placed(place);
  const faults: string[] = [];
  let isLoading = true;
  // Later faults (a key that appears with wrong rights) leave that key unread: what it sealed does not open.
  const source = openKeySource({ dir, credentialsDir }, (fault) => isLoading && faults.push(fault));
  const read = (
    name: string,
    next = 'run "kuzot init", or restore the key folder from its backup',
  ): Buffer => {
    const before = faults.length;
    const found = source.read(name);
    if (found === null && faults.length === before) faults.push(`${join(dir, name)} is missing: ${next}`);
    return found ?? Buffer.alloc(32);
  };
  const origin = read('origin').toString('utf8').trim();
  const signingKeyPem = read('log-signing.pem').toString('utf8');
  const secret = (name: string, next?: string): Buffer => {
    const key = read(name, next);
    if (key.length !== 32) faults.push(`${join(dir, name)} must hold 32 bytes`);
    return key;
  };
  const [jwt, pepper] = secrets.map((name) => secret(name)) as [Buffer, Buffer];
  const versions = (kind: VersionedKind, next?: string): number[] => {
    const found = secretVersions(source.names(), kind);
    for (const version of found.length > 0 ? found : [1]) secret(keyFile(kind, version), next);
    return found;
  };
  const sealVersions = versions('seal');
  const hasOlderFolder = sealVersions.length > 0 && secretVersions(retiredSecrets(dir), 'index').length === 0;
  const indexVersions = versions(
    'index',
    hasOlderFolder
      ? 'a key folder of an earlier version gets it by "kuzot keys rotate --only index"; else restore it from its backup'
      : undefined,
  );
  if (!faults.length) {
    try {
      createPublicKey(signingKeyPem);
    } catch {
      faults.push(`${join(dir, 'log-signing.pem')} is not a PEM key`);
    }
  }
  const lineagePath = join(dir, 'log-lineage');
  const lineage = existsSync(lineagePath)
    ? readFileSync(lineagePath, 'utf8').split('\n').filter(Boolean)
    : [];
  const known = readLineage(lineage);
  if (known.kind === 'refused') faults.push(`${lineagePath}: ${known.why}`);
  if (faults.length || known.kind === 'refused') throw new KeysFault(faults);
  const { verifier } = signerFromPem(origin, signingKeyPem);
  const vkeyText = `${formatVkey(verifier)}\n`;
  const policyPath = join(dir, 'log-policy');
  const policyText = existsSync(policyPath)
    ? readFileSync(policyPath, 'utf8')
    : policyWithoutWitnesses(verifier);
  const parsed = parsePolicy(policyText);
  if (parsed.kind === 'refused') throw new KeysFault([`${policyPath}: ${parsed.why}`]);
  const { policy } = parsed;
  const misused = policyFaults(policy, verifier);
  if (existsSync(policyPath) && (statSync(policyPath).mode & 0o022) !== 0)
    misused.push('can be changed by others: chmod go-w it');
  if (misused.length) throw new KeysFault(misused.map((fault) => `${policyPath}: ${fault}`));
  isLoading = false;
  const seals = new Ring(source, 'seal');
  seals.all();
  const newest = sealVersions.at(-1)!;
  const indexes = new Ring(source, 'index');
  indexes.all();
  const marked: [string, Buffer][] = [
    ['pepper.key', pepper],
    ...sealVersions.map((version): [string, Buffer] => [keyFile('seal', version), seals.get(version)!]),
    ...indexVersions.map((version): [string, Buffer] => [keyFile('index', version), indexes.get(version)!]),
  ];
  const marks = new Map(marked.map(([file, key]) => [file, markOf(file, key)]));
  return {
    dir,
    marks,
    digest: sha256(JSON.stringify([...marks, markOf('jwt.key', jwt), policyText])),
    origin,
    signingKeyPem,
    jwt,
    pepper,
    seal: createSealer(seals.get(newest)!, newest, seals),
    sealVersions,
    index: createBlindIndex(() => indexes.all()),
    indexVersions,
    names: new Set([
      ...sealVersions.map((version) => keyFile('seal', version)),
      ...indexVersions.map((version) => keyFile('index', version)),
    ]),
    headFile: join(dir, 'log-head'),
    destroyedFile: join(dir, 'destroyed'),
    codedFile: join(dir, 'rows-coded'),
    vkeyText,
    policyText,
    policy,
    predecessors: known.predecessors,
    extensions: [bindingLine(vkeyText, policyText), ...known.predecessors.map(followsLine)],
  };
}

const markOf = (file: string, key: Buffer) =>
  createHmac('sha256', key).update(`kuzot key mark ${file}`).digest('hex').slice(0, 32);

/**
 * What a policy may not say although its form is right. Witnesses are asked at these addresses and no others, so each must
 * be plain and, beyond this machine, encrypted: nobody on the way may learn how the log grows, or play dead witness.
 */
function policyFaults({ logs, witnesses }: Policy, own: Verifier): string[] {
  const faults: string[] = [];
  if (logs.length > 0 && !logs.some((log) => log.name === own.name && log.publicKey.equals(own.publicKey)))
    faults.push(
      `names other logs, but not the one it is published with: add the line "log ${formatVkey(own)}"`,
    );
  for (const { name, url } of witnesses) {
    if (url === null) continue;
    const read = URL.canParse(url) ? new URL(url) : null;
    const local = read !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(read.hostname);
    if (read === null || !(read.protocol === 'https:' || (read.protocol === 'http:' && local)))
      faults.push(`witness ${name}: the address must be https (or http on this machine)`);
    else if (read.username !== '' || read.password !== '' || read.search !== '' || read.hash !== '')
      faults.push(`witness ${name}: the address holds more than host and path`);
  }
  return faults;
}

/**
 * Gives the log the name under which it goes on after a recovery. The head file goes aside as evidence. May be called again
 * after it was interrupted.
 */
export function takeName(place: string | KeyPlace, name: string, predecessors: readonly Predecessor[]): void {
  const { dir } = placed(place);
  const before = loadKeys(place);
  if (existsSync(before.headFile))
    renameSync(before.headFile, `${before.headFile}.of-${fileName(before.origin)}`);
  write('log-lineage', predecessors.map((one) => `${followsLine(one)}\n`).join(''));
  const policy = join(dir, 'log-policy');
  if (existsSync(policy) && before.origin !== name) {
    const now = formatVkey(signerFromPem(name, before.signingKeyPem).verifier);
    // Under both names meanwhile: interrupted here, the key folder can still be read.
    const was = `log ${before.vkeyText.trimEnd()}\n`;
    if (!before.policyText.includes(now))
      write('log-policy', before.policyText.replace(was, `${was}log ${now}\n`));
  }
  // Last: whoever reads the new name finds everything else as it belongs to it.
  write('origin', `${name}\n`);

  function write(file: string, text: string): void {
    const path = join(dir, file);
    const opened = openSync(`${path}.new`, 'w', 0o600);
    try {
      writeSync(opened, text);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    renameSync(`${path}.new`, path);
  }
}

const fileName = (origin: string) => origin.replaceAll(/[^A-Za-z0-9.-]+/g, '_');
