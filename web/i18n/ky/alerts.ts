export default {
  'alerts.title': 'Эскертүүлөр',
} as const;
