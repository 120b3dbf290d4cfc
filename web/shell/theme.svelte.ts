/**
 * Light, dark, or as the system has it. One of the two things this console keeps in the browser.
 */
const STORAGE_KEY = 'kuzot.theme';
export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

let theme = $state<Theme>('system');

export const currentTheme = (): Theme => theme;

export function setTheme(wanted: Theme): void {
  theme = wanted;
  if (wanted === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  rememberTheme();
}

export function rememberTheme(): void {
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // A browser that forbids storage only forgets the choice.
  }
}

export function startTheme(): void {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    setTheme(THEMES.find((known) => known === stored) ?? 'system');
  } catch {
    setTheme('system');
  }
}
