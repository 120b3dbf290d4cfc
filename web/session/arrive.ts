/** Moves the focus to a heading that replaced what was focused before, so that a screen reader goes on from there. */
export function arrive(heading: HTMLElement): void {
  if (document.activeElement === null || document.activeElement === document.body) heading.focus();
}
