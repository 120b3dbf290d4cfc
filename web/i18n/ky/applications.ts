export default {
  'applications.title': 'Арыздар',
} as const;
