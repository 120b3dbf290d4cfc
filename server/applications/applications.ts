// Applications, put together: taking in, steps, documents and coupons over one way of sealing.
import type { BlindIndex } from '#server/lib/blind-index.ts';
import { parseCoupon } from '#server/lib/coupon.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { createAttachments } from './attachments.ts';
import type { ApplicationRouteDeps } from './routes.ts';
import { createSealedParts } from './sealed.ts';
import { type ApplicationDeps, createApplications } from './service.ts';
import { createSteps } from './step.ts';

export interface ApplicationRoomDeps
  extends Pick<ApplicationDeps, 'gate' | 'calendar' | 'changeVoter' | 'maskField'> {
  keys: { seal: Sealer; index: BlindIndex };
}

export function createApplicationRoom({ keys, ...deps }: ApplicationRoomDeps): ApplicationRouteDeps {
  const handling = { ...deps, parts: createSealedParts(keys.seal, keys.index) };
  return {
    applications: createApplications(handling),
    steps: createSteps(handling),
    attachments: createAttachments({ gate: deps.gate, sealer: keys.seal }),
    readCoupon(typed) {
      const read = parseCoupon(typed);
      return read.kind === 'coupon' ? read.coupon : null;
    },
  };
}
