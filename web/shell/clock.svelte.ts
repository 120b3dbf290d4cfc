/** The time now, for the shell's countdowns and for relative times; one timer for the whole page. */
let second = $state(Date.now());
let minute = $state(Math.floor(Date.now() / 60_000));

/** Milliseconds since 1970, fresh every second; reactive. */
export const now = (): number => second;
/** The same, fresh every minute: for text that would otherwise change every second. */
export const nowToTheMinute = (): number => minute * 60_000;

/** Starts the timer; `each` runs every second. Returns how to stop. */
export function startClock(each: (now: number) => void): () => void {
  const timer = setInterval(() => {
    second = Date.now();
    minute = Math.floor(second / 60_000);
    each(second);
  }, 1000);
  return () => clearInterval(timer);
}
