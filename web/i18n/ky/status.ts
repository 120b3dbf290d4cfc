export default {
  'status.title': 'Арыздын абалы',
} as const;
