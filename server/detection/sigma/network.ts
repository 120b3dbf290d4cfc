/**
 * IP addresses and CIDR networks of both families, as numbers. An IPv4 address never lies in an IPv6 network,
 * mapped or not: a rule that means both names both.
 */
import { isIPv4, isIPv6 } from 'node:net';

export type Network = { family: 4 | 6; bits: bigint; prefix: number };

/** Parses `10.0.0.0/8`, `2001:db8::/32` or a bare address; null when it is none. Host bits are masked away. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (!address) return null;
  const width = address.family === 4 ? 32 : 128;
  const length = slash === -1 ? String(width) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) return null;
  const prefix = Number(length);
  const shift = BigInt(width - prefix);
  return { family: address.family, bits: (address.bits >> shift) << shift, prefix };
}

export function contains(network: Network, text: string): boolean {
  const address = parseAddress(text);
  if (!address || address.family !== network.family) return false;
  const shift = BigInt((network.family === 4 ? 32 : 128) - network.prefix);
  return address.bits >> shift === network.bits >> shift;
}

function parseAddress(text: string): { family: 4 | 6; bits: bigint } | null {
  if (isIPv4(text)) return { family: 4, bits: fourBits(text) };
  const bare = text.split('%')[0]!;
  return isIPv6(bare) ? { family: 6, bits: sixBits(bare) } : null;
}

function fourBits(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function sixBits(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const gap = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...gap, ...right].reduce((bits, part) => (bits << 16n) | part, 0n);
}

function groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)];
    const four = fourBits(part);
    return [four >> 16n, four & 0xffffn];
  });
}
