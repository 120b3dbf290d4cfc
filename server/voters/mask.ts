// What may be shown of a voter before anything is revealed. Masking happens here, on the server: what is hidden never
// leaves it. At most two characters of a hidden part are shown, and the number of dots says nothing about its length.

const DOTS = '••••••••••••';

/** `••••••••••••34`: the last two of an identifier of at least eight characters, else dots alone; empty stays empty. */
export function maskIdentifier(identifier: string): string {
  if (identifier === '') return '';
  const characters = Array.from(identifier);
  return DOTS + (characters.length >= 8 ? characters.slice(-2).join('') : '••');
}

/** `••.••.19••`, or `19••` for a year alone: the century only; other text is dots alone, empty stays empty. */
export function maskBirthDate(birthDate: string): string {
  if (birthDate === '') return '';
  const parts = /^(\d{2})\d{2}(-\d{2}-\d{2})?$/.exec(birthDate);
  if (!parts) return '••.••.••••';
  return parts[2] === undefined ? `${parts[1]}••` : `••.••.${parts[1]}••`;
}

/**
 * Nothing of an address but that there is one. Not even its settlement: addresses are free text, and what stands
 * first in one is the street in another.
 */
export function maskAddress(address: string): string {
  return address === '' ? '' : '••••••';
}

const masks: Readonly<Record<string, (value: string) => string>> = {
  pin: maskIdentifier,
  birthDate: maskBirthDate,
  address: maskAddress,
};

/** A field's value as anybody sees it; fields that hide nothing as they are. */
export const maskField = (field: string, value: string): string => masks[field]?.(value) ?? value;
