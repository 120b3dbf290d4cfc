/**
 * The tree of commissions: one central, nine district, 54 territorial, and precincts scaled to the number of voters.
 * Names stand in the official form in three languages. Codes: `CEC`; SOATE prefixes of 5 digits (district) and 8
 * digits (territory); 4 digits for a precinct, in the block of its oblast (Bishkek from 1001).
 */

import { precinctAddress } from './addresses.ts';
import { OBLASTS, type Oblast } from './oblasts.ts';
import { prng } from './prng.ts';
import { TERRITORIES, type Territory } from './territories.ts';
import type { Commission } from './types.ts';

/** Real lists hold about this many voters a precinct (4.3 million in 2,492 precincts). */
export const VOTERS_PER_PRECINCT = 1700;

/** With few voters every territory still has a precinct, and this many more go to the largest ones. */
const EXTRA_PRECINCTS = 8;

/** Precinct numbers run in blocks of a thousand, the first number of a block unused. */
const BLOCK = 999;

/**
 * All commissions of a country of `voters` voters, parents before children. At least 62 precincts however small the
 * country, at most 999 an oblast however large. The same seed and count give the same list.
 */
export function units(seed: string, { voters }: { voters: number }): Commission[] {
  if (!Number.isInteger(voters) || voters < 0)
    throw new RangeError('voters must be a whole number, 0 or more');
  const rng = prng(`${seed}/units`);
  const counts = precinctCounts(voters);
  const list: Commission[] = [
    {
      code: 'CEC',
      level: 'CEC',
      parent: null,
      nameKy: 'Кыргыз Республикасынын Шайлоо жана референдум өткөрүү боюнча борбордук комиссиясы',
      nameRu: 'Центральная комиссия по выборам и проведению референдумов Кыргызской Республики',
      nameEn: 'Central Commission for Elections and Referenda of the Kyrgyz Republic',
      address: 'Бишкек шаары',
    },
  ];
  for (const oblast of OBLASTS) list.push(districtCommission(oblast));
  for (const oblast of OBLASTS) {
    for (const territory of TERRITORIES) {
      if (territory.oblast === oblast.code) list.push(territorialCommission(territory, oblast));
    }
  }
  for (const oblast of OBLASTS) {
    let number = oblast.firstPrecinct;
    for (const territory of TERRITORIES) {
      if (territory.oblast !== oblast.code) continue;
      const count = counts.get(territory.code) ?? 0;
      for (let index = 0; index < count; index++) {
        list.push(
          precinctCommission(String(number), territory, precinctAddress(rng, oblast, territory, index)),
        );
        number++;
      }
    }
  }
  return list;
}

/** Seats are handed out by the highest averages (D'Hondt) over the territories' weights, one each to begin with. */
function precinctCounts(voters: number): Map<string, number> {
  const total = Math.max(TERRITORIES.length + EXTRA_PRECINCTS, Math.round(voters / VOTERS_PER_PRECINCT));
  const counts = new Map(TERRITORIES.map((territory) => [territory.code, 1]));
  const taken = new Map(OBLASTS.map((oblast) => [oblast.code, 0]));
  for (const { oblast } of TERRITORIES) taken.set(oblast, (taken.get(oblast) ?? 0) + 1);
  for (let given = TERRITORIES.length; given < total; given++) {
    let best: Territory | null = null;
    let bestAverage = 0;
    for (const territory of TERRITORIES) {
      const average = territory.weight / ((counts.get(territory.code) ?? 0) + 1);
      if (average > bestAverage && (taken.get(territory.oblast) ?? 0) < BLOCK) {
        best = territory;
        bestAverage = average;
      }
    }
    if (!best) break;
    counts.set(best.code, (counts.get(best.code) ?? 0) + 1);
    taken.set(best.oblast, (taken.get(best.oblast) ?? 0) + 1);
  }
  return counts;
}

function districtCommission(oblast: Oblast): Commission {
  return {
    code: oblast.code,
    level: 'DEC',
    parent: 'CEC',
    nameKy: `${oblast.ky} округдук шайлоо комиссиясы`,
    nameRu: `${oblast.ruAdjective} окружная избирательная комиссия`,
    nameEn: `${oblast.en} District Election Commission`,
    address: oblast.seat,
  };
}

function territorialCommission(territory: Territory, oblast: Oblast): Commission {
  const city = territory.kind === 'city';
  return {
    code: territory.code,
    level: 'TEC',
    parent: oblast.code,
    nameKy: `${territory.ky} ${city ? 'шаардык ' : ''}аймактык шайлоо комиссиясы`,
    nameRu: `${territory.ruAdjective} ${city ? 'городская ' : ''}территориальная избирательная комиссия`,
    nameEn: `${territory.en} ${city ? 'City ' : ''}Territorial Election Commission`,
    address: precinctAddress(prng(`units/${territory.code}`), oblast, territory, -1),
  };
}

function precinctCommission(code: string, territory: Territory, address: string): Commission {
  return {
    code,
    level: 'PEC',
    parent: territory.code,
    nameKy: `№${code} шайлоо участогу`,
    nameRu: `Избирательный участок №${code}`,
    nameEn: `Precinct No. ${code}`,
    address,
  };
}
