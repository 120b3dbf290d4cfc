import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/home.ts';

export default {
  'home.title': 'Главная',
  'home.greeting': 'Здравствуйте, {name}',
  'home.duty': '{role} · {commission}',
  'home.sections': 'Ваши разделы',
  'home.reminder': 'Помните',
  'home.reminder.screen': 'Уходя от стола, блокируйте экран.',
  'home.reminder.photo': 'Фотографировать экран запрещено: на нём ваша метка.',
  'home.reminder.password': 'Никому не сообщайте и не записывайте пароль.',
  'home.about.voters': 'Найти обратившегося гражданина и просмотреть запись',
  'home.about.applications': 'Приём, рассмотрение заявлений и ответы',
  'home.about.audit': 'Кто, когда и что сделал',
  'home.about.alerts': 'Рассмотреть подозрительные действия',
  'home.about.approvals': 'Запросы на печать и экспорт',
  'home.about.officers': 'Учётные записи, допуски и сессии',
  'home.about.calendar': 'Сроки выборов и их основания',
  'home.about.compliance': '58 требований и их подтверждения',
  'home.lastLogin': 'Предыдущий вход: {at}',
  'home.firstLogin': 'Это ваш первый вход',
  'home.notMe': 'Если это были не вы, немедленно сообщите',
  'home.failedLogins': {
    one: 'С последнего входа была {count} неудачная попытка.',
    few: 'С последнего входа было {count} неудачные попытки.',
    other: 'С последнего входа было {count} неудачных попыток.',
  },
  'home.clearanceOver': 'Срок вашего допуска истёк. Обратитесь к руководству.',
  'home.clearanceEnds': 'Срок допуска истекает {day}',
} satisfies SameAs<typeof ky>;
