// Run by the crash suite as a process of its own: writes units with a change each from many clients at once, and prints
// the seq and the name of every unit after it was acknowledged, until it is killed or the log accepts nothing.
import { openStore } from '../open.ts';
import { LogUnavailable } from '../store.ts';
import { draft } from './rig.ts';

const [url, headFile, origin, signingKeyPem, round] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const store = await openStore(url, {
  origin,
  signingKeyPem,
  headFile,
  create: true,
  clock: () => 1_770_000_000_000,
});

async function client(name: string): Promise<void> {
  for (let n = 0; ; n++) {
    const fold = `${round}-${name}-${n}`;
    const unit = {
      changes: [{ op: 'insert' as const, table: 'surname' as const, row: { fold } }],
      entries: [draft(n, { caseId: fold })],
    };
    const result = await store.commit(unit).catch((error: unknown) => {
      if (error instanceof LogUnavailable) return null;
      throw error;
    });
    if (result === null) return;
    const { seqs } = result;
    process.stdout.write(`${seqs[0]} ${fold}\n`);
  }
}

await Promise.all(Array.from({ length: 32 }, (_, i) => client(`c${i}`)));
await store.close();
