// Requests a minute, or an hour, per officer and act (or per network before log-in): what a route's duty asks for. Kept
// in memory; a restart gives everybody a fresh minute, which harms nobody. Counting failures is the throttle's duty.
export type Spend = (key: string, amount: number, now: number, windowMs?: number) => Spent | Promise<Spent>;

/** Null: allowed; otherwise the whole seconds until one more is. */
type Spent = number | null;

const minuteMs = 60_000;
const keysAtMost = 50_000;

/** The allowance refills evenly over its window. */
export function createBudget(): (...asked: Parameters<Spend>) => Spent {
  const buckets = new Map<string, { left: number; at: number }>();
  return (key, amount, now, windowMs = minuteMs) => {
    const bucket = buckets.get(key);
    const refilled = bucket
      ? // A clock set back refills nothing and takes nothing away.
        Math.min(amount, bucket.left + (Math.max(0, now - bucket.at) * amount) / windowMs)
      : amount;
    if (bucket) buckets.delete(key);
    else if (buckets.size >= keysAtMost) buckets.delete(buckets.keys().next().value!);
    const allowed = refilled >= 1;
    buckets.set(key, { left: allowed ? refilled - 1 : refilled, at: now });
    return allowed ? null : Math.ceil(((1 - refilled) * windowMs) / amount / 1000);
  };
}

export const unlimited: Spend = () => null;
