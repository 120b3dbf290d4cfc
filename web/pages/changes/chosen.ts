/** What somebody chose to propose, and what the server found wrong with it. */
export interface Chosen {
  /** Files new or changed. */
  files: readonly { name: string; text: string }[];
  /** Names of files left out. */
  without: readonly string[];
}

export interface Fault {
  /** File and place; empty: the whole set. */
  where: string;
  says: string;
}
