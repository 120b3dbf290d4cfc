/**
 * The Kyrgyz personal identification number (ПИН): 14 digits; the first is 1 for a woman and 2 for a man, then the birth
 * date as DDMMYYYY, then five digits. No check digit is published, so only the count of digits can refuse a number; one
 * that disagrees with the person's sex or birth date is flagged, never refused: people with such numbers exist and vote
 * (requirements.md, "Traps worth knowing"). Nothing here may put a PIN into an error text.
 */

export const PIN_LENGTH = 14;

export type PinOutcome = { kind: 'pin'; pin: string } | { kind: 'refused'; reason: 'not-14-digits' };

const NOT_A_PIN: PinOutcome = { kind: 'refused', reason: 'not-14-digits' };

/** Whether the text is exactly 14 ASCII digits, with nothing around them. */
export function isPin(text: string): boolean {
  if (text.length !== PIN_LENGTH) return false;
  for (let at = 0; at < PIN_LENGTH; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Reads a PIN as a person or a file gives it; white space around it is forgiven, anything else is not. */
export function parsePin(text: string): PinOutcome {
  const pin = text.trim();
  return isPin(pin) ? { kind: 'pin', pin } : NOT_A_PIN;
}

export type PinDisagreement = 'sex' | 'birth-date';

/**
 * Where a valid PIN contradicts what is recorded of its holder: a reason to look, never to refuse.
 * @param pin 14 digits, as parsePin gives them
 * @param sex F, M or null when unknown (then nothing is compared)
 * @param birthDate YYYY-MM-DD, a year alone (then years are compared), or null
 */
export function pinDisagreements(
  pin: string,
  sex: 'F' | 'M' | null,
  birthDate: string | null,
): PinDisagreement[] {
  const found: PinDisagreement[] = [];
  if (sex !== null && pin.charCodeAt(0) !== (sex === 'F' ? 0x31 : 0x32)) found.push('sex');
  if (birthDate !== null && !agreesWithDate(pin, birthDate)) found.push('birth-date');
  return found;
}

function agreesWithDate(pin: string, birthDate: string): boolean {
  if (!pin.startsWith(birthDate.slice(0, 4), 5)) return false;
  return (
    birthDate.length < 10 ||
    (pin.startsWith(birthDate.slice(5, 7), 3) && pin.startsWith(birthDate.slice(8), 1))
  );
}

/**
 * An identifier as it may be shown unrevealed. A PIN's sex and birth date are hidden, its last four digits are shown;
 * of a shorter (foreign) identifier at most a third is. The length stays, so that a damaged one is noticed.
 */
export function maskPin(identifier: string): string {
  const shown = Math.min(4, Math.floor(identifier.length / 3));
  return '•'.repeat(identifier.length - shown) + identifier.slice(identifier.length - shown);
}
