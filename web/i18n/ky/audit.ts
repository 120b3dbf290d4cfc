export default {
  'audit.title': 'Аракеттер журналы',
} as const;
