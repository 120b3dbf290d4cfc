// The token inside the session cookie: which session, which rotation, until when. It proves that this server issued it
// and nothing else; roles, stage and lock are read from the session row on every request and never live here.
import fastifyJwt from '@fastify/jwt';
import type { FastifyInstance } from 'fastify';

export interface Token {
  sid: string;
  rot: string;
}

const issuer = 'kuzot';
const audience = 'kuzot-console';
/** Our own header, byte for byte. Anything else (`none`, RS256, `jku`, `jwk`, `crit`, extra fields) is refused unread. */
const pinnedHeader = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.`;
/** Tokens whose signature was checked before; a token is a bearer secret of a live session, so few are remembered. */
const remembered = 4096;

/** The last character of 32 bytes has bits that hold nothing of them: whatever they are it would be read alike. */
const isExact = (signature: string) =>
  Buffer.from(signature, 'base64url').toString('base64url') === signature;

export interface Tokens {
  /** Registers the signer; call once while the app is being built. */
  install(app: FastifyInstance): Promise<void>;
  /** @param endsAt absolute end of the session, epoch ms */
  issue(token: Token, endsAt: number): string;
  /** Null for what this server did not issue for this purpose, or what is over. */
  read(text: string, now: number): Token | null;
}

/** @param key HS256 secret of at least 32 bytes (RFC 7518, 3.2) */
export function createTokens(key: Buffer): Tokens {
  if (key.length < 32) throw new RangeError('the token key has at least 32 bytes');
  let server: FastifyInstance | null = null;
  const seen = new Map<string, Token & { exp: number }>();

  function verified(text: string): (Token & { exp: number }) | null {
    const known = seen.get(text);
    if (known) return known;
    if (!text.startsWith(pinnedHeader) || !isExact(text.slice(text.lastIndexOf('.') + 1))) return null;
    let claims: unknown;
    try {
      claims = server!.jwt.verify(text);
    } catch {
      return null; // whatever is wrong with it, it is not ours
    }
    const { sid, rot, exp } = claims as Record<string, unknown>;
    if (typeof sid !== 'string' || typeof rot !== 'string' || typeof exp !== 'number') return null;
    if (seen.size >= remembered) seen.delete(seen.keys().next().value!);
    const fresh = { sid, rot, exp };
    seen.set(text, fresh);
    return fresh;
  }

  return {
    async install(app) {
      server = app;
      await app.register(fastifyJwt, {
        secret: key,
        sign: { algorithm: 'HS256', iss: issuer, aud: audience, noTimestamp: true },
        verify: {
          algorithms: ['HS256'],
          allowedIss: issuer,
          allowedAud: audience,
          requiredClaims: ['iss', 'aud', 'exp'],
          // The end is compared below with the server's injected clock, also for remembered tokens.
          ignoreExpiration: true,
        },
      });
    },
    issue: (token, endsAt) => server!.jwt.sign({ ...token, exp: Math.floor(endsAt / 1000) }),
    read(text, now) {
      const claims = verified(text);
      if (!claims || now >= claims.exp * 1000) return null;
      return { sid: claims.sid, rot: claims.rot };
    },
  };
}
