// Which detection rules are in force. Until two persons have approved a set, it is what lies in the folder at each start: what
// is changed there is taken in, entered and alerted as one person's doing. From the first approval on it is what was approved,
// kept in the database and named in the log (gate/file-sets.ts), whatever lies in the folder.
import { join } from 'node:path';
import type { Change, Reader } from '#db/store.ts';
import {
  agreesWithLog as agrees,
  type Differs,
  keptFiles,
  recordSet,
  type Said,
  type SetFile,
  type SetRecord,
  SetRefused,
  short,
} from '#server/gate/file-sets.ts';
import type { SetKind } from '#server/gate/set-changes.ts';
import {
  type Catalogue,
  catalogueOfDocuments,
  catalogueOfFiles,
  fileSetOf,
  filesOf,
  loadCatalogue,
} from '../catalogue.ts';
import { readRuleFiles } from '../sigma/directory.ts';
import { faultLine, RuleFaults } from '../sigma/faults.ts';

export const detectionRules: SetKind = {
  name: 'detection',
  what: 'rules',
  approval: 'rules',
  views: 'rule.view',
  proposes: 'rule.propose',
  flag: 'for-rules',
  told: 'ruleFiles',
};

export const keptSetOf = (files: readonly SetFile[]) => fileSetOf(filesOf({ files }));

export interface ChosenRules {
  catalogue: Catalogue;
  /** What the database said when it was asked; null before the first start. */
  record: SetRecord | null;
  differs: Differs;
}

export interface RuleChoice {
  /** Takes in what lies in the folder, as long as nobody approved a set: a server's start does, a command does not. */
  takesFiles?: boolean;
  /** Goes on with a kept set that this release cannot read: only for approving another by command. */
  unreadable?: boolean;
}

/** @throws RuleFaults, SetRefused */
export async function chooseRules(
  reader: Reader,
  policiesDir: string,
  { takesFiles = false, unreadable = false }: RuleChoice = {},
): Promise<ChosenRules> {
  const dir = join(policiesDir, 'detection');
  const found = await reader.policies.inForce('detection');
  if (!found || (takesFiles && found.inForce.approval === null))
    return { catalogue: loadCatalogue(dir), record: found?.inForce ?? null, differs: null };
  const { inForce: record } = found;
  const set = keptSetOf(keptFiles(found, 'detection rules', (files) => keptSetOf(files).hash));
  const differs = differing(dir, record.hash);
  try {
    return { catalogue: catalogueOfFiles(filesOf(set)), record, differs };
  } catch (error) {
    if (!(error instanceof RuleFaults)) throw error;
    if (record.approval === null) return { catalogue: loadCatalogue(dir), record, differs: null };
    if (unreadable) return { catalogue: catalogueOfDocuments([], set), record, differs };
    throw new SetRefused(
      `The approved detection rules (${short(record.hash)}) do not fit this release: ${faultLine(error.faults[0]!)}.\n  Two officers approve others: kuzot rules adopt`,
    );
  }
}

function differing(dir: string, hash: string): Differs {
  try {
    const files = readRuleFiles(dir);
    const set = fileSetOf(files);
    if (set.hash === hash) return null;
    return { hash: set.hash, fault: null };
  } catch (error) {
    if (!(error instanceof RuleFaults)) throw error;
    return { hash: null, fault: faultLine(error.faults[0]!) };
  }
}

/** What a start records, in the commit of its entry. */
export const baseline = ({ catalogue: { set }, record }: ChosenRules, at: number): Change[] =>
  record?.hash === set.hash ? [] : recordSet('detection', set, at, record);

/** What an entry says of the rules in force; empty: no approval. */
export const recordedRules = ({ hash, approval }: { hash: string; approval: string | null }) => ({
  ruleFiles: hash,
  rulesApproval: approval ?? '',
});

const said: Said = ({ ruleFiles, rulesApproval }) => {
  if (typeof ruleFiles !== 'string') return null;
  const approval = typeof rulesApproval === 'string' ? { approval: rulesApproval || null } : {};
  return { hash: ruleFiles, recorded: true, ...approval };
};

/** @throws SetRefused */
export const agreesWithLog = (reader: Reader, { record }: Pick<ChosenRules, 'record'>) =>
  agrees(reader, record, 'detection rules', said);
