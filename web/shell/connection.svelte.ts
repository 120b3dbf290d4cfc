/** Whether the last request reached the server. Shown in the header; nothing is decided by it. */
let reached = $state(true);

export const online = (): boolean => reached;

export function setReached(value: boolean): void {
  reached = value;
}
