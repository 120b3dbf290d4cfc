// One question to one witness: C2SP tlog-witness `add-checkpoint` over HTTP. The witness is a stranger: its answer is
// bounded in time and size, no redirect is followed, nothing is contacted but the address of the policy file, and nothing
// is believed that its key did not sign. Never throws for what a witness or the network does.
import { formatAddCheckpoint, parseWitnessSize, readCosignature } from '#server/lib/log/add-checkpoint.ts';
import type { Verifier } from '#server/lib/log/note.ts';

/** Why there is no cosignature. `inconsistent`: it says that this log does not extend the one it knows. */
export type Fault = 'away' | 'refuses' | 'garbage' | 'inconsistent';

export type Reply =
  | { readonly kind: 'cosigned'; readonly line: string; readonly timeSeconds: number }
  /** It cosigned this size last, not the one named. */
  | { readonly kind: 'knows'; readonly size: number }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly why: string };

export interface Question {
  /** Submission prefix. */
  url: string;
  witness: Verifier;
  /** The signed checkpoint, and the proof that it extends the tree of `older` entries. */
  note: string;
  older: number;
  proof: readonly Uint8Array[];
  /** Epoch ms, against which the cosignature's time is held. */
  now: number;
  timeoutMs: number;
  /** Ends the question at once. */
  stop: AbortSignal;
}

/** Room for a witness with many keys of the largest kind. */
const maxAnswerBytes = 64 * 1024;
/** A witness's clock further ahead than this makes its statement worthless as a date. */
const maxAheadMs = 3_600_000;

export async function askWitness(question: Question): Promise<Reply> {
  const { witness, note, older, proof, now } = question;
  const failed = (fault: Fault, why: string): Reply => ({ kind: 'failed', fault, why });
  let answer: Answer;
  try {
    const within = AbortSignal.any([question.stop, AbortSignal.timeout(question.timeoutMs)]);
    answer = await post(question.url, formatAddCheckpoint(older, proof, note), within);
  } catch (error) {
    if (error instanceof TooLong) return failed('garbage', error.message);
    return failed('away', reasonOf(error));
  }
  const { status, type, body } = answer;
  if (status === 200) {
    const read = readCosignature(note, body, witness);
    if (read.kind === 'refused') return failed('garbage', read.why);
    if (read.timeSeconds * 1000 > now + maxAheadMs)
      return failed('garbage', 'the time of its cosignature lies ahead of ours; compare the clocks');
    return { kind: 'cosigned', line: read.line, timeSeconds: read.timeSeconds };
  }
  if (status === 409) {
    const size = parseWitnessSize(type, body.toString('latin1'));
    return size === null ? failed('garbage', '409 without the size it knows') : { kind: 'knows', size };
  }
  if (status === 422) return failed('inconsistent', '422: our checkpoint does not extend the one it knows');
  if (status === 403) return failed('refuses', '403: it does not trust this log’s key');
  if (status === 404) return failed('refuses', '404: it does not know this log, or the address is wrong');
  if (status === 429 || status >= 500) return failed('away', `status ${status}`);
  if (status >= 300 && status < 400) return failed('refuses', `status ${status}: redirects are not followed`);
  return failed('refuses', `status ${status}`);
}

interface Answer {
  status: number;
  type: string | null;
  body: Buffer;
}

class TooLong extends Error {
  constructor() {
    super(`an answer of more than ${maxAnswerBytes} bytes`);
  }
}

/** The time covers everything, from the connection to the last byte. */
async function post(prefix: string, body: string, within: AbortSignal): Promise<Answer> {
  const response = await fetch(`${prefix.replace(/\/+$/, '')}/add-checkpoint`, {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: within,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'accept-encoding': 'identity' },
  });
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    // Leaving the loop closes the connection.
    if (length > maxAnswerBytes) throw new TooLong();
    parts.push(part);
  }
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: Buffer.concat(parts),
  };
}

/** The code of the network's fault (`ECONNREFUSED`, `CERT_HAS_EXPIRED` …): never text a stranger wrote. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
