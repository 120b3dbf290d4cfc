// A console whose Cedar is broken within, in a thread of its own: the instance it shares with nobody is lost with it. Posts
// what became of each question.
import { parentPort } from 'node:worker_threads';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { openConsole } from '../console-rig.ts';

export interface Seen {
  /** Status and body of the signs of life: while sound, and broken. */
  sound: [number, unknown];
  broken: [number, unknown];
  metrics: string;
  /** Whether the text broke Cedar at all. */
  fell: boolean;
  /** Replies to questions nobody had asked, and how many entries they made. */
  refused: unknown[];
  entries: number;
  /** Status of a question that was decided before. */
  remembered: number;
  faults: string[];
}

const rig = await openConsole();
const member = await rig.logIn('precinct-member', '1001');
const admin = await rig.logIn('territorial-admin', 'T1');
const voter = await rig.addVoter('1001');
const card = () => member.get(`/api/voters/${voter.id}`);
async function health(): Promise<[number, unknown]> {
  rig.time.now += 1_000;
  const reply = await rig.app.inject({ url: '/healthz' });
  return [reply.statusCode, reply.json()];
}

await card();
const sound = await health();
let fell = false;
try {
  // Deeper than its stack reaches; files and proposals are measured before they get so far.
  cedar.policyToJson(
    `permit (principal, action, resource) when { ${'('.repeat(600)}true${')'.repeat(600)} };`,
  );
} catch {
  fell = true;
}
const size = rig.size();
const refused: unknown[] = [];
for (const url of ['/api/applications', '/api/approvals', '/api/audit/entries'])
  refused.push((await admin.get(url)).json());
const entries = rig.size() - size;
const seen: Seen = {
  sound,
  broken: await health(),
  metrics: (await rig.app.inject({ url: '/metrics' })).body,
  fell,
  refused,
  entries,
  remembered: (await card()).statusCode,
  faults: rig.faults.map(String),
};
parentPort!.postMessage(seen);
await rig.close();
