// A real witness for the tests: an HTTP server on loopback that follows C2SP tlog-witness to the letter, with a record of
// its own on disk, written before it answers. It reads requests by itself; only hashing and signature checks are shared.
import { hash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { cosign } from '#server/lib/log/cosignature.ts';
import { emptyRoot } from '#server/lib/log/merkle.ts';
import { formatVkey, parseNote, type Signer, type Verifier } from '#server/lib/log/note.ts';
import { verifyConsistency } from '#server/lib/log/proofs.ts';

/** Answers in the witness's place; null lets the witness answer itself. */
export type Misbehave = (
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
) => boolean | Promise<boolean>;

export interface StrictWitness {
  url: string;
  vkey: string;
  /** Line of a policy file. */
  policyLine(name: string): string;
  /** Every request's first line (`old N`) and the status it got. */
  asked: { old: string; status: number }[];
  /** What to do instead of answering; none by default. */
  misbehave: Misbehave | null;
  /** Size it holds for a log; null before the first. */
  sizeOf(origin: string): number | null;
  close(): Promise<void>;
}

interface Held {
  size: number;
  root: string;
  note: string;
}

export interface WitnessOptions {
  signer: Signer;
  /** Keys trusted for logs, by origin (the key's name). */
  logs: readonly Verifier[];
  /** Where it keeps what it cosigned. */
  file: string;
  clock: () => number;
  port?: number;
}

export async function startStrictWitness(options: WitnessOptions): Promise<StrictWitness> {
  const { signer, logs, file, clock } = options;
  const held = new Map<string, Held>(
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as [string, Held][]) : [],
  );
  const asked: { old: string; status: number }[] = [];

  function persist(): void {
    const fd = openSync(`${file}.new`, 'w', 0o600);
    writeSync(fd, JSON.stringify([...held]));
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${file}.new`, file);
  }

  function addCheckpoint(body: string): { status: number; type: string; text: string } {
    const answer = (status: number, text = '', type = 'text/plain; charset=utf-8') => ({
      status,
      text,
      type,
    });
    const blank = body.indexOf('\n\n');
    if (blank < 0) return answer(400, 'no empty line\n');
    const [oldLine, ...proofLines] = body.slice(0, blank).split('\n');
    const note = body.slice(blank + 2);
    const old = /^old (0|[1-9][0-9]*)$/.exec(oldLine ?? '');
    if (old === null || proofLines.length > 63) return answer(400, 'malformed\n');
    const proof = proofLines.map((line) => Buffer.from(line, 'base64'));
    if (proof.some((hash, i) => hash.length !== 32 || hash.toString('base64') !== proofLines[i]))
      return answer(400, 'malformed hash\n');
    const parsed = parseNote(note);
    if (parsed.kind === 'refused') return answer(400, `${parsed.why}\n`);
    const origin = parsed.text.split('\n')[0]!;
    const trusted = logs.filter((log) => log.name === origin);
    if (trusted.length === 0) return answer(404, 'unknown log\n');
    const opened = openCheckpoint(note, trusted, origin);
    if (opened.kind === 'refused') return answer(403, `${opened.why}\n`);
    const { size, root } = opened.checkpoint;
    const oldSize = Number(old[1]);
    if (oldSize > size) return answer(400, 'old size beyond the checkpoint\n');
    const last = held.get(origin);
    if ((last?.size ?? 0) !== oldSize) return answer(409, `${last?.size ?? 0}\n`, 'text/x.tlog.size');
    if (size === 0 && !emptyRoot().equals(root)) return answer(422, 'not the empty root\n');
    const before = last === undefined ? emptyRoot() : Buffer.from(last.root, 'base64');
    const extendsIt =
      oldSize === 0 ? proof.length === 0 : verifyConsistency(oldSize, before, size, root, proof);
    if (!extendsIt) return answer(422, 'no consistency\n');
    const line = cosign(opened.body, Math.floor(clock() / 1000), signer);
    held.set(origin, { size, root: Buffer.from(root).toString('base64'), note: `${note}${line}` });
    persist();
    return answer(200, line);
  }

  const witness: StrictWitness = {
    url: '',
    vkey: formatVkey(signer.verifier),
    policyLine: (name) => `witness ${name} ${witness.vkey} ${witness.url}\n`,
    asked,
    misbehave: null,
    sizeOf: (origin) => held.get(origin)?.size ?? null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    if (await witness.misbehave?.(request, response, body)) {
      asked.push({ old: body.split('\n')[0]!, status: response.statusCode });
      return;
    }
    if (request.method === 'POST' && request.url === '/add-checkpoint') {
      const { status, type, text } = addCheckpoint(body);
      asked.push({ old: body.split('\n')[0]!, status });
      response.writeHead(status, { 'content-type': type }).end(text);
      return;
    }
    const found = [...held].find(
      ([origin]) => request.url === `/${hash('sha256', origin, 'hex')}/checkpoint`,
    );
    if (request.method !== 'GET' || found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(found[1].note);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(options.port ?? 0, '127.0.0.1', listening));
  witness.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return witness;
}
