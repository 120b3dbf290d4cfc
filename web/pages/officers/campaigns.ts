/** Where a campaign stands today, and what closing it would mean. */
import type { CampaignItem } from '../../../server/contract/campaigns.ts';
import { bishkekDay } from '../../../server/lib/dates.ts';

export type CampaignState = 'ahead' | 'open' | 'closed' | 'called-off';

export function campaignState(
  { opensOn, closedOn }: Pick<CampaignItem, 'opensOn' | 'closedOn'>,
  now = Date.now(),
): CampaignState {
  if (closedOn !== null) return closedOn < opensOn ? 'called-off' : 'closed';
  return bishkekDay(now) < opensOn ? 'ahead' : 'open';
}

const tones = { ahead: 'info', open: 'warn', closed: 'neutral', 'called-off': 'neutral' } as const;
export const campaignTone = (state: CampaignState) => tones[state];
