/**
 * What the trail is asked for. The public half lives in the address bar; what names a person, a case or a desk lives
 * in the page only and travels in a request body. Pure.
 */
import type { TrailPage, TrailSearch } from '../../../server/contract/audit.ts';
import { bishkekDay, formatTime } from '../../../server/lib/dates.ts';
import { api } from '../../api.ts';
import { endpoint } from '../../paths.ts';

export const publicFilters = ['actor', 'act', 'outcome', 'commission', 'session', 'from', 'to'] as const;
export type PublicFilter = (typeof publicFilters)[number];
export type Public = Readonly<Partial<Record<PublicFilter, string>>>;

export const personFilters = ['voter', 'case', 'address'] as const;
export type PersonFilter = (typeof personFilters)[number];
export type Person = Readonly<Partial<Record<PersonFilter, string>>>;

const PAGE = 100;

/** The members of the address that are filters, and nothing else of it. */
export function publicOf(query: Readonly<Record<string, string>>): Public {
  const found: Partial<Record<PublicFilter, string>> = {};
  for (const name of publicFilters) if (query[name]) found[name] = query[name];
  return found;
}

/** One page of the trail, newest first, with the counts over time where it is the first. As soon as anything about a person is asked, all of it goes into the body. */
export function readTrail(open: Public, person: Person, after?: number): Promise<TrailPage> {
  const page = after === undefined ? { histogram: true } : { after };
  if (Object.values(person).some(Boolean)) {
    const body: TrailSearch = { ...open, ...person, ...page, limit: PAGE } as TrailSearch;
    return api.post<TrailPage>(endpoint.auditSearch(), body);
  }
  return api.get<TrailPage>(endpoint.auditEntries({ ...open, ...page, limit: PAGE }));
}

export const isReference = (text: string): boolean => /^[A-Za-z0-9_.:-]{1,64}$/.test(text);
export const isNetworkAddress = (text: string): boolean => /^[0-9A-Fa-f.:a-z-]{2,64}$/.test(text);

/** How a moment stands in the address: Bishkek time without its offset, to the millisecond where it is no whole minute. */
export function asked(at: number): string {
  const ms = ((at % 60_000) + 60_000) % 60_000;
  const rest = ms === 0 ? '' : `:${(ms / 1000).toFixed(3).padStart(6, '0')}`;
  return `${bishkekDay(at)}T${formatTime(at)}${rest}`;
}
