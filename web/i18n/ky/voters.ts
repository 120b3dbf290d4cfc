export default {
  'voters.title': 'Шайлоочулар',
} as const;
