import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/changes.ts';

export default {
  'changes.since': 'С какого времени',
  'changes.basis': 'Основание',
  'changes.approval': 'Согласование',
  'changes.hash': 'SHA-256',
  'changes.filesMissing': 'Выберите файлы',
  'changes.checking': 'Идёт проверка…',
  'changes.reason': 'Зачем нужно изменение',
  'changes.reasonMissing': 'Укажите причину изменения',
  'changes.submit': 'Отправить второму сотруднику',
  'changes.proposed': 'Предложение отправлено',
  'changes.difference': 'Что изменится',
  'changes.added': 'Новое',
  'changes.removed': 'Удаляется',
  'changes.changed': 'Меняется',
  'changes.before': 'Сейчас',
  'changes.after': 'После',
  'changes.inForce': 'Действующие правила',
  'changes.diffAdded': 'Добавленная строка',
  'changes.diffRemoved': 'Удалённая строка',
  'changes.linesAll': {
    one: 'Показать всё: {count} строка',
    few: 'Показать всё: {count} строки',
    many: 'Показать всё: {count} строк',
    other: 'Показать всё: {count} строк',
  },
  'changes.linesLeft': {
    one: '{count} строка без изменений',
    few: '{count} строки без изменений',
    many: '{count} строк без изменений',
    other: '{count} строк без изменений',
  },
} satisfies SameAs<typeof ky>;
