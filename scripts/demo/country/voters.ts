/**
 * The voter list, lazily: precinct after precinct, door after door, one household after the other, with the faults
 * of blemishes.ts sprinkled in. Every person is made up; the generator keeps no list, so 4.3 million rows need no
 * more memory than one.
 */
import { type Doors, doorsOf } from './addresses.ts';
import {
  BLOCK_ROWS,
  type Blemish,
  blemishPlan,
  MODEL_ROWS,
  mistype,
  mixLatin,
  mixLookalike,
} from './blemishes.ts';
import { OBLASTS } from './oblasts.ts';
import { type Person, people } from './people.ts';
import { birthday, isoDate, type Pins, pins } from './pins.ts';
import { precinctSizes } from './precincts.ts';
import { type Prng, prng } from './prng.ts';
import { TERRITORIES } from './territories.ts';
import type { Commission, VoterRow } from './types.ts';

interface Model {
  row: VoterRow;
  day: number;
}

/**
 * Yields exactly `count` voters in the order of `units`' precincts. The same seed, units and count give the same
 * rows; each yielded row is the caller's own. Throws when a precinct's parent is no territory of this country.
 */
export function* voters(
  seed: string,
  units: readonly Commission[],
  count: number,
): Generator<VoterRow, void, undefined> {
  const rng = prng(`${seed}/voters`);
  const crowd = people(rng);
  const numbers = pins(rng);
  const sizes = precinctSizes(seed, units, count);
  const seen = new Map<string, number>();
  let index = 0;
  let plan: ReadonlyMap<number, Blemish> = new Map();
  let models: Model[] = [];

  for (const unit of units) {
    if (unit.level !== 'PEC') continue;
    const territory = TERRITORIES.find(({ code }) => code === unit.parent);
    const oblast = OBLASTS.find(({ code }) => code === territory?.oblast);
    if (!territory || !oblast)
      throw new Error(`precinct ${unit.code} belongs to no territory of this country`);
    const nth = seen.get(territory.code) ?? 0;
    seen.set(territory.code, nth + 1);
    const doors: Doors = doorsOf(rng, oblast, territory, nth);

    for (let left = sizes.get(unit.code) ?? 0; left > 0; ) {
      const address = doors.next();
      for (const person of crowd.household(crowd.tradition(oblast.mix))) {
        if (left === 0) break;
        left--;
        const position = index % BLOCK_ROWS;
        if (position === 0) {
          plan = blemishPlan(seed, index / BLOCK_ROWS);
          models = [];
        }
        index++;
        const day = birthday(rng, person.age);
        const blemish = plan.get(position);
        if (blemish === undefined) {
          const row = rowOf(person, day, numbers.next(person.sex, day), address, unit.code);
          if (MODEL_ROWS.includes(position)) models.push({ row: { ...row }, day });
          yield row;
        } else {
          yield blemished(blemish, { person, day, address, precinct: unit.code }, { rng, numbers, models });
        }
      }
    }
  }
}

function rowOf(person: Person, day: number, pin: string, address: string, precinct: string): VoterRow {
  return {
    pin,
    surname: person.surname,
    given_name: person.givenName,
    patronymic: person.patronymic,
    birth_date: isoDate(day),
    sex: person.sex,
    address,
    precinct,
  };
}

interface Placed {
  person: Person;
  day: number;
  address: string;
  precinct: string;
}

function blemished(
  kind: Blemish,
  { person, day, address, precinct }: Placed,
  { rng, numbers, models }: { rng: Prng; numbers: Pins; models: readonly Model[] },
): VoterRow {
  const draw = rng.next();
  const { sex } = person;
  switch (kind) {
    case 'pin-date': {
      // Another day of the same weeks: the way a digit is misread.
      return rowOf(person, day, numbers.next(sex, day - 1 - (draw % 27)), address, precinct);
    }
    case 'pin-sex':
      return rowOf(person, day, numbers.next(sex === 'F' ? 'M' : 'F', day), address, precinct);
    case 'near-duplicate': {
      const model = models[draw % models.length];
      if (!model) throw new Error('a block’s models stand before its duplicates');
      const pin = numbers.next(model.row.sex, model.day);
      return { ...model.row, pin, surname: mistype(model.row.surname, draw >>> 8), address, precinct };
    }
    default: {
      const row = rowOf(person, day, numbers.next(sex, day), address, precinct);
      if (kind === 'latin-letter') mixLatin(row);
      else if (kind === 'no-break-space') row.surname += '\u00a0';
      else mixLookalike(row, kind, draw);
      return row;
    }
  }
}
