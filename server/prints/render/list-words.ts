/**
 * Every word a printed list carries besides the voters, in three languages. Official terms are those of the
 * commission's own forms; texts are for paper, so nothing here is translated at run time or by a page.
 */
import type { Lang } from '#server/lib/dates.ts';
import type { ListKind } from './precinct-list.ts';

export type ListWords = {
  title: Record<ListKind, string>;
  precinct: (code: string) => string;
  pollingStation: string;
  territory: string;
  total: string;
  made: string;
  copy: (n: number) => string;
  confidential: string;
  columns: {
    number: string;
    name: string;
    surname: string;
    givenName: string;
    patronymic: string;
    birthDate: string;
    birthYear: string;
    address: string;
    signature: string;
  };
  empty: string;
  page: (page: number, pages: number) => string;
  entry: (seq: number) => string;
  issuedTo: string;
  chair: string;
  secretary: string;
  seal: string;
  checkpoint: string;
  witnessed: string;
  unwitnessed: string;
  scan: string;
};

export const LIST_WORDS: Record<Lang, ListWords> = {
  ky: {
    title: {
      preliminary: 'Шайлоочулардын алдын ала тизмеси',
      control: 'Шайлоочулардын контролдук тизмеси',
      final: 'Шайлоочулардын акыркы тизмеси',
    },
    precinct: (code) => `№ ${code} шайлоо участогу`,
    pollingStation: 'Добуш берүү жайынын дареги',
    territory: 'Аймак',
    total: 'Тизмедеги шайлоочулардын саны',
    made: 'Түзүлгөн убактысы',
    copy: (n) => `№ ${n} нуска`,
    confidential: 'Купуя: жеке маалыматтар',
    columns: {
      number: '№',
      name: 'Фамилиясы, аты, атасынын аты',
      surname: 'Фамилиясы',
      givenName: 'Аты',
      patronymic: 'Атасынын аты',
      birthDate: 'Туулган датасы',
      birthYear: 'Туулган жылы',
      address: 'Дареги',
      signature: 'Шайлоочунун колу',
    },
    empty: 'Бул тизмеде шайлоочу жок.',
    page: (page, pages) => `${page}-бет, жалпы ${pages}`,
    entry: (seq) => `журналдагы жазуу № ${seq}`,
    issuedTo: 'Басып чыгарган',
    chair: 'УШКнын төрагасы',
    secretary: 'УШКнын катчысы',
    seal: 'М. О.',
    checkpoint: 'Аракеттер журналынын кол коюлган абалы: бул барак кайсы жазуу менен чыкканын ушул далилдейт',
    witnessed: 'Күбөлөрдүн кворуму ырастаган журналдын акыркы абалы',
    unwitnessed: 'Бул барак түзүлгөндө күбөлөрдүн кворуму журналды али ырастаган эмес.',
    scan: 'QR: жазуунун номери жана журналдын кол коюлган абалы',
  },
  ru: {
    title: {
      preliminary: 'Предварительный список избирателей',
      control: 'Контрольный список избирателей',
      final: 'Окончательный список избирателей',
    },
    precinct: (code) => `Избирательный участок № ${code}`,
    pollingStation: 'Адрес помещения для голосования',
    territory: 'Территория',
    total: 'Избирателей в списке',
    made: 'Время составления',
    copy: (n) => `Экземпляр № ${n}`,
    confidential: 'Конфиденциально: персональные данные',
    columns: {
      number: '№',
      name: 'Фамилия, имя, отчество',
      surname: 'Фамилия',
      givenName: 'Имя',
      patronymic: 'Отчество',
      birthDate: 'Дата рождения',
      birthYear: 'Год рождения',
      address: 'Адрес',
      signature: 'Подпись избирателя',
    },
    empty: 'В этом списке нет избирателей.',
    page: (page, pages) => `стр. ${page} из ${pages}`,
    entry: (seq) => `запись журнала № ${seq}`,
    issuedTo: 'Распечатал(а)',
    chair: 'Председатель УИК',
    secretary: 'Секретарь УИК',
    seal: 'М. П.',
    checkpoint: 'Подписанное состояние журнала действий: им доказывается, по какой записи вышел этот лист',
    witnessed: 'Последнее состояние журнала, заверенное кворумом свидетелей',
    unwitnessed: 'Когда составлялся этот лист, кворум свидетелей ещё не заверял журнал.',
    scan: 'QR: номер записи и подписанное состояние журнала',
  },
  en: {
    title: {
      preliminary: 'Preliminary voter list',
      control: 'Control voter list',
      final: 'Final voter list',
    },
    precinct: (code) => `Precinct No. ${code}`,
    pollingStation: 'Polling station address',
    territory: 'Territory',
    total: 'Voters in the list',
    made: 'Drawn up',
    copy: (n) => `Copy No. ${n}`,
    confidential: 'Confidential: personal data',
    columns: {
      number: 'No.',
      name: 'Surname, given name, patronymic',
      surname: 'Surname',
      givenName: 'Given name',
      patronymic: 'Patronymic',
      birthDate: 'Birth date',
      birthYear: 'Birth year',
      address: 'Address',
      signature: "Voter's signature",
    },
    empty: 'There are no voters in this list.',
    page: (page, pages) => `page ${page} of ${pages}`,
    entry: (seq) => `log entry No. ${seq}`,
    issuedTo: 'Printed by',
    chair: 'PEC chair',
    secretary: 'PEC secretary',
    seal: 'Seal',
    checkpoint: 'Signed state of the audit log: it proves under which entry this sheet left',
    witnessed: 'Newest state of the log that a quorum of witnesses cosigned',
    unwitnessed: 'When this sheet was made, no quorum of witnesses had cosigned the log yet.',
    scan: 'QR: entry number and signed state of the log',
  },
};
