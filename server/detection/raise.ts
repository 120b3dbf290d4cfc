// Makes alerts out of firings, through the gate, each with its entry. A firing already told is told once; a firing within a
// rule's quiet time folds into the open alert and leaves its evidence there. It decides nothing about people (R52).
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { alertId, coveringUnit, type Evidence, entityOf, mergeEvidence, placeFiring } from './alerting.ts';
import { alertLevel, type Catalogue, dueAfter } from './catalogue.ts';
import type { Enriched } from './enrich.ts';
import type { Firing } from './sigma/engine.ts';
import { parseEntry } from './stored.ts';
import type { Units } from './units.ts';

export interface RaiseDeps {
  gate: Gate;
  catalogue: Catalogue;
  units: Units;
  clock: () => number;
  newId: () => string;
  /** Told after an alert was raised or grew. */
  onAlert?: (() => void) | undefined;
}

/** The root of the tree: an alert that no unit covers is the central commission's. */
const root = 'CEC';
/** The newest evidence named one by one; what came before it stays in the log and in `firstSeq`. */
const seqsKept = 5_000;
const readAtOnce = 500;
const attempts = 5;

/** @throws LogUnavailable when the log takes no entries: the caller tries again */
export async function raiseAlert(
  deps: RaiseDeps,
  firing: Firing,
  event: Enriched,
): Promise<'raised' | 'folded' | 'none'> {
  const rule = deps.catalogue.rule(firing.rule);
  const level = alertLevel(firing.level);
  if (!rule || !level) return 'none';
  const entity = entityOf(firing, rule, event.fields);
  const entityText = canonicalJson(entity);
  const seqs = firing.indexes.slice(-seqsKept);
  const firstSeq = firing.indexes[0] ?? event.seq;
  const lastSeq = firing.indexes.at(-1) ?? event.seq;
  const id = alertId(firing.ruleVersion, entityText, firstSeq);
  const voter =
    [entity['voter.id'], event.fields['voter.id']].find((value) => typeof value === 'string') ?? null;
  const grouped = entity['voter.id'] !== undefined || firing.indexes.length === 1;
  const subject = grouped && voter !== null ? String(voter) : null;
  const evidence = await readEvidence(deps, seqs);

  for (let attempt = 1; ; attempt++) {
    let told: 'raised' | 'folded' | 'none' = 'none';
    const now = deps.clock();
    const { reader } = deps.gate;
    const latest = await reader.alerts.latest(rule.key, entityText);
    const place = placeFiring(
      { timeMs: firing.timeMs, lastSeq },
      latest,
      rule.kuzot?.suppress?.forMs ?? null,
    );
    if (place.kind === 'known') return 'none';
    const outcome = await deps.gate.change<null, null>(
      systemContext('detection', now, deps.newId()),
      'alert.raise',
      {
        locate: async () => ({ record: null, unit: null }),
        decide() {
          const about = {
            ...(subject !== null && { subjects: [subject] }),
            detail: { rule: rule.key, ruleVersion: firing.ruleVersion, level, alert: id, folded: false },
          };
          if (place.kind === 'fold' && latest) {
            told = 'folded';
            const known: Evidence = {
              seqs: JSON.parse(latest.seqs) as number[],
              officers: latest.about.split(' ').filter(Boolean),
              paths: [deps.units.path(latest.commission)].filter((path) => path !== null),
            };
            const all = mergeEvidence(known, evidence);
            return {
              kind: 'change',
              value: null,
              about: { ...about, detail: { ...about.detail, alert: latest.id, folded: true } },
              changes: [
                {
                  op: 'update',
                  table: 'alert',
                  key: { id: latest.id },
                  expect: { version: latest.version },
                  set: {
                    folded: latest.folded + 1,
                    lastSeq,
                    seqs: JSON.stringify(all.seqs.slice(-seqsKept)),
                    about: all.officers.join(' '),
                    commission: coveringUnit(all.paths) ?? root,
                    updatedAt: now,
                    version: latest.version + 1,
                  },
                },
                step(latest.id, latest.version + 1, now, 'fold', `${firing.indexes.length}`),
              ],
            };
          }
          told = 'raised';
          return {
            kind: 'change',
            value: null,
            about,
            changes: [
              {
                op: 'insert',
                table: 'alert',
                row: {
                  id,
                  rule: rule.key,
                  ruleVersion: firing.ruleVersion,
                  level,
                  state: 'new',
                  entity: entityText,
                  commission: coveringUnit(evidence.paths) ?? root,
                  about: evidence.officers.join(' '),
                  voter: subject,
                  firstSeq,
                  lastSeq,
                  seqs: JSON.stringify(seqs),
                  folded: 0,
                  // When it became true; how soon somebody must look counts from when it could be told.
                  createdAt: firing.timeMs,
                  updatedAt: now,
                  dueAt: now + dueAfter(rule, level),
                  assignee: null,
                  closeReason: null,
                  closeNote: null,
                  closedBy: null,
                  version: 1,
                },
              },
              step(id, 1, now, 'raise', ''),
            ],
          };
        },
      },
    );
    if (outcome.kind === 'done') {
      deps.onAlert?.();
      return told;
    }
    // Somebody acted on the alert at that moment: look again.
    if (outcome.kind !== 'stale' || attempt === attempts)
      throw new Error(`an alert of rule ${rule.key} could not be raised: ${outcome.kind}`);
  }
}

function step(alert: string, version: number, at: number, action: string, note: string) {
  const row = { alert, version, at, officer: 'system:detection', action, note };
  return { op: 'insert' as const, table: 'alertStep' as const, row };
}

async function readEvidence({ gate, units }: RaiseDeps, seqs: readonly number[]): Promise<Evidence> {
  const officers = new Set<string>();
  const paths = new Set<string>();
  for (let i = 0; i < seqs.length; i += readAtOnce) {
    for (const row of await gate.reader.audit.entriesAt(seqs.slice(i, i + readAtOnce))) {
      const { leaf, event } = parseEntry(row);
      const codes = [leaf.commission, event.detail?.json.precinct].filter((code) => typeof code === 'string');
      await units.learn(codes);
      for (const code of codes) {
        const path = units.path(code);
        if (path !== null) paths.add(path);
      }
      if (typeof leaf.actor === 'string' && !leaf.actor.startsWith('system:')) officers.add(leaf.actor);
    }
  }
  return { seqs: [...seqs], officers: [...officers].sort(), paths: [...paths] };
}
