/** Linux takes no longer address for a socket (with its last byte). */
const longestAddress = 107;

/** The path, or null where it is too long for a local socket. */
export const socketIn = (path: string): string | null =>
  Buffer.byteLength(path) > longestAddress ? null : path;
