export default {
  'compliance.title': 'Талаптардын аткарылышы',
} as const;
