/**
 * Why a row was not taken, said to a person in three languages: the field, the fault and the next step. Never the value:
 * these texts are printed and logged, the values stay in the error file.
 */
import type { Lang } from '#server/lib/dates.ts';
import type { CsvFault } from './csv.ts';
import type { RowFault } from './rows.ts';

/** Everything that may keep a row out: the row itself, the CSV around it, or the store (already-registered). */
export type ImportReason = RowFault | CsvFault | 'already-registered';

type Words = Record<Lang, string>;

const REASONS: Record<ImportReason, Words> = {
  'column-count': {
    ky: 'тилкелердин саны башкы саптагыга туура келбейт; бөлгүчтөрдү жана тырмакчаларды текшериңиз',
    ru: 'число столбцов не такое, как в первой строке; проверьте разделители и кавычки',
    en: 'the number of columns differs from the first row; check the delimiters and quotes',
  },
  missing: {
    ky: 'толтурулган эмес; маанисин жазыңыз',
    ru: 'не заполнено; впишите значение',
    en: 'is empty; fill it in',
  },
  'pin-not-14-digits': {
    ky: 'ПИН 14 сандан турушу керек; документ боюнча оңдоңуз',
    ru: 'ПИН должен состоять из 14 цифр; исправьте по документу',
    en: 'a PIN has 14 digits; correct it from the document',
  },
  'identifier-repeated': {
    ky: 'бул файлда мурда кездешкен; ашыкчасын алып салыңыз. Биринчи жолу сапта',
    ru: 'уже встречался в этом файле; уберите лишнюю строку. Впервые в строке',
    en: 'appeared before in this file; remove the extra row. First in row',
  },
  'precinct-unknown': {
    ky: 'мындай участка жок; кодун текшериңиз же алгач комиссияларды жүктөңүз',
    ru: 'такого участка нет; проверьте код или сначала загрузите комиссии',
    en: 'there is no such precinct; check the code, or import the commissions first',
  },
  'sex-unknown': {
    ky: 'F, M же бош болушу керек; оңдоңуз',
    ru: 'должно быть F, M или пусто; исправьте',
    en: 'must be F, M or empty; correct it',
  },
  'too-long': {
    ky: 'өтө узун; кыскартыңыз же тырмакчаларды текшериңиз',
    ru: 'слишком длинно; сократите или проверьте кавычки',
    en: 'is too long; shorten it, or check the quotes',
  },
  'control-character': {
    ky: 'көрүнбөгөн башкаруу белгиси же сап үзүлүшү бар; кайра жазыңыз',
    ru: 'есть невидимый управляющий знак или перенос строки; наберите заново',
    en: 'contains an invisible control character or a line break; type it again',
  },
  'unreadable-character': {
    ky: 'окулбаган тамга бар; коддоону (encoding) текшериңиз',
    ru: 'есть нечитаемая буква; проверьте кодировку (encoding)',
    en: 'contains an unreadable letter; check the encoding',
  },
  'date-unreadable': {
    ky: 'дата көрсөтүлгөн форматта эмес; оңдоңуз же dateFormat’ты өзгөртүңүз',
    ru: 'дата не в указанном формате; исправьте её или dateFormat',
    en: 'the date is not in the declared format; correct it or the dateFormat',
  },
  'date-impossible': {
    ky: 'календарда мындай күн жок; документ боюнча оңдоңуз',
    ru: 'такого дня нет в календаре; исправьте по документу',
    en: 'there is no such day; correct it from the document',
  },
  'date-out-of-range': {
    ky: 'туулган күн келечекте же 1880-жылдан мурда; документ боюнча оңдоңуз же бош калтырыңыз',
    ru: 'дата рождения в будущем или раньше 1880 года; исправьте по документу или оставьте пустой',
    en: 'the birth date lies in the future or before 1880; correct it from the document or leave it empty',
  },
  quotes: {
    ky: 'жабылган тырмакчадан кийин текст бар; сапты оңдоңуз',
    ru: 'после закрывающей кавычки стоит текст; исправьте строку',
    en: 'text follows a closing quote; correct the row',
  },
  unclosed: {
    ky: 'тырмакча жабылган эмес; сапты оңдоңуз',
    ru: 'кавычка не закрыта; исправьте строку',
    en: 'a quote is never closed; correct the row',
  },
  'already-registered': {
    ky: 'бул идентификатор тизмеде бар; өзгөртүү арыз аркылуу жасалат',
    ru: 'этот идентификатор уже есть в списке; изменения вносятся по заявлению',
    en: 'is in the list already; changes are made by an application',
  },
};

const FIELD_NAMES: Readonly<Record<string, Words>> = {
  identifier: { ky: 'идентификатор', ru: 'идентификатор', en: 'identifier' },
  surname: { ky: 'фамилиясы', ru: 'фамилия', en: 'surname' },
  given_name: { ky: 'аты', ru: 'имя', en: 'given name' },
  patronymic: { ky: 'атасынын аты', ru: 'отчество', en: 'patronymic' },
  birth_date: { ky: 'туулган күнү', ru: 'дата рождения', en: 'birth date' },
  sex: { ky: 'жынысы', ru: 'пол', en: 'sex' },
  address: { ky: 'дареги', ru: 'адрес', en: 'address' },
  precinct: { ky: 'участка', ru: 'участок', en: 'precinct' },
};

/**
 * One sentence: «туулган күнү: календарда мындай күн жок; …».
 * @param reason one of ImportReason, or another word of the store's own, which is given back as it is
 * @param field null when the row as a whole is at fault
 * @param firstRow of identifier-repeated
 */
export function describeReason(reason: string, field: string | null, lang: Lang, firstRow?: number): string {
  const words = Object.hasOwn(REASONS, reason) ? REASONS[reason as ImportReason][lang] : reason;
  const name = field === null ? undefined : (FIELD_NAMES[field]?.[lang] ?? field);
  const said = firstRow === undefined ? words : `${words} ${firstRow}`;
  return name === undefined ? said : `${name}: ${said}`;
}
