// What the writer sleeps by. Rung while it works, it does not sleep at all.
export class Bell {
  #wake: (() => void) | null = null;
  #rung = false;

  /** What rang before is being answered now. */
  answer(): void {
    this.#rung = false;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Until it rings, at most so long. */
  wait(ms: number): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(stop, Math.ceil(ms)) : undefined;
      this.#wake = stop;
    });
  }
}
