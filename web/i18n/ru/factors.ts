import type { SameAs } from '../catalogue.ts';
import type ky from '../ky/factors.ts';

export default {
  'factors.title': 'Мои средства подтверждения',
  'factors.intro':
    'Чем вы подтверждаете себя после пароля. Любое изменение требует пароля и нового подтверждения.',
  'factors.passkeys': 'Ключи доступа',
  'factors.passkeysAbout':
    'Ключ доступа работает только по адресу этой системы, поэтому его нельзя выманить.',
  'factors.none': 'Ключей доступа нет',
  'factors.required': 'Обязателен для вашей должности',
  'factors.name': 'Название',
  'factors.created': 'Добавлен',
  'factors.used': 'Последний раз',
  'factors.never': 'не использовался',
  'factors.kind': 'Где хранится',
  'factors.synced': 'может копироваться',
  'factors.onDevice': 'на одном устройстве',
  'factors.actions': 'Действия',
  'factors.add': 'Добавить ключ доступа',
  'factors.add.text': 'После пароля понадобится новое подтверждение, затем браузер запросит новый ключ.',
  'factors.add.submit': 'Зарегистрировать ключ',
  'factors.added': 'Ключ доступа зарегистрирован',
  'factors.copied':
    'Этот ключ копируется на другие устройства, такие не допускаются. Возьмите ключ безопасности или этот компьютер',
  'factors.rename': 'Переименовать',
  'factors.renameLabel': 'Переименовать ключ {name}',
  'factors.renamed': 'Ключ переименован',
  'factors.remove': 'Удалить',
  'factors.removeLabel': 'Удалить ключ {name}',
  'factors.remove.title': 'Удалить ключ {name}',
  'factors.remove.text': 'Он сразу перестанет действовать, а другие ваши сессии завершатся.',
  'factors.remove.submit': 'Удалить ключ',
  'factors.remove.last': 'Для вашей должности нужен ключ доступа. Сначала зарегистрируйте другой',
  'factors.removed': 'Ключ доступа удалён',
  'factors.save': 'Сохранить название',
  'factors.passwordWrong': 'Пароль неверен. Введите ещё раз',
  'factors.recovery': 'Резервные коды',
  'factors.recoveryAbout':
    'Если телефона или ключа нет, каждый код один раз открывает вход. Действия ими не подтверждаются.',
  'factors.recoveryNone': 'Коды ещё не созданы',
  'factors.recoveryLeft': {
    one: 'Остался {count} код, созданы: {at}',
    few: 'Осталось {count} кода, созданы: {at}',
    many: 'Осталось {count} кодов, созданы: {at}',
    other: 'Осталось {count} кода, созданы: {at}',
  },
  'factors.recovery.make': 'Создать резервные коды',
  'factors.recovery.again': 'Создать новые коды',
  'factors.recovery.text': 'Десять кодов будут показаны один раз. Прежние коды станут недействительными.',
  'factors.recovery.shown': 'Перенесите коды на бумагу сейчас',
  'factors.recovery.shownText':
    'Больше они не покажутся. Храните бумагу под замком отдельно от пароля; не фотографируйте.',
  'factors.recovery.print': 'Распечатать коды',
  'factors.recovery.done': 'Коды сохранены',
  'factors.totp': 'Код подтверждения',
  'factors.totpSet': 'Подключён к телефону: {at}',
  'factors.totpLost':
    'Если телефон утерян, придите лично к сотруднику по безопасности: доступ сбросят, а все средства аннулируют.',
} satisfies SameAs<typeof ky>;
