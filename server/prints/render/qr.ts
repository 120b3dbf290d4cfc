/**
 * A QR code as geometry: dark runs to be filled by a PDF page or an SVG path. No colours, no markup: a path string
 * goes into one attribute, so a page never needs inner HTML for it.
 */
import { encode } from 'uqr';

/** One horizontal stretch of dark modules. Units: modules, counted from the top left corner inside the quiet zone. */
export type QrRun = { x: number; y: number; width: number };
export type QrCode = { size: number; runs: QrRun[] };

/** ISO/IEC 18004 asks for four light modules around the code; paper and page must keep them. */
export const QR_QUIET_MODULES = 4;

/** At level M a code holds at most 2,331 bytes (version 40); far below, the modules are too fine for a photocopy. */
export const QR_MAX_BYTES = 600;

/** How many bytes a text takes in a QR code (UTF-8). */
export function qrBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/**
 * Encodes a text as UTF-8 at error correction level M (15 % may be lost to a crease or a stamp).
 * Throws RangeError when it exceeds QR_MAX_BYTES: the caller shortens it knowingly, never this function.
 */
export function qrCode(text: string): QrCode {
  if (qrBytes(text) > QR_MAX_BYTES)
    throw new RangeError(`a QR code here holds at most ${QR_MAX_BYTES} bytes`);
  const { data, size } = encode([...Buffer.from(text, 'utf8')], { ecc: 'M', border: 0 });
  const runs: QrRun[] = [];
  for (const [y, row] of data.entries()) {
    let start = -1;
    for (let x = 0; x <= size; x += 1) {
      const dark = row[x] === true;
      if (dark && start < 0) start = x;
      if (!dark && start >= 0) {
        runs.push({ x: start, y, width: x - start });
        start = -1;
      }
    }
  }
  return { size, runs };
}

/** The `d` of one SVG path and the side of its square viewBox, quiet zone included: `viewBox="0 0 side side"`. */
export function qrSvgPath(text: string): { side: number; path: string } {
  const { size, runs } = qrCode(text);
  const path = runs
    .map(({ x, y, width }) => `M${x + QR_QUIET_MODULES} ${y + QR_QUIET_MODULES}h${width}v1h-${width}z`)
    .join('');
  return { side: size + 2 * QR_QUIET_MODULES, path };
}
