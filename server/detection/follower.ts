// Reads the log by seq and pushes every entry through the rules: the half of detection that needs nothing but a reader, so
// that it can run in a thread of its own (beside.ts). It finds; telling is the runner's. It must never write.
import type { Reader } from '#db/store.ts';
import { type Enriched, enrich, type StoredEntry } from './enrich.ts';
import { createEngine, type Firing } from './sigma/engine.ts';
import type { RuleSet } from './sigma/ruleset.ts';
import { parseEntry } from './stored.ts';
import { createUnits } from './units.ts';

/** A rule that fired, with the event that completed it. */
export interface Found {
  firing: Firing;
  event: Enriched;
}

/** What one step through the log brought. */
export interface Findings {
  /** The next entry to be read. */
  next: number;
  /** How many entries were read; none when the log has no more. */
  read: number;
  /** Numbers missing in the log: first and last of each gap. */
  gaps: [from: number, to: number][];
  found: Found[];
  /** Entries of an unforeseen shape, skipped: what went wrong with each. */
  faults: string[];
}

export interface Follower {
  /**
   * Begins anew at entry `from` with an empty state. @param judged entries below were told by an earlier run: they only
   * rebuild the state
   */
  open(from: number, judged: number): Promise<void>;
  /** Reads on, a bounded number of entries. One at a time. */
  step(): Promise<Findings>;
  close(): Promise<void>;
}

const batch = 2_048;

export function createFollower(reader: Reader, ruleSet: RuleSet): Follower {
  const units = createUnits(reader);
  let engine = createEngine(ruleSet);
  let next = 0;
  let judged = 0;

  /** A leaf or event of an unforeseen shape is skipped, and said: the rules must go on. */
  function eventsOf(entry: StoredEntry, faults: string[]): Enriched[] {
    try {
      return enrich(entry, units.path);
    } catch (error) {
      faults.push(`entry ${entry.seq}: ${error instanceof Error ? error.message : 'unknown fault'}`);
      return [];
    }
  }

  return {
    async open(from, told) {
      engine = createEngine(ruleSet);
      next = from;
      judged = told;
    },
    async step() {
      const rows = await reader.audit.following(next, batch);
      const findings: Findings = { next, read: rows.length, gaps: [], found: [], faults: [] };
      for (const row of rows) {
        if (row.seq > next) findings.gaps.push([next, row.seq - 1]);
        const entry = parseEntry(row);
        const { leaf, event } = entry;
        const { precinct, unit } = event.detail?.json ?? {};
        if (!units.knows(leaf.commission, precinct, unit))
          await units.learn([leaf.commission, precinct, unit]);
        for (const one of eventsOf(entry, findings.faults)) {
          const firings = engine.push(one.fields, one.timeMs, one.seq);
          if (row.seq >= judged) for (const firing of firings) findings.found.push({ firing, event: one });
        }
        next = row.seq + 1;
      }
      findings.next = next;
      return findings;
    },
    async close() {},
  };
}
