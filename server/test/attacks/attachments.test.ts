// Documents of an application through HTTP: what they are is read from their bytes, they are kept sealed and without a
// name, they reach those who handle the application and nobody else, and each opening is an entry with their hash.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachmentMaxBytes } from '#server/contract/applications.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { begin, done, type Standing, step, takeIn } from './scene.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
let neighbour: Officer;

beforeAll(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  neighbour = await rig.logIn('territorial-admin', 'T2');
});
afterAll(() => rig.close());

const secret = 'туулгандыгы тууралуу күбөлүк';
const pdf = (text = secret) => Buffer.from(`%PDF-1.7\n${text}\n%%EOF`);
const attach = (by: Officer, at: Standing, bytes: Buffer, more: object = {}) =>
  by.post(`/api/applications/${at.id}/attachments`, {
    expectedVersion: at.version,
    mediaType: 'application/pdf',
    content: bytes.toString('base64'),
    ...more,
  });
const open = (by: Officer, at: Standing, id: string) =>
  by.get(`/api/applications/${at.id}/attachments/${id}`);
const started = async () => begin(member, (await rig.addVoter('1001')).id);
const card = async (by: Officer, at: Standing) =>
  done<Standing & { attachments: { id: string }[]; mayAttach: boolean }>(
    await by.get(`/api/applications/${at.id}`),
  );
const lastDetail = async () => {
  const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
  return JSON.parse(Buffer.from(entry!.leaf).toString('utf8')) as { act: string; artifact?: string };
};

describe('a document', () => {
  test('is attached and opened again byte for byte, each time as one entry with its hash', async () => {
    const at = await started();
    const before = rig.size();
    const added = done<{ id: string; sha256: string; size: number; version: number }>(
      await attach(member, at, pdf(), { shelf: 'А-12' }),
    );
    const sha256 = createHash('sha256').update(pdf()).digest('hex');
    expect(added).toMatchObject({ sha256, size: pdf().length, version: at.version + 1 });
    expect(rig.size()).toBe(before + 1);
    expect(await lastDetail()).toMatchObject({ act: 'application.attach', artifact: sha256 });
    const reply = await open(admin, at, added.id);
    expect(reply.rawPayload.equals(pdf())).toBe(true);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${sha256.slice(0, 16)}.pdf"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(rig.size()).toBe(before + 2);
    expect(await lastDetail()).toMatchObject({ act: 'application.attachment', artifact: sha256 });
    expect((await card(member, at)).attachments).toMatchObject([{ id: added.id, sha256, shelf: 'А-12' }]);
  });

  test('5.3.2 5.3.3 is nowhere on the disk in the clear, nor is anything it was called', async () => {
    const at = await started();
    for (const name of ['name', 'fileName', '../../../etc/cron.d/x'])
      expect((await attach(member, at, pdf(), { [name]: '../../../etc/cron.d/x' })).statusCode).toBe(400);
    done(await attach(member, at, pdf(`${secret} ${at.id}`)));
    await rig.store.settled();
    for (const file of readdirSync(rig.dir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name));
      expect([file.name, bytes.includes(secret), bytes.includes('cron.d')]).toEqual([
        file.name,
        false,
        false,
      ]);
    }
  });

  test('11.3.3 moved to another row does not open', async () => {
    const at = await started();
    const first = done<{ id: string }>(await attach(member, at, pdf('бир')));
    const next = await card(member, at);
    const second = done<{ id: string }>(await attach(member, next, pdf('эки')));
    const row = await rig.store.reader.applications.attachment(at.id, second.id);
    await rig.write([
      { op: 'update', table: 'attachment', key: { id: first.id }, set: { content: row!.content } },
    ]);
    const reply = await open(admin, at, first.id);
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('эки');
  });

  test.each([
    ['an archive called PDF', Buffer.from('PK\x03\x04 zip bomb'), 422],
    ['a page called PDF', Buffer.from('<html><script>alert(1)</script>%PDF-'), 422],
    ['one byte too many', Buffer.concat([pdf(), Buffer.alloc(attachmentMaxBytes)]), 413],
    ['far too much', Buffer.alloc(2 * attachmentMaxBytes), 413],
    ['nothing', Buffer.alloc(0), 400],
  ])('5.2.2 5.2.3 that is %s is refused, as one entry', async (_name, bytes, status) => {
    const at = await started();
    const before = rig.size();
    expect((await attach(member, at, bytes)).statusCode).toBe(status);
    expect(rig.size()).toBe(before + 1);
    expect((await card(member, at)).attachments).toEqual([]);
  });

  test('that lies there already, and an eleventh one, are refused', async () => {
    let at: Standing = await started();
    done(await attach(member, at, pdf('0')));
    at = await card(member, at);
    expect((await attach(member, at, pdf('0'))).statusCode).toBe(409);
    for (let n = 1; n < 10; n += 1) {
      done(await attach(member, at, pdf(String(n))));
      at = await card(member, at);
    }
    expect((await attach(member, at, pdf('10'))).statusCode).toBe(413);
  });
});

describe('who', () => {
  test('does not handle the application neither attaches nor opens', async () => {
    const at = await started();
    const { id } = done<{ id: string }>(await attach(member, at, pdf()));
    const now = await card(member, at);
    expect((await attach(neighbour, now, pdf('x'))).statusCode).toBe(404);
    expect((await open(neighbour, at, id)).statusCode).toBe(404);
    for (const role of [
      'auditor',
      'approver',
      'supervisor',
      'protection-officer',
      'central-admin',
    ] as const) {
      const other = await rig.logIn(role, 'CEC');
      expect((await open(other, at, id)).statusCode).toBe(403);
      expect((await attach(other, now, pdf('x'))).statusCode).toBe(403);
    }
  });

  test('asks for a document through another application gets what an unknown one gets', async () => {
    const [mine, other] = [await started(), await started()];
    const { id } = done<{ id: string }>(await attach(member, mine, pdf()));
    const [crossed, unknown] = [
      await open(member, other, id),
      await open(member, other, 'no-such-document-0'),
    ];
    expect([crossed.statusCode, crossed.body]).toEqual([404, unknown.body]);
  });

  test('decides has seen what was attached in between, and nothing is added after the decision', async () => {
    const at = await step(admin, await takeIn(member, (await rig.addVoter('1001')).id), 'start-review');
    done(await attach(member, at, pdf()));
    const stale = await admin.post(`/api/applications/${at.id}/actions/decide`, {
      expectedVersion: at.version,
      outcome: 'approved',
      reason: 'далил',
    });
    expect(stale.statusCode).toBe(409);
    const decided = await step(admin, await card(admin, at), 'decide', {
      outcome: 'approved',
      reason: 'далил',
    });
    expect((await card(admin, decided)).mayAttach).toBe(false);
    expect((await attach(member, decided, pdf('кийин'))).statusCode).toBe(409);
  });
});
