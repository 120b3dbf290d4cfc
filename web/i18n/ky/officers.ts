export default {
  'officers.title': 'Кызматкерлер',
} as const;
