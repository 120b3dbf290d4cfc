// Where secrets come from: the one interface behind which they lie. Today a file each, in the key folder or among the
// credentials systemd hands a unit; a key server would be another source. Refuses what others may read or could have
// put there; never says a byte of a secret.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export interface KeySource {
  /** Names of the secrets held, such as `seal-1.key`. */
  names(): readonly string[];
  /** The bytes of one, or null where there is none. A secret that is there and may not be trusted is a fault. */
  read(name: string): Buffer | null;
}

/** Told of each fault in operators' words: what is wrong with which file, and the next step. */
export type TellFault = (fault: string) => void;

export interface KeyPlace {
  /** The key folder: what is made, and what may be read in it besides secrets. */
  dir: string;
  /** `$CREDENTIALS_DIRECTORY` of a systemd unit; null where there is none. */
  credentialsDir: string | null;
}

const retiredIn = (dir: string) => join(dir, 'retired');

/** The credentials first, then the key folder. One secret in both, and different, is a fault: which one sealed? */
export function openKeySource({ dir, credentialsDir }: KeyPlace, tell: TellFault): KeySource {
  const folder = folderSource(dir, tell, false);
  if (credentialsDir === null) return folder;
  const credentials = folderSource(credentialsDir, tell, true);
  return {
    names: () => [...new Set([...credentials.names(), ...folder.names()])],
    read(name) {
      const [given, own] = [credentials.read(name), folder.read(name)];
      if (given !== null && own !== null && !given.equals(own))
        tell(
          `${name} is in ${credentialsDir} and in ${dir}, and they differ: remove the one that is not used`,
        );
      return given ?? own;
    },
  };
}

function folderSource(dir: string, tell: TellFault, isCredentials: boolean): KeySource {
  if (existsSync(dir)) {
    const fault = faultOf(statSync(dir), isCredentials, 'directory');
    if (fault !== null) tell(`${dir} ${fault}`);
  }
  return {
    names: () => (existsSync(dir) ? readdirSync(dir) : []),
    read(name) {
      const path = join(dir, name);
      if (!existsSync(path)) return null;
      // Judged and read through one handle: nothing can be put in its place in between. A pipe must not make us wait.
      const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const fault = faultOf(fstatSync(opened), isCredentials, 'file');
        if (fault !== null) {
          tell(`${path} ${fault}`);
          return null;
        }
        return readFileSync(opened);
      } finally {
        closeSync(opened);
      }
    },
  };
}

function faultOf(stat: Stats, isCredentials: boolean, kind: 'file' | 'directory'): string | null {
  const isFile = kind === 'file';
  if (isFile !== stat.isFile()) return `is no ${isFile ? 'file: put the key itself there' : 'folder'}`;
  const own = process.getuid?.();
  if (own !== undefined && stat.uid !== own && stat.uid !== 0)
    return `belongs to another user (${stat.uid}), who can change it: chown it to the user the server runs as`;
  // systemd gives its credentials by an access list, whose mask shows as the group's rights.
  const others = isCredentials && stat.uid === 0 ? 0o007 : 0o077;
  if ((stat.mode & others) !== 0)
    return isFile ? 'can be read by others: chmod 600 it' : 'is open to others: chmod 700 it';
  return null;
}

/** Makes a secret of 32 random bytes in the key folder, durable when this returns. An old one of that name is replaced. */
export function writeSecret(dir: string, name: string): void {
  const path = join(dir, name);
  const part = `${path}.part`;
  // Left by a crash, and never in use.
  rmSync(part, { force: true });
  writeFileSync(part, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true });
  renameSync(part, path);
  syncFolder(dir);
}

/** Takes a secret out of use: it lies in `retired/` from now on, for earlier backups. False where the folder has it not. */
export function retireSecret(dir: string, name: string): boolean {
  if (!existsSync(join(dir, name))) return false;
  mkdirSync(retiredIn(dir), { recursive: true, mode: 0o700 });
  chmodSync(retiredIn(dir), 0o700);
  renameSync(join(dir, name), join(retiredIn(dir), name));
  syncFolder(retiredIn(dir));
  syncFolder(dir);
  return true;
}

/** Names of the secrets that were retired and are still at hand. */
export const retiredSecrets = (dir: string): readonly string[] =>
  existsSync(retiredIn(dir)) ? readdirSync(retiredIn(dir)) : [];

/** Puts a retired secret back into use, for what an earlier backup holds. */
export function recallSecret(dir: string, name: string): void {
  renameSync(join(retiredIn(dir), name), join(dir, name));
  syncFolder(dir);
}

function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
