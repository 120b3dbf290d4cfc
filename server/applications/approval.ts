// The second person for a weighty change, as an approval: neither who decided the application nor who had a hand in its
// intake. Applying it is the territory's next step.
import { approvalRule } from '#server/gate/approval.ts';

export const applicationApproval = approvalRule({
  kind: 'application',
  asks: 'application.decide',
  needed: 1,
  central: false,
  flag: 'for-application',
  shown: ['effect', 'fields', 'version'],
  batch: true,
  async ties(reader, payload, officer) {
    const { application } = JSON.parse(payload) as { application: string };
    return (await reader.applications.intakeOf(application)).has(officer) ? ['own-request'] : [];
  },
});
