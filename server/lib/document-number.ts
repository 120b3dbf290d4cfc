// The one form in which numbers of identity documents are compared, however they were typed.

/** Cyrillic capitals that stand on documents for the Latin ones they look like. */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{
    А: 'A',
    В: 'B',
    С: 'C',
    Е: 'E',
    Н: 'H',
    І: 'I',
    К: 'K',
    М: 'M',
    О: 'O',
    Р: 'P',
    Т: 'T',
    Х: 'X',
    У: 'Y',
  },
};

/** Series and number as one word of capitals and digits: `ID 123-4567` and `ıd1234567` typed in Cyrillic are the same. */
export function documentNumber({ series, number }: { series: string; number: string }): string {
  const plain = `${series}${number}`
    // Its compatibility form would be the letters No.
    .replaceAll('№', '')
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
  return [...plain].map((letter) => lookAlikes[letter] ?? letter).join('');
}
