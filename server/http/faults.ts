// What goes wrong around a request, as refusals: bodies that do not parse or hold what cannot be stored, a log that takes
// no entry, bugs. Says which field and what next; never repeats what was sent, neither to the sender nor to the operator.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { LogUnavailable } from '#db/store.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { turnsText } from '#server/lib/hidden-text.ts';

/** Where a text holds what neither engine stores alike, or null. Names the place, never the text. */
export const unstorable = (value: unknown, at: string): string | null =>
  placeOf((text) => text.includes('\0') || !text.isWellFormed(), value, at);

/**
 * Where a text holds what shows it to its readers as another (`turnsText`), or null: reasons, notes, names, policies. Not asked of
 * what only machines read: secrets, and what is searched for.
 */
export const misleading = (value: unknown, at: string): string | null => placeOf(turnsText, value, at);

function placeOf(isWrong: (text: string) => boolean, value: unknown, at: string): string | null {
  if (typeof value === 'string') return isWrong(value) ? at : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = placeOf(isWrong, inner, at === 'body' || at === 'query' ? key : `${at}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

export class Unstorable extends Error {
  readonly field: string;
  constructor(field: string) {
    super('text that cannot be stored');
    this.field = field;
  }
}

/** Expected faults of parsing and storage become refusals; anything else is a bug: logged, and answered in general words. */
export function refusalOf(
  error: Error & { statusCode?: number; validation?: unknown[]; code?: string },
  request: FastifyRequest,
): Refusal {
  if (error instanceof LogUnavailable) {
    request.log.error({ why: error.message }, 'the audit log does not accept entries; service is stopped');
    return refuse('log-unavailable');
  }
  if (error.validation) {
    const [first] = error.validation as {
      instancePath?: string;
      message?: string;
      params?: Record<string, unknown>;
    }[];
    const missing =
      first?.params?.missingProperty ?? (first?.params?.requiredProperties as string[] | undefined)?.[0];
    const stray = first?.params?.additionalProperty;
    // A name is the sender's own text: only what looks like one is said back.
    const named = typeof stray === 'string' && /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(stray) ? stray : missing;
    const field = [first?.instancePath?.slice(1).replaceAll('/', '.'), named].filter(Boolean).join('.');
    return refuse('bad-request', {
      field: field || 'body',
      detail: `${field || 'body'}: ${named === stray && stray !== undefined ? 'is not known here' : (first?.message ?? 'not valid')}`,
    });
  }
  if (error instanceof Unstorable)
    return refuse('bad-request', {
      field: error.field,
      detail: `${error.field}: remove characters that are no text, or that turn its direction`,
    });
  const status = error.statusCode ?? 500;
  if (status === 415) return refuse('unsupported-type');
  if (status === 413) return refuse('too-large', { detail: 'Send less in one request' });
  if (status >= 400 && status < 500)
    return refuse('bad-request', { detail: 'The body is not JSON of the expected shape' });
  request.log.error({ err: traceOf(error) }, 'unexpected error');
  return refuse('internal-error');
}

/**
 * Answers bytes that are no HTTP request, with the headers of every reply. The framework would trace the raw packet, cookie and
 * body included; nothing of it is kept here.
 */
export function malformedAnswerer(headers: Record<string, string>) {
  const always = { ...headers, 'cache-control': 'no-store', 'content-length': '0', connection: 'close' };
  const lines = Object.entries(always).map(([name, value]) => `${name}: ${value}\r\n`);
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const status =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    if (socket.writable) socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`);
    socket.destroy();
  };
}

/**
 * What operators are told of a bug: its kind and where it was thrown, never its message. Messages of parsers and drivers
 * repeat what they were given, and that may be a voter's.
 */
export function traceOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack = '' } = error;
  const { code } = error as { code?: unknown };
  const from = message === '' ? 0 : stack.lastIndexOf(message) + message.length;
  const frames = stack
    .slice(from)
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim());
  return { name, ...(typeof code === 'string' && { code }), at: frames };
}
