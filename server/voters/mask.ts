// What may be shown of a voter before anything is revealed. Masking happens here, on the server: what is hidden never
// leaves it. At most two characters of a hidden part are shown.

/** `••••••••••••34`: the last two of fourteen. */
export function maskIdentifier(identifier: string): string {
  const shown = identifier.length >= 8 ? 2 : 0;
  return '•'.repeat(identifier.length - shown) + identifier.slice(identifier.length - shown);
}

/** `••.••.19••`: the century only; empty stays empty. */
export function maskBirthDate(birthDate: string): string {
  if (birthDate === '') return '';
  const year = `${birthDate.slice(0, 2)}••`;
  return birthDate.length > 4 ? `••.••.${year}` : year;
}

/** Nothing of an address but that there is one. */
export function maskAddress(address: string): string {
  return address === '' ? '' : '••••••';
}
