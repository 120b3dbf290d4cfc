// Loaded before a command that a test starts: its clock is ahead by KUZOT_TEST_LATER ms. One-time codes are good once, so a
// test that signs in again and again would wait half a minute each time. The program itself knows nothing of it.
const later = Number(process.env.KUZOT_TEST_LATER ?? 0);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given: [] | [string | number | Date]) {
    if (given.length === 0) super(Real.now() + later);
    else super(...(given as [number]));
  }
  static override now(): number {
    return Real.now() + later;
  }
} as DateConstructor;
