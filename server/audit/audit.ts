// Puts the audit room together. The checkpoint everybody may fetch is at most a second old: signing on every request would
// let strangers make the server work.
import type { Store } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import { createTrail, type Trail } from './service.ts';
import { type StoredTree, storedTree } from './tree.ts';

export interface AuditRoomDeps {
  gate: Gate;
  store: Pick<Store, 'reader' | 'settled' | 'checkpoint'>;
  /** The voters room's masks, by field. */
  maskField(field: string, value: string): string;
  clock: () => number;
}

export interface Audit {
  trail: Trail;
  tree: StoredTree;
  recentCheckpoint(): Promise<{ size: number; note: string }>;
}

const freshMs = 1_000;

export function createAudit({ gate, store, maskField, clock }: AuditRoomDeps): Audit {
  const tree = storedTree(store.reader);
  let kept: { at: number; note: Promise<{ size: number; note: string }> } | null = null;
  return {
    tree,
    trail: createTrail({
      gate,
      settled: () => store.settled(),
      checkpoint: (size) => store.checkpoint(size),
      tree,
      maskField,
    }),
    recentCheckpoint() {
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
