/** Who is told of alerts as they come. Apart from the feed, so that other officers never load it. */
import type { Role } from '../../server/contract/vocabulary.ts';

const watchers: readonly Role[] = ['supervisor', 'security-officer'];

export const watchesAlerts = (role: Role | undefined): boolean =>
  role !== undefined && watchers.includes(role);
