/**
 * Addresses in the Kyrgyz form, biggest part first: «Нарын облусу, Ат-Башы району, Ат-Башы айылы, Ынтымак көчөсү,
 * 12-үй». A precinct covers a few streets of one settlement, and its households live door by door along them.
 */

import { OBLASTS, type Oblast } from './oblasts.ts';
import type { Prng } from './prng.ts';
import { CITY_STREETS, VILLAGE_STREETS } from './streets.ts';
import { TERRITORIES, type Territory } from './territories.ts';

const POLLING_PLACES = [
  'орто мектеп',
  'гимназия',
  'маданият үйү',
  'айыл өкмөтүнүн имараты',
  'китепкана',
] as const;
const CITY_POLLING_PLACES = [
  'орто мектеп',
  'мектеп-гимназия',
  'лицей',
  'маданият үйү',
  'окуу жайынын имараты',
] as const;

/** The settlement a territory's n-th precinct lies in; −1 names the territory's seat. Ends with a comma and a space. */
export function settlement(oblast: Oblast, territory: Territory, index: number): string {
  if (territory.kind === 'city') {
    const quarter = index < 0 ? undefined : territory.places[index % Math.max(1, territory.places.length)];
    return `${oblast.addressKy}${territory.ky} шаары, ${quarter === undefined ? '' : `${quarter} району, `}`;
  }
  const place = territory.places[Math.max(0, index) % territory.places.length] ?? territory.ky;
  const named = place.startsWith('*') ? `${place.slice(1)} шаары` : `${place} айылы`;
  return `${oblast.addressKy}${territory.ky} району, ${named}, `;
}

/** Where a commission sits: a precinct in a school or a hall, a territorial commission (−1) at its seat. */
export function precinctAddress(rng: Prng, oblast: Oblast, territory: Territory, index: number): string {
  const street = rng.pick(territory.kind === 'city' ? CITY_STREETS : VILLAGE_STREETS);
  const house = `${settlement(oblast, territory, index)}${street}, ${rng.int(1, 160)}-үй`;
  if (index < 0) return house;
  const place = rng.pick(territory.kind === 'city' ? CITY_POLLING_PLACES : POLLING_PLACES);
  return /мектеп|гимназия|лицей/u.test(place)
    ? `${house}, №${rng.int(1, 95)} ${place}`
    : `${house}, ${place}`;
}

/** Some door in the settlement of a territory's n-th precinct; a bare street and house for a territory unknown here. */
export function someDoor(rng: Prng, territoryCode: string, index: number): string {
  const territory = TERRITORIES.find(({ code }) => code === territoryCode);
  const oblast = OBLASTS.find(({ code }) => code === territory?.oblast);
  const street = rng.pick(territory?.kind === 'district' ? VILLAGE_STREETS : CITY_STREETS);
  const house = `${street}, ${rng.int(1, 200)}-үй`;
  return territory && oblast ? `${settlement(oblast, territory, index)}${house}` : house;
}

/** Walks the doors of one precinct in order; `next` gives one household's address and never the same door twice. */
export interface Doors {
  next(): string;
}

export function doorsOf(rng: Prng, oblast: Oblast, territory: Territory, index: number): Doors {
  const prefix = settlement(oblast, territory, index);
  const streets = rng.shuffle(territory.kind === 'city' ? CITY_STREETS : VILLAGE_STREETS);
  const flats = territory.kind === 'city' && rng.chance(territory.weight > 300 ? 0.6 : 0.3);
  let street = 0;
  let lap = 0;
  let house = 0;
  let flat = 0;
  let flatsHere = 0;
  let longest = rng.int(60, 190);
  const nextHouse = (): void => {
    house += 1 + (rng.next() & 1);
    if (house <= longest) return;
    house = 1;
    longest = rng.int(60, 190);
    street++;
    if (street < streets.length) return;
    // Only absurdly large precincts come here; a second row of houses («12/2-үй») keeps doors apart.
    street = 0;
    lap++;
  };
  return {
    next() {
      if (flat >= flatsHere) {
        nextHouse();
        flat = 0;
        flatsHere = flats ? rng.int(8, 72) : 0;
      }
      const number = lap === 0 ? house : `${house}/${lap + 1}`;
      const door = `${prefix}${streets[street] ?? ''}, ${number}-үй`;
      if (flatsHere === 0) return door;
      flat += 1;
      return `${door}, ${flat}-батир`;
    },
  };
}
