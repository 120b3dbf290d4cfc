/** What leaves carries the newest state of the log that witnesses cosigned, where they are asked for; it says when there is none. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cosign } from '#server/lib/log/cosignature.ts';
import { formatVkey, generateSigner, parseNote } from '#server/lib/log/note.ts';
import { probePdf } from '#server/prints/render/pdf-probe.ts';
import { type ConsoleRig, type Officer, openConsole } from './console-rig.ts';

const court = generateSigner('court.example/w', 4);
let rig: ConsoleRig;
let admin: Officer;
let protector: Officer;
let approvers: Officer[];
let voter: string;

async function open(witnesses?: string): Promise<void> {
  rig = await openConsole(witnesses === undefined ? {} : { witnesses });
  admin = await rig.logIn('territorial-admin', 'T1');
  protector = await rig.logIn('protection-officer', 'CEC');
  approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
  voter = (await rig.addVoter('1002')).id;
}
beforeAll(() => open(`witness court ${formatVkey(court.verifier)}\nquorum court\n`));
afterAll(() => rig.close());

/** Asked for, approved by two and fetched. */
async function fetched(kind: 'prints' | 'exports') {
  const asked = { precinct: '1002', list: 'control', purpose: 'list-check', lang: 'en' };
  const { id } = (await admin.withFactor(`/api/${kind}`, asked)).json();
  for (const approver of approvers) await approver.withFactor(`/api/approvals/${id}/actions/approve`);
  const file = await admin.withFactor(`/api/downloads/${id}`);
  expect(file.statusCode, file.body.slice(0, 300)).toBe(200);
  return file;
}

async function carried() {
  const last = probePdf((await fetched('prints')).rawPayload).pages.at(-1)!;
  const [head = '', row = ''] = (await fetched('exports')).body.split('\r\n');
  const { witnessed } = (await protector.post(`/api/voters/${voter}/answer`)).json();
  return { print: last.map(({ text }) => text).join('\n'), head, row, witnessed };
}

test('before any quorum met, a print, an export and an answer say so', async () => {
  const { print, head, row, witnessed } = await carried();
  expect(print).toContain('no quorum of witnesses had cosigned the log yet');
  expect(head).toMatch(/"log_checkpoint","log_witnessed"$/);
  expect(row).toMatch(/,"none"$/);
  expect(witnessed).toBeNull();
});

test('after it they carry the newest state it met on: the note as it was cosigned, or what names it', async () => {
  const { size, note } = await rig.store.checkpoint();
  const parsed = parseNote(note);
  const line = cosign(parsed.kind === 'ok' ? parsed.text : '', 1_770_000_000, court);
  const row = { size, witness: formatVkey(court.verifier), line };
  await rig.rooms.gate.keep([{ op: 'ensure', table: 'cosignature', row }]);
  const cosigned = note + line;
  const found = await carried();
  const flat = (text: string) => text.replaceAll(/\s/g, '');
  expect(found.print).toContain('that a quorum of witnesses cosigned');
  // Lines are broken to fit the paper.
  expect(flat(found.print)).toContain(flat(cosigned));
  expect(found.row).toMatch(
    new RegExp(`,"${note.split('\n').slice(0, 3).join(' ').replaceAll('+', '\\+')}"$`),
  );
  expect(found.witnessed).toBe(cosigned);
});

test('where none is asked for nothing is said of witnesses', async () => {
  await rig.close();
  await open();
  const { print, head, witnessed } = await carried();
  expect(print).not.toContain('witness');
  expect(head).toMatch(/"log_checkpoint"$/);
  expect(witnessed).toBeUndefined();
});
