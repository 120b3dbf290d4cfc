// What must hold whatever happened to the server: every reply served has its entry of that officer, voter and act; nothing
// acknowledged is missing; no size was ever signed with two roots, wherever the checkpoint was seen.
import { openReadOnly } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import { loadKeys } from '#server/keys.ts';
import { openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import type { Heard, Served } from './clients.ts';

export interface Findings {
  servedWithoutEntry: number;
  acknowledgedButMissing: number;
  sizesSignedTwice: number;
}

export interface Ledger {
  readonly found: Findings;
  readonly size: number;
  readonly checkpoints: number;
  /** Holds what was heard since the last call against what is stored. */
  check(heard: Heard): Promise<void>;
  /** Every byte of the stored log. @throws where something is wrong */
  verify(): Promise<number>;
}

export async function openLedger(database: string, keysDir: string): Promise<Ledger> {
  const keys = loadKeys(keysDir);
  const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
  const found: Findings = { servedWithoutEntry: 0, acknowledgedButMissing: 0, sizesSignedTwice: 0 };
  const roots = new Map<number, string>();
  const stored = () => openReadOnly(database);
  let size = await stored().then(async ({ log, close }) => {
    const { entries } = await log.counts();
    await close();
    return entries;
  });
  let signed = 0;

  function see(note: string): void {
    const opened = openCheckpoint(note, [verifier]);
    if (opened.kind === 'refused') throw new Error(`a checkpoint that is none: ${opened.why}`);
    const { checkpoint } = opened;
    const root = Buffer.from(checkpoint.root).toString('base64');
    const before = roots.get(checkpoint.size);
    if (before !== undefined && before !== root) found.sizesSignedTwice++;
    roots.set(checkpoint.size, root);
  }

  return {
    found,
    get size() {
      return size;
    },
    get checkpoints() {
      return roots.size;
    },
    async check({ served, notes }) {
      const { log, close } = await stored();
      try {
        const { entries } = await log.counts();
        const events = new Map((await log.readEvents(size, entries)).map(({ seq, json }) => [seq, json]));
        const unclaimed = new Map<string, number>();
        const keyOf = ({ officer, voter, act }: Omit<Served, 'entry'>) => `${officer} ${act} ${voter}`;
        const keys = new Map<number, string>();
        let seq = size;
        for await (const bytes of log.readLeaves(size, entries)) {
          const leaf = JSON.parse(bytes.toString()) as { act: string; outcome: string; actor: string };
          const event = JSON.parse(events.get(seq) ?? '{}') as { subjects?: { id: string }[] };
          if (leaf.outcome === 'done' && event.subjects?.length === 1) {
            const { act, actor: officer } = leaf;
            const key = keyOf({ officer, act: act as Served['act'], voter: event.subjects[0]!.id });
            keys.set(seq, key);
            unclaimed.set(key, (unclaimed.get(key) ?? 0) + 1);
          }
          seq++;
        }
        for (const one of served) {
          const key = keyOf(one);
          if (one.entry !== null && keys.get(one.entry) !== key) found.acknowledgedButMissing++;
          const left = unclaimed.get(key) ?? 0;
          // One entry a reply: two replies cannot lean on the same one.
          if (left === 0) found.servedWithoutEntry++;
          else unclaimed.set(key, left - 1);
        }
        for (const { size: at, note } of await log.readCheckpoints(signed, 100_000)) {
          see(note);
          signed = at + 1;
        }
        const head = await readHead(loadKeys(keysDir).headFile, [verifier]);
        for (const note of [...notes, ...(head === null ? [] : [head.note])]) see(note);
        if (entries < size) found.acknowledgedButMissing += size - entries;
        size = entries;
      } finally {
        await close();
      }
    },
    async verify() {
      const { log, guardFault, close } = await stored();
      try {
        const head = await readHead(loadKeys(keysDir).headFile, [verifier]);
        const result = await verifyAudit(log, {
          origin: keys.origin,
          verifiers: [verifier],
          head,
          guardFault,
        });
        if (result.kind === 'broken') throw new Error(`${result.where}: ${result.why}`);
        return result.size;
      } finally {
        await close();
      }
    },
  };
}
