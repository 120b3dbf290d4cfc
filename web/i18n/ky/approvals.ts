export default {
  'approvals.title': 'Макулдашуулар',
} as const;
