// Puts the audit room together. The checkpoint everybody may fetch is the newest that a quorum of witnesses cosigned; where
// none is asked for, or it stays away, one at most a second old: signing on every request would let strangers make the
// server work.
import type { Reader, Store } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { ApprovalDesk } from '#server/gate/request.ts';
import type { Policy } from '#server/lib/log/policy.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { createEvidence, type EvidenceCases, type EvidenceDeps } from './evidence-service.ts';
import type { Published } from './export.ts';
import { createMonitors, type Monitors, type SignedNote } from './monitors.ts';
import { valueSight } from './rules.ts';
import { createTrail, type Trail } from './service.ts';
import { showEntry } from './trail.ts';
import { type StoredTree, storedTree } from './tree.ts';
import { createViews, type Views } from './views.ts';

export interface AuditRoomDeps extends ApprovalDesk {
  gate: Gate;
  store: Pick<Store, 'reader' | 'settled' | 'status' | 'checkpoint'>;
  /** The log's name, key and witness policy, as published and as read; what seals single fields. */
  keys: EvidenceDeps['published'] & { policy: Policy; seal: Sealer };
  /** The newest checkpoint with a quorum of witnesses; null where none is asked for, or it stays away. */
  witnessed(): SignedNote | null;
  /** The voters room's masks, by field. */
  maskField(field: string, value: string): string;
  clock: () => number;
}

export interface Audit {
  trail: Trail;
  evidence: EvidenceCases;
  views: Views;
  tree: StoredTree;
  monitors: Monitors;
  published: Published;
  recentCheckpoint(): Promise<SignedNote>;
  /** Some entries for an alert's card, oldest first; values at most as a voter card shows them. */
  timeline(ctx: Context, reader: Reader, seqs: readonly number[]): Promise<TrailItem[]>;
}

const freshMs = 1_000;

export function createAudit(deps: AuditRoomDeps): Audit {
  const { gate, store, keys, witnessed, maskField, clock, ...desk } = deps;
  const tree = storedTree(store.reader);
  let kept: { at: number; note: Promise<SignedNote> } | null = null;
  const settled = () => store.settled();
  const size = () => store.status().size;
  const trail = createTrail({
    gate,
    settled,
    size,
    async checkpoint(size) {
      const cosigned = witnessed();
      return cosigned !== null && cosigned.size >= size ? cosigned : store.checkpoint(size);
    },
    tree,
    vkey: keys.vkeyText.trimEnd(),
    maskField,
  });
  const { readFilter } = trail;
  return {
    tree,
    monitors: createMonitors(store.reader, tree, keys.policy),
    published: keys,
    trail,
    evidence: createEvidence({
      gate,
      settled,
      size,
      tree,
      published: keys,
      readFilter,
      witnessed,
      ...desk,
    }),
    views: createViews({ gate, seal: keys.seal }),
    async timeline(ctx, reader, seqs) {
      await store.settled();
      const rows = (await reader.audit.bySeqs(seqs)).reverse();
      const sight = valueSight(ctx) === 'none' ? 'none' : 'masked';
      return rows.map((row) => ({ ...showEntry(row, sight, maskField), query: null }));
    },
    async recentCheckpoint() {
      const cosigned = witnessed();
      if (cosigned !== null) return cosigned;
      const now = clock();
      if (kept === null || Math.abs(now - kept.at) >= freshMs) {
        const note = store.checkpoint();
        kept = { at: now, note };
        note.catch(() => {
          // The caller learns of it; the next one asks anew.
          kept = null;
        });
      }
      return kept.note;
    },
  };
}
