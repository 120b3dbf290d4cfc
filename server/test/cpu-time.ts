/** CPU time this process has used, ms. Unlike a clock's it does not pass while others have the machine. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
