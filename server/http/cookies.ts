// The two cookies of the console and nothing else about them: how they are read from a request and set on a reply. What
// is inside is the access room's. Both carry the `__Host-` prefix: no other host or path can plant one.
import type { FastifyReply, FastifyRequest } from 'fastify';

export const sessionCookie = '__Host-kuzot';
/** Names the workstation: a random value, known devices have their own lane at log-in. */
export const deviceCookie = '__Host-kuzot-device';

const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict';
const yearSeconds = 365 * 24 * 3600;

/** Value of one cookie of the request, or null. Cheap enough for every request: nothing else is decoded. */
export function readCookie(request: FastifyRequest, name: string): string | null {
  const header = request.headers.cookie;
  if (header === undefined) return null;
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** Values are base64url or a JWT: nothing in them needs quoting. */
function set(reply: FastifyReply, name: string, value: string, more = ''): void {
  reply.header('set-cookie', `${name}=${value}; ${attributes}${more}`);
}

/** No Max-Age: the cookie dies with the browser, and the token inside ends with the session at the latest. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  set(reply, sessionCookie, token);
}

export function clearSessionCookie(reply: FastifyReply): void {
  set(reply, sessionCookie, '', '; Max-Age=0');
}

export function setDeviceCookie(reply: FastifyReply, value: string): void {
  set(reply, deviceCookie, value, `; Max-Age=${yearSeconds}`);
}
