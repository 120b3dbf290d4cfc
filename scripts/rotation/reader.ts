// Somebody who goes on reading while keys are changed: a process of its own, with the keys it started with. Opens what
// applications keep, whole pages and single ones picked at random, and looks documents up by their index, until its
// standard input closes; then prints one JSON line: what it read, and the first thing that could not be read.
import { setTimeout as sleep } from 'node:timers/promises';
import { openReader } from '#db/open.ts';
import { type Keys, loadKeys } from '#server/keys.ts';
import { documentNumber } from '#server/lib/document-number.ts';

export interface ReaderReport {
  /** Values opened, documents found by index, and passes over all rows. */
  opened: number;
  found: number;
  passes: number;
  /** Versions of the sealing keys met. */
  versions: number[];
  fault: string | null;
}

const [database, keysDir] = process.argv.slice(2) as [string, string];
const keys: Keys = loadKeys(keysDir);
const { reader, close } = await openReader(database);
const report: ReaderReport = { opened: 0, found: 0, passes: 0, versions: [], fault: null };
const versions = new Set<number>();
const place = { table: 'application', column: 'passport_index' };
let goes = true;
process.stdin.on('end', () => {
  goes = false;
});
process.stdin.resume();

/** One page in the order of ids, and one document of it found by its number. @returns the last id */
async function read(after: string): Promise<string> {
  const rows = await reader.system.sealedRows('application', after, 200);
  for (const { id, values } of rows)
    for (const { column, bytes } of values) {
      versions.add(Buffer.from(bytes).readUInt32BE(1));
      const opened = keys.seal.open({ table: 'application', column, id }, bytes);
      report.opened++;
      if (column !== 'passport' || Math.random() > 0.02) continue;
      const number = documentNumber(JSON.parse(opened.toString('utf8')));
      if ((await reader.applications.withDocument(keys.index.all(place, number), '', '/')) !== 1)
        throw new Error(`the document of ${id} was not found by its index`);
      report.found++;
    }
  return rows.at(-1)?.id ?? '';
}

try {
  console.log('reading');
  for (let at = ''; goes; ) {
    at = await read(at);
    if (at === '') report.passes++;
    // Now and then from anywhere, so that the pass never runs in step with the rotation.
    if (Math.random() < 0.3) await read(`a-${String(Math.floor(Math.random() * 1e6)).padStart(6, '0')}`);
    // A person reads on; a loop without rest would only show how the machine shares its time.
    await sleep(20);
  }
} catch (error) {
  report.fault = error instanceof Error ? error.message : 'unknown fault';
} finally {
  await close();
}
report.versions = [...versions].sort((a, b) => a - b);
console.log(JSON.stringify(report));
