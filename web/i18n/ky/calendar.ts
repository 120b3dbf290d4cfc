export default {
  'calendar.title': 'Календардык план',
} as const;
