/**
 * How names agree: the feminine of a surname, the patronymic of a father's name in its two living styles
 * («Бакытович», «Бакыт уулу»), and the Latin spelling used for log-in names. Pure text, no chance.
 */

/** Feminine of a surname given in the masculine; those without an ending that agrees stay as they are. */
export function feminineSurname(masculine: string): string {
  if (/ский$/u.test(masculine)) return `${masculine.slice(0, -2)}ая`;
  return /([оеё]в|[иы]н)$/u.test(masculine) && masculine.length > 4 ? `${masculine}а` : masculine;
}

export interface Patronymics {
  /** «Бакытович» */
  son: string;
  /** «Бакытовна» */
  daughter: string;
}

const EXCEPTIONS: Readonly<Record<string, Patronymics>> = {
  Илья: { son: 'Ильич', daughter: 'Ильинична' },
  Никита: { son: 'Никитич', daughter: 'Никитична' },
  Лев: { son: 'Львович', daughter: 'Львовна' },
  Павел: { son: 'Павлович', daughter: 'Павловна' },
  Пётр: { son: 'Петрович', daughter: 'Петровна' },
  Дмитрий: { son: 'Дмитриевич', daughter: 'Дмитриевна' },
  Михаил: { son: 'Михайлович', daughter: 'Михайловна' },
};

/** Patronymics in -ович / -евич from a father's given name, Kyrgyz letters kept (Өмүралы → Өмүралиевич). */
export function patronymics(father: string): Patronymics {
  const known = EXCEPTIONS[father];
  if (known) return known;
  const stem = patronymicStem(father);
  return { son: `${stem}ич`, daughter: `${stem}на` };
}

function patronymicStem(father: string): string {
  const cut = father.slice(0, -1);
  if (/(рий|лий|вий|сий|ний|тий|дий|гий)$/u.test(father)) return `${father.slice(0, -2)}ьев`;
  if (/[йь]$/u.test(father)) return `${cut}ев`;
  if (/[ыи]$/u.test(father)) return `${cut}иев`;
  if (/[аяоөуүюеэё]$/u.test(father)) return `${father}ев`;
  return /[жшчщц]$/u.test(father) ? `${father}ев` : `${father}ов`;
}

const LATIN: ReadonlyMap<string, string> = new Map(
  `а a,б b,в v,г g,д d,е e,ё yo,ж j,з z,и i,й y,к k,л l,м m,н n,ң ng,о o,ө o,п p,р r,с s,т t,у u,ү u,ф f,х kh,ц ts,
  ч ch,ш sh,щ sch,ы y,э e,ю yu,я ya`
    .split(',')
    .map((pair) => pair.trim().split(' ') as [string, string]),
);

/** Lower-case Latin spelling of a Cyrillic name; anything but letters is dropped. */
export function latin(name: string): string {
  let spelled = '';
  for (const letter of name.toLowerCase()) spelled += LATIN.get(letter) ?? '';
  return spelled;
}
