// Which policies are in force. At the first start it is the files of policies/access; from then on what two persons
// approved, kept in the database and named in the log (gate/file-sets.ts).
import { join } from 'node:path';
import type { Change, Reader } from '#db/store.ts';
import type { PolicyFile } from '#server/contract/policies.ts';
import * as sets from '#server/gate/file-sets.ts';
import type { SetKind } from '#server/gate/set-changes.ts';
import { PolicyUnusable } from '#server/policy/asking.ts';
import { readPolicies } from '#server/policy/cedar.ts';
import { type PolicySource, parsePolicies, policyHash, readPolicyFiles } from '#server/policy/source.ts';

const { SetRefused, short } = sets;

export const accessPolicies: SetKind = {
  name: 'access',
  what: 'policies',
  approval: 'policy',
  views: 'policy.view',
  proposes: 'policy.propose',
  flag: 'for-policy',
  told: 'policy',
};

export interface Chosen {
  source: PolicySource;
  /** What the database says is in force; null before the first start. */
  record: sets.SetRecord | null;
  differs: sets.Differs;
  /** What this release's files take the place of, in a database made for trying things out. */
  renews?: sets.SetRecord;
}

export interface Choice {
  /** Lets a set decide that does not know every act of this release: only for approving another by command. */
  incomplete?: boolean;
  /** A database made for trying things out takes this release's files when its own set cannot serve it. */
  renewable?: boolean;
}

/** @throws PolicyUnusable, SetRefused */
export async function choosePolicies(
  reader: Reader,
  policiesDir: string,
  choice: Choice = {},
): Promise<Chosen> {
  const dir = join(policiesDir, 'access');
  const found = await reader.policies.inForce('access');
  if (!found) return { source: readPolicies(dir), record: null, differs: null };
  const { inForce: record } = found;
  const files = sets.keptFiles(found, 'access policies', policyHash);
  const parsed = parsePolicies(files, choice.incomplete !== true);
  if (parsed.kind === 'faults') {
    if (choice.renewable) return { source: readPolicies(dir), record: null, differs: null, renews: record };
    const [first] = parsed.faults;
    throw new SetRefused(
      `The approved access policies (${short(record.hash)}) do not fit this release: ${first?.fault}.\n  Two officers approve those that came with it: kuzot policies adopt`,
    );
  }
  return { source: parsed.source, record, differs: differing(dir, record.hash) };
}

function differing(dir: string, hash: string): sets.Differs {
  try {
    if (policyHash(readPolicyFiles(dir)) === hash) return null;
    return { hash: readPolicies(dir).hash, fault: null };
  } catch (error) {
    const known = error instanceof PolicyUnusable || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!known) throw error;
    return { hash: null, fault: (error as Error).message.split('\n')[0] ?? '' };
  }
}

export const filesOf = ({ files }: Pick<PolicySource, 'files'>): PolicyFile[] =>
  files.map(({ name, text }) => ({ name, text }));

/** What the first start records, in the commit of its entry. */
export const baseline = ({ source, record, renews }: Chosen, at: number): Change[] =>
  record ? [] : sets.recordSet('access', source, at, renews ?? null);

/** @throws SetRefused */
export const agreesWithLog = (reader: Reader, { record, renews }: Pick<Chosen, 'record' | 'renews'>) =>
  sets.agreesWithLog(reader, record ?? renews ?? null, 'access policies', ({ policy, recorded }) =>
    typeof policy === 'string' ? { hash: policy, recorded: recorded === true } : null,
  );
