// One line of the bench: ours against a peer, measured side by side in one run. Only the ratio means anything elsewhere.

export interface Ratio {
  name: string;
  ours: number;
  peer: number;
  ratio: number;
  goal: number;
  /** The goal is reached from above: a cost, not a speed. */
  atMost?: true;
  unit: string;
  /** What `ours` was made of, in the same unit. */
  detail?: Record<string, number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Runs both in turns, so that a busy moment of the machine meets both. Rates a second of `n` units.
 * @param rest awaited after each turn, outside its time
 */
export async function inTurns(
  turns: number,
  n: number,
  ours: (turn: number) => Promise<void> | void,
  peer: (turn: number) => Promise<void> | void,
  rest: () => Promise<void> = async () => undefined,
): Promise<{ ours: number; peer: number; ratio: number }> {
  const rates = { ours: [] as number[], peer: [] as number[] };
  for (let turn = 0; turn < turns; turn++)
    for (const [name, run] of [
      ['peer', peer],
      ['ours', ours],
    ] as const) {
      const started = performance.now();
      await run(turn);
      rates[name].push(n / ((performance.now() - started) / 1000));
      await rest();
    }
  return {
    ours: median(rates.ours),
    peer: median(rates.peer),
    ratio: median(rates.ours.map((rate, i) => rate / rates.peer[i]!)),
  };
}
