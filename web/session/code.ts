/** The digits of a typed code, or undefined when it is not six digits. Spaces between them are forgiven. */
export function readCode(typed: string): string | undefined {
  const digits = typed.replace(/\s/g, '');
  return /^\d{6}$/.test(digits) ? digits : undefined;
}
