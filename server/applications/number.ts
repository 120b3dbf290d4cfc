// The number of an application on paper: `1001-20261122-3f9a1c`, its precinct, its day and the beginning of its id. Says nothing of a
// person. No two are alike: six digits meet again some day where a hundred applications are taken in, and then it has one more.

/** @param day `YYYY-MM-DD` @param id hexadecimal digits @param isTaken whether an application has that number */
export async function numberFor(
  precinct: string,
  day: string,
  id: string,
  isTaken: (number: string) => Promise<boolean>,
): Promise<string> {
  const digits = id.replaceAll('-', '');
  const beginning = (length: number) => `${precinct}-${day.replaceAll('-', '')}-${digits.slice(0, length)}`;
  let length = 6;
  while (length < digits.length && (await isTaken(beginning(length)))) length += 1;
  return beginning(length);
}
