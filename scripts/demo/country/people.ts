/**
 * People by the household: who lives behind one door, how they are named after each other, how old they are. Knows
 * nothing of precincts or files. A person here has no number yet; voters.ts gives it.
 */
import { feminineSurname, type Patronymics, patronymics } from './grammar.ts';
import type { TraditionMix } from './oblasts.ts';
import type { Prng } from './prng.ts';
import { type Generation, TRADITIONS, type Tradition } from './traditions.ts';
import type { Sex } from './types.ts';

export interface Person {
  surname: string;
  givenName: string;
  patronymic: string;
  sex: Sex;
  /** Full years at the country's date. */
  age: number;
}

interface Man {
  name: string;
  patronymics: Patronymics;
}

interface Stock {
  surnames: readonly { man: string; woman: string }[];
  men: Readonly<Record<Generation, readonly Man[]>>;
  women: Readonly<Record<Generation, readonly string[]>>;
  /** Every man's name of the stock, to find the patronymic of his children. */
  fathers: ReadonlyMap<string, Man>;
}

/** Ages of heads of households, in five-year bands from 20, by weight: broad below, narrow above, as the country is. */
const HEAD_AGES: readonly number[] = [6, 9, 12, 13, 13, 13, 13, 13, 12, 8, 5, 3, 1.6, 0.7, 0.2];

export interface People {
  /** One household, the head first; never empty, everyone between 18 and 95. */
  household(tradition: Tradition): Person[];
  tradition(mix: TraditionMix): Tradition;
}

/** Prepares the name stocks in the seed's own order of commonness, then draws from `rng`. */
export function people(rng: Prng): People {
  const stocks = new Map<Tradition, Stock>();
  for (const tradition of Object.keys(TRADITIONS) as Tradition[])
    stocks.set(tradition, stockOf(rng, tradition));
  const bands = HEAD_AGES.map((weight, band) => [band, weight] as const);

  const headAge = (): number => 20 + rng.weighted(bands) * 5 + rng.int(0, 4);

  const fatherOf = (stock: Stock, age: number): Man => rng.skewed(stock.men[generation(age + 28)]);

  function person(tradition: Tradition, stock: Stock, sex: Sex, age: number, family: Family): Person {
    const woman = sex === 'F';
    const given = woman
      ? rng.skewed(stock.women[generation(age)])
      : rng.skewed(stock.men[generation(age)]).name;
    if (tradition === 'korean' || family.style === 'russian') {
      const surname = woman ? family.surname.woman : family.surname.man;
      const { son, daughter } = family.father.patronymics;
      return { surname, givenName: given, patronymic: woman ? daughter : son, sex, age };
    }
    const child = woman ? 'кызы' : 'уулу';
    if (family.style === 'uulu') {
      return { surname: `${family.father.name} ${child}`, givenName: given, patronymic: '', sex, age };
    }
    const surname = woman ? family.surname.woman : family.surname.man;
    return { surname, givenName: given, patronymic: `${family.father.name} ${child}`, sex, age };
  }

  function familyOf(tradition: Tradition, stock: Stock, age: number): Family {
    const style = tradition === 'kyrgyz' ? kyrgyzStyle(rng, age) : 'russian';
    return { surname: rng.skewed(stock.surnames), father: fatherOf(stock, age), style };
  }

  return {
    tradition: (mix) => rng.weighted(mix),
    household(tradition) {
      const stock = stocks.get(tradition) as Stock;
      const age = headAge();
      const shape = rng.unit();
      // Above 60 the head is more often a widow: women outlive men by some eight years.
      const headIsWoman = rng.chance(age > 60 ? 0.62 : shape < 0.2 ? 0.55 : 0.06);
      const family = familyOf(tradition, stock, age);
      const head = person(tradition, stock, headIsWoman ? 'F' : 'M', age, family);
      const members = [head];
      if (shape < 0.2) return members;
      if (!headIsWoman) members.push(wifeOf(tradition, stock, head, family));
      const grown = grownChildren(rng, age);
      if (grown > 0) {
        const father = headIsWoman
          ? fatherOf(stock, age - 28)
          : (stock.fathers.get(head.givenName) ?? fatherOf(stock, age));
        // A widow's children carry her married surname, and their own father's name.
        const style = family.style === 'uulu' || rng.chance(0.9) ? family.style : 'mixed';
        const children: Family = {
          surname: family.surname,
          father,
          style: tradition === 'kyrgyz' ? style : 'russian',
        };
        for (let born = 0; born < grown; born++) {
          const oldest = Math.min(age - 20, 42);
          const child = person(tradition, stock, rng.chance(0.48) ? 'F' : 'M', rng.int(18, oldest), children);
          // Nobody gives two children one name; the second simply has not come of age yet.
          if (members.every(({ givenName }) => givenName !== child.givenName)) members.push(child);
        }
      }
      return members;
    },
  };

  function wifeOf(tradition: Tradition, stock: Stock, husband: Person, family: Family): Person {
    const age = Math.min(95, Math.max(18, husband.age - rng.int(-1, 7)));
    const own = familyOf(tradition, stock, age);
    const taken = own.style !== 'uulu' && family.style !== 'uulu' && rng.chance(0.7);
    return person(tradition, stock, 'F', age, taken ? { ...own, surname: family.surname } : own);
  }
}

interface Family {
  surname: { man: string; woman: string };
  father: Man;
  /** «Асанов Бакытович», «Бакыт уулу» as a surname without patronymic, «Асанов … Бакыт уулу». */
  style: 'russian' | 'uulu' | 'mixed';
}

function kyrgyzStyle(rng: Prng, age: number): Family['style'] {
  const draw = rng.unit();
  const uulu = age < 40 ? 0.22 : 0.05;
  if (draw < uulu) return 'uulu';
  return draw < uulu + 0.08 ? 'mixed' : 'russian';
}

function generation(age: number): Generation {
  if (age >= 66) return 'elder';
  return age >= 33 ? 'middle' : 'young';
}

/** How many children of full age still live at home. */
function grownChildren(rng: Prng, age: number): number {
  if (age < 40) return 0;
  const most = age < 46 ? 2 : age < 66 ? 4 : 2;
  return Math.floor(rng.unit() * rng.unit() * (most + 1));
}

function stockOf(rng: Prng, tradition: Tradition): Stock {
  const names = TRADITIONS[tradition];
  const fathers = new Map<string, Man>();
  for (const name of Object.values(names.men).flat())
    fathers.set(name, { name, patronymics: patronymics(name) });
  const men = (list: readonly string[]): Man[] => rng.shuffle(list).map((name) => fathers.get(name) as Man);
  return {
    surnames: rng.shuffle(names.surnames).map((man) => ({ man, woman: feminineSurname(man) })),
    men: { elder: men(names.men.elder), middle: men(names.men.middle), young: men(names.men.young) },
    women: {
      elder: rng.shuffle(names.women.elder),
      middle: rng.shuffle(names.women.middle),
      young: rng.shuffle(names.women.young),
    },
    fathers,
  };
}
