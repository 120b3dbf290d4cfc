/**
 * What the alert stream has told since somebody looked: how many alerts are new, which of those on a page changed, and
 * the critical ones nobody has answered yet. Rule, level and alert id are all it ever hears.
 */
import { endpoint } from '../paths.ts';
import { follow, type Link } from './stream.ts';

interface Told {
  readonly alert: string;
  readonly level: string;
}

export interface Critical {
  readonly id: string;
  /** When this page heard of it, ms since 1970. */
  readonly at: number;
}

const state = $state<{ link: Link }>({ link: 'connecting' });
let news = $state.raw<readonly string[]>([]);
let changed = $state.raw<readonly string[]>([]);
let missed = $state(false);
let criticals = $state.raw<readonly Critical[]>([]);
let begun = false;

/** Reactive. */
export const alertFeed = {
  get link(): Link {
    return state.link;
  },
  /** Ids of alerts raised since `taken`. */
  get news(): readonly string[] {
    return news;
  },
  /** Ids of alerts somebody handled since `taken`. */
  get changed(): readonly string[] {
    return changed;
  },
  /** The stream was interrupted: there may be more than it told. */
  get missed(): boolean {
    return missed;
  },
  get criticals(): readonly Critical[] {
    return criticals;
  },
};

/** The list was read just now: what was told before is in it. */
export function taken(): void {
  news = [];
  changed = [];
  missed = false;
}

/** One alert was read or handled here: what was told of it is known. */
export function seen(id: string): void {
  news = news.filter((known) => known !== id);
  changed = changed.filter((known) => known !== id);
  criticals = criticals.filter((critical) => critical.id !== id);
}

/** Hides a critical alert's notice; the alert itself stays new. */
export function putAside(id: string): void {
  criticals = criticals.filter((critical) => critical.id !== id);
}

function isTold(data: unknown): data is Told {
  return (
    typeof data === 'object' &&
    data !== null &&
    'alert' in data &&
    typeof data.alert === 'string' &&
    'level' in data &&
    typeof data.level === 'string'
  );
}

/** Follows until stopped; the next officer at this desk begins with nothing. */
export function followAlerts(): () => void {
  const stop = follow(endpoint.alertStream(), {
    events: {
      alert(data) {
        if (!isTold(data)) return;
        const { alert, level } = data;
        if (!news.includes(alert)) news = [...news, alert];
        if (level === 'critical' && !criticals.some(({ id }) => id === alert))
          criticals = [...criticals, { id: alert, at: Date.now() }];
      },
      change(data) {
        if (isTold(data) && !changed.includes(data.alert)) changed = [...changed, data.alert];
      },
    },
    link(link) {
      state.link = link;
    },
    gap() {
      missed = true;
    },
  });
  // Taken up again after a lock: what came meanwhile is not known here.
  if (begun) missed = true;
  begun = true;
  return stop;
}

/** The session ended. */
export function forgetAlerts(): void {
  taken();
  criticals = [];
  begun = false;
  state.link = 'connecting';
}
