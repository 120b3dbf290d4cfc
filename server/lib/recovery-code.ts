// Recovery codes as people keep them on paper: 128 random bits in Crockford's base32, 26 symbols in five groups. Reads what was
// typed in any case, with look-alikes and Cyrillic letters of the same shape. Judges nothing, keeps nothing.

/** 128 bits: more than anybody can try (SP 800-63B-4, 3.1.2 asks 20 and rate limiting; from 112 no slow hash is needed). */
export const recoveryBytes = 16;

/** Digits and capitals without I, L, O and U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbols = 26;
const longestTyped = 64;

const lookAlikes: Record<string, string> = {
  O: '0',
  I: '1',
  L: '1',
  '|': '1',
  U: 'V',
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  К: 'K',
  М: 'M',
  О: '0',
  Р: 'P',
  Т: 'T',
  Х: 'X',
  У: 'Y',
  Ү: 'Y',
};

/** `XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX`. @throws RangeError for anything but 16 bytes */
export function recoveryText(bytes: Uint8Array): string {
  if (bytes.length !== recoveryBytes) throw new RangeError('a recovery code has 16 bytes');
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < symbols; i++) {
    text = alphabet.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return [0, 5, 10, 15, 20].map((from) => text.slice(from, from === 20 ? symbols : from + 5)).join('-');
}

/** The 16 bytes of a code as typed; null for what cannot be one. */
export function readRecoveryText(typed: string): Buffer | null {
  if (typed.length > longestTyped) return null;
  const plain = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u200b\ufeff_.\-\u2010-\u2015\u2212]/g, '');
  if (plain.length !== symbols) return null;
  let value = 0n;
  for (const symbol of plain) {
    const at = alphabet.indexOf(lookAlikes[symbol] ?? symbol);
    if (at < 0) return null;
    value = (value << 5n) | BigInt(at);
  }
  // 26 symbols carry 130 bits: the two above a code's 128 are zero.
  if (value >> 128n !== 0n) return null;
  return Buffer.from(value.toString(16).padStart(recoveryBytes * 2, '0'), 'hex');
}
