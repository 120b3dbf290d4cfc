// The key files of one installation. Made once by `kuzot init`, read at start, never written again; rotation adds one, a
// recorded recovery gives the log another name. Files
// are 0600 in a folder of 0700; a folder or file others may read refuses the start.
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
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
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { bindingLine } from '#server/lib/log/checkpoint.ts';
import { followsLine, type Predecessor, readLineage } from '#server/lib/log/lineage.ts';
import { formatVkey, signerFromPem, type Verifier } from '#server/lib/log/note.ts';
import { type Policy, parsePolicy, policyWithoutWitnesses } from '#server/lib/log/policy.ts';
import { createSealer, type Sealer } from '#server/lib/secrets.ts';

export interface Keys {
  /** The log's name: first line of every checkpoint. */
  origin: string;
  signingKeyPem: string;
  jwt: Buffer;
  pepper: Buffer;
  seal: Sealer;
  /** Versions of the sealing keys held, ascending: the last one seals, all of them open. */
  sealVersions: readonly number[];
  /** Last signed size and root, kept outside the database. */
  headFile: string;
  /** What was destroyed, kept outside the database: a restored copy must lose it again. */
  destroyedFile: string;
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
const sealFile = (version: number) => `seal-${version}.key`;

/** Makes a folder of fresh keys. Throws KeysFault where any exists: overwriting a key is losing what it protects. */
export function createKeys(dir: string, origin: string): void {
  const names = ['origin', 'log-signing.pem', ...secrets, ...sealVersionsIn(dir).map(sealFile)];
  const present = names.filter((name) => existsSync(join(dir, name)));
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
  for (const name of [...secrets, sealFile(1)]) write(name, randomBytes(32));
}

/** Versions of the sealing keys in the folder, ascending. */
function sealVersionsIn(dir: string): number[] {
  if (!existsSync(dir)) return [];
  const versions = readdirSync(dir).flatMap((name) => /^seal-([1-9]\d{0,8})\.key$/.exec(name)?.[1] ?? []);
  return versions.map(Number).sort((a, b) => a - b);
}

/**
 * Makes the next sealing key, durable before anything is sealed with it; whoever loads the folder from now on seals with it.
 * Older ones stay, to open what they sealed. @returns its version
 */
export function addSealKey(dir: string): number {
  const version = (sealVersionsIn(dir).at(-1) ?? 0) + 1;
  const path = join(dir, sealFile(version));
  const part = `${path}.part`;
  // Left by a crash, and never in use.
  rmSync(part, { force: true });
  writeFileSync(part, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true });
  renameSync(part, path);
  const folder = openSync(dir, 'r');
  fsyncSync(folder);
  closeSync(folder);
  return version;
}

/** Reads the folder. Throws KeysFault listing everything missing, too open or malformed. */
export function loadKeys(dir: string): Keys {
  const faults: string[] = [];
  if (existsSync(dir) && (statSync(dir).mode & 0o077) !== 0)
    faults.push(`${dir} is open to others: chmod 700 it`);
  const read = (name: string): Buffer => {
    const path = join(dir, name);
    if (!existsSync(path)) {
      faults.push(`${path} is missing: run "kuzot init", or restore the key folder from its backup`);
      return Buffer.alloc(32);
    }
    if ((statSync(path).mode & 0o077) !== 0) faults.push(`${path} can be read by others: chmod 600 it`);
    return readFileSync(path);
  };
  const origin = read('origin').toString('utf8').trim();
  const signingKeyPem = read('log-signing.pem').toString('utf8');
  const secret = (name: string): Buffer => {
    const key = read(name);
    if (key.length !== 32) faults.push(`${join(dir, name)} must hold 32 bytes`);
    return key;
  };
  const [jwt, pepper] = secrets.map(secret) as [Buffer, Buffer];
  const found = sealVersionsIn(dir);
  const sealVersions = found.length > 0 ? found : [1];
  const sealKeys = new Map(sealVersions.map((version) => [version, secret(sealFile(version))]));
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
  return {
    origin,
    signingKeyPem,
    jwt,
    pepper,
    seal: createSealer(sealKeys.get(sealVersions.at(-1)!)!, sealVersions.at(-1)!, sealKeys),
    sealVersions,
    headFile: join(dir, 'log-head'),
    destroyedFile: join(dir, 'destroyed'),
    vkeyText,
    policyText,
    policy,
    predecessors: known.predecessors,
    extensions: [bindingLine(vkeyText, policyText), ...known.predecessors.map(followsLine)],
  };
}

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
export function takeName(dir: string, name: string, predecessors: readonly Predecessor[]): void {
  const before = loadKeys(dir);
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
