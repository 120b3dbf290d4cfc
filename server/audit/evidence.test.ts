/**
 * Claims: a bundle is what the log says it is, down to the byte, for our checker and for the document's recipe alike; it names
 * officers as they were; it names no voter unless two others approved; and its entry is durable before its first byte.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EvidenceRequest } from '#server/contract/audit.ts';
import { parseVkey } from '#server/lib/log/note.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { evidenceFile } from './evidence.ts';
import { checkEvidence } from './evidence-check.ts';

let rig: WatchRig;
let auditor: Officer;
let other: Officer;
let security: Officer;
let clerk: Officer;
let approvers: Officer[];

beforeAll(async () => {
  rig = await openWatch();
  auditor = await rig.logIn('auditor', 'CEC');
  other = await rig.logIn('auditor', 'CEC');
  security = await rig.logIn('security-officer', 'CEC');
  clerk = await rig.logIn('precinct-member', '1001');
  approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'CEC')];
  for (let i = 0; i < 20; i++) await rig.act(clerk, 'voter.view', { subjects: [`voter-${i}-0000`] });
  for (let i = 0; i < 300; i++) await rig.act(other, 'calendar.view', {});
});
afterAll(() => rig.close());

const asked: EvidenceRequest = { act: 'voter.view', purpose: 'complaint' };
const vkey = () => rig.keys.vkeyText.trimEnd();
const kept = () => {
  const parsed = parseVkey(vkey());
  if (parsed.kind === 'refused') throw new Error(parsed.why);
  return [parsed.verifier];
};
async function bundle(who = auditor, body: EvidenceRequest = asked) {
  const reply = await who.withFactor('/api/audit/evidence', body);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply;
}

const has = (tool: string, ...args: string[]) => spawnSync(tool, args).status === 0;
const canRunRecipe = has('python3', '--version') && has('openssl', 'version');

/** The script of evidence.md, as it is printed. */
function checkByRecipe(bytes: Buffer, key = vkey(), env: NodeJS.ProcessEnv = {}) {
  const page = readFileSync(join(import.meta.dirname, 'evidence.md'), 'utf8');
  const script = join(rig.dir, 'check.py');
  writeFileSync(script, /```python\n([\s\S]*?)```/.exec(page)![1]!);
  const file = join(rig.dir, 'bundle.txt');
  writeFileSync(file, bytes);
  return spawnSync('python3', [script, file, key], { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('an evidence bundle', () => {
  test('holds exactly the entries asked for, and is found whole', async () => {
    const reply = await bundle();
    const verdict = checkEvidence(reply.rawPayload, kept());
    if (verdict.kind !== 'ok') throw new Error(`${verdict.where}: ${verdict.why}`);
    expect(verdict.entries).toHaveLength(20);
    expect(verdict.entries.every(({ leaf }) => JSON.parse(leaf).act === 'voter.view')).toBe(true);
    expect(verdict.entries[0]!.officer).toMatchObject({ login: clerk.login, role: 'precinct-member' });
    expect(verdict.manifest).toMatchObject({
      exportedBy: { id: auditor.id, login: auditor.login },
      exportedAt: rig.time.now,
      filter: { act: 'voter.view' },
      purpose: 'complaint',
      opened: false,
    });
    expect(verdict.own).toBe(Number(reply.headers['x-kuzot-entry']));
    // Voters are named only where two others approved it.
    expect(reply.body).not.toContain('voter-1');
    expect(reply.headers['content-disposition']).toBe(
      `attachment; filename="kuzot-evidence-${verdict.own}.txt"`,
    );
  });

  test('is one entry, which carries its hash and is durable before the first byte', async () => {
    const before = rig.size();
    await auditor.post('/api/audit/evidence', asked);
    expect(rig.size() - before).toBe(1);
    const reply = await bundle();
    const verdict = checkEvidence(reply.rawPayload, kept());
    if (verdict.kind !== 'ok') throw new Error(verdict.why);
    expect(verdict.own).toBe(rig.size() - 1);
    const [own] = await rig.store.reader.audit.entriesAt([verdict.own]);
    expect(JSON.parse(own!.leaf.toString())).toMatchObject({
      act: 'audit.evidence',
      actor: auditor.id,
      artifact: verdict.sha256,
      purpose: 'complaint',
    });
  });

  test('asks a factor bound to this very selection', async () => {
    const first = await security.post('/api/audit/evidence', asked);
    expect(first.json()).toMatchObject({ action: 'audit.evidence' });
    await security.stepUp('audit.evidence', first.json().hash);
    const wider = await security.post('/api/audit/evidence', { purpose: 'complaint' });
    expect(wider.statusCode).toBe(403);
    expect((await security.post('/api/audit/evidence', asked)).statusCode).toBe(200);
  });

  test('every changed byte is found, and a key of another log', async () => {
    const { rawPayload } = await bundle();
    const text = rawPayload.toString();
    // What nobody signs is what a signature line says about itself: its key's name and id are compared too.
    for (let at = 0; at < rawPayload.length; at += 61) {
      const changed = Buffer.from(rawPayload);
      changed[at]! ^= 1;
      const verdict = checkEvidence(changed, kept());
      expect(verdict.kind, `byte ${at}: ${text.slice(at - 20, at + 20)}`).toBe('broken');
    }
    const lines = text.split('\n');
    const without = lines.filter((_, i) => i !== 3).join('\n');
    expect(checkEvidence(Buffer.from(without), kept()).kind).toBe('broken');
    const swapped = text.replace('"purpose":"complaint"', '"purpose":"review"');
    expect(checkEvidence(Buffer.from(swapped), null)).toMatchObject({ kind: 'broken', where: 'the body' });
    expect(checkEvidence(rawPayload.subarray(0, -5), kept()).kind).toBe('broken');
    expect(checkEvidence(Buffer.from('{}'), kept()).kind).toBe('broken');
  });

  test('goes on from the checkpoint that witnesses cosigned, provably', async () => {
    const older = await rig.store.checkpoint();
    const { rawPayload } = await bundle();
    const [head, ...rest] = rawPayload.toString().split('\n\n');
    const [, own, ...proofs] = rest.join('\n\n').split('\n');
    const { seq, leaf } = JSON.parse(own!) as { seq: number; leaf: string };
    const signed = await rig.rooms.gate.checkpoint(seq);
    const seqs = proofs.filter(Boolean).map((line) => (JSON.parse(line) as { seq: number }).seq);
    const tree = rig.rooms.audit.tree;
    const made = await evidenceFile(`${head}\n`, seqs, { seq, leaf }, signed, older, tree);
    expect(checkEvidence(made.bytes, kept())).toMatchObject({ kind: 'ok', witnesses: [] });
    expect(made.bytes.toString()).toContain('"witnessed"');
    const other = made.bytes
      .toString()
      .replace(/"consistency":\["(.)/, (_, c: string) => `"consistency":["${c === 'A' ? 'B' : 'A'}`);
    expect(checkEvidence(Buffer.from(other), kept())).toMatchObject({
      kind: 'broken',
      where: 'the witnessed checkpoint',
    });
  });

  test('too many entries, none, and a time that is none are refused in words', async () => {
    expect(
      (await auditor.withFactor('/api/audit/evidence', { ...asked, act: 'rule.change' })).json(),
    ).toMatchObject({
      status: 422,
      detail: 'The log has no such entry: nothing to export',
    });
    const wrong = await auditor.withFactor('/api/audit/evidence', { ...asked, from: '2026-13-77' });
    expect(wrong.json()).toMatchObject({ status: 422, field: 'from' });
  });
});

describe('evidence that names persons', () => {
  test('needs two others, of them one of the centre, and goes once to who asked', async () => {
    const asking = await auditor.withFactor('/api/audit/evidence/requests', asked);
    expect(asking.statusCode, asking.body).toBe(201);
    const { approval, persons, basis } = asking.json();
    expect({ persons, basis }).toEqual({ persons: 20, basis: { entries: 20, filters: ['act=voter.view'] } });
    const fetch = (who: Officer) => who.withFactor(`/api/downloads/${approval}`);
    expect((await fetch(auditor)).statusCode).toBe(403);
    for (const approver of approvers)
      expect((await approver.withFactor(`/api/approvals/${approval}/actions/approve`)).statusCode).toBe(200);
    expect((await fetch(other)).statusCode).toBe(403);
    // Made after it was asked for: not what was approved.
    await rig.act(clerk, 'voter.view', { subjects: ['voter-99-0000'] });
    const before = rig.size();
    const reply = await fetch(auditor);
    expect(reply.statusCode, reply.body).toBe(200);
    // The step-up's own refusal and the act.
    expect(rig.size() - before).toBeLessThanOrEqual(3);
    const verdict = checkEvidence(reply.rawPayload, kept());
    if (verdict.kind !== 'ok') throw new Error(`${verdict.where}: ${verdict.why}`);
    expect(verdict).toMatchObject({ erased: 0, manifest: { opened: true } });
    expect(verdict.entries).toHaveLength(20);
    expect(verdict.entries[3]!.event).toContain('"voter-3-0000"');
    if (canRunRecipe) expect(checkByRecipe(reply.rawPayload).stdout).toMatch(/^genuine: 20 entries/);
    // A reader of the log learns whose ids left.
    const [own] = await rig.store.reader.audit.entriesAt([verdict.own]);
    expect(JSON.parse(own!.json!).subjects).toHaveLength(20);
    const again = await fetch(auditor);
    expect([again.statusCode, again.json().type]).toEqual([409, expect.stringMatching(/used$/)]);
    const forged = reply.body.replace('voter-3-0000', 'voter-4-0000');
    expect(forged).not.toBe(reply.body);
    expect(checkEvidence(Buffer.from(forged), kept()).kind).toBe('broken');
  });
});

describe('the document', () => {
  test.runIf(canRunRecipe)(
    'its recipe accepts a genuine bundle and refuses a changed one, without our code',
    async () => {
      const { rawPayload } = await bundle();
      const check = checkByRecipe;
      const genuine = check(rawPayload);
      expect(genuine.stdout, genuine.stderr).toMatch(/^genuine: 2\d entries of test\.kuzot\.invalid\/log/);
      const text = rawPayload.toString();
      const [firstHash, digit] = /"proof":\["(.)/.exec(text)!;
      const changes: [string, string][] = [
        ['"purpose":"complaint"', '"purpose":"review"'],
        ['"outcome\\":\\"done', '"outcome\\":\\"dOne'],
        [firstHash, `"proof":["${digit === 'A' ? 'B' : 'A'}`],
      ];
      for (const [from, to] of changes) {
        expect(text).toContain(from);
        const answer = check(Buffer.from(text.replace(from, to)));
        expect([answer.status, answer.stdout, answer.stderr.slice(0, 5)], from).toEqual([1, '', 'WRONG']);
      }
      // Python that leaves assertions out must not call everything genuine.
      const forged = Buffer.from(text.replace('"purpose":"complaint"', '"purpose":"review"'));
      expect(check(forged, vkey(), { PYTHONOPTIMIZE: '1' }).status).toBe(1);
      expect(check(rawPayload, vkey().replace(/.{4}$/, 'AAAA')).status).toBe(1);
      check(rawPayload);
      const fingerprint = spawnSync('sh', ['-c', `sed '/^$/,$d' bundle.txt | openssl dgst -sha256`], {
        cwd: rig.dir,
        encoding: 'utf8',
      });
      expect(fingerprint.stdout).toContain(/\\"artifact\\":\\"([0-9a-f]{64})/.exec(text)![1]);
    },
  );
});
