export default {
  'help.title': 'Жардам',
} as const;
