/**
 * The language that is on, and the words loaded for it. Words arrive by area, as pages need them; changing the
 * language loads the same areas again and never reloads the page. The choice of language is one of the two
 * things this console keeps in the browser (the other is the theme).
 */
import { type Area, BASE_AREAS, type Entry, type Key, LANGS, type Lang, type Params } from './catalogue.ts';
import { fill } from './fill.ts';

const STORAGE_KEY = 'kuzot.language';

type Words = Record<string, Entry>;
const base: Record<Lang, () => Promise<{ default: Words }>> = {
  ky: () => import('./ky/base.ts'),
  ru: () => import('./ru/base.ts'),
  en: () => import('./en/base.ts'),
};
const files = import.meta.glob<Words>(['./{ky,ru,en}/*.ts', '!./*/{base,shell,session,problems,home}.ts'], {
  import: 'default',
});

const state = $state<{ lang: Lang; words: Words }>({ lang: 'ky', words: {} });
const loadedAreas = new Set<Area>();

async function fetchWords(lang: Lang, areas: Iterable<Area>): Promise<Words> {
  const lists = await Promise.all(
    [...areas].map((area) => {
      const load = files[`./${lang}/${area}.ts`];
      if (!load) throw new Error(`no word list ${lang}/${area}`);
      return load();
    }),
  );
  return Object.assign({}, ...lists);
}

export function currentLang(): Lang {
  return state.lang;
}

/** Changes the language once its words are here; the page never shows a mixture. */
export async function setLang(lang: Lang): Promise<void> {
  const [first, further] = await Promise.all([base[lang](), fetchWords(lang, loadedAreas)]);
  const words = { ...first.default, ...further };
  state.words = words;
  state.lang = lang;
  document.documentElement.lang = lang;
  rememberLang();
}

export function rememberLang(): void {
  try {
    localStorage.setItem(STORAGE_KEY, state.lang);
  } catch {
    // A browser that forbids storage only forgets the choice.
  }
}

/** Loads the words of further areas in the language that is on; called by the router before a page is shown. */
export async function loadAreas(areas: readonly Area[]): Promise<void> {
  const missing = areas.filter((area) => !BASE_AREAS.includes(area) && !loadedAreas.has(area));
  if (missing.length === 0) return;
  const lang = state.lang;
  const words = await fetchWords(lang, missing);
  for (const area of missing) loadedAreas.add(area);
  // The language was changed while the words were on their way: fetch everything in the new one.
  if (lang !== state.lang) return setLang(state.lang);
  state.words = { ...state.words, ...words };
}

/** The language to begin with: the remembered one, else the first of the browser's we speak, else Kyrgyz. */
export async function startLanguage(): Promise<void> {
  let remembered: string | null = null;
  try {
    remembered = localStorage.getItem(STORAGE_KEY);
  } catch {
    // Storage is forbidden: begin as on a new machine.
  }
  const wanted = [remembered, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  await setLang(wanted.map((tag) => LANGS.find((lang) => lang === tag)).find((lang) => lang) ?? 'ky');
}

/** The sentence for a key in the language that is on; reactive in templates and `$derived`. */
export function t<K extends Key>(key: K, ...params: Params<K>): string {
  const entry = state.words[key];
  return entry === undefined ? key : fill(entry, state.lang, params[0]);
}

/** For keys that arrive as data ("problems." + type): the sentence, or undefined when there is none. */
export function tMaybe(key: string, params?: Record<string, string | number>): string | undefined {
  const entry = state.words[key];
  return entry === undefined ? undefined : fill(entry, state.lang, params);
}
