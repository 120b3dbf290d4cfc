/**
 * The shapes of the synthetic country: commissions, voters, names. Field names of `VoterRow` are the columns
 * of the voters file, so a row is written as it stands. Nothing here may describe a real person.
 */

export type CommissionLevel = 'CEC' | 'DEC' | 'TEC' | 'PEC';

export interface Commission {
  code: string;
  level: CommissionLevel;
  /** Code of the commission above; null only for the central one. */
  parent: string | null;
  nameKy: string;
  nameRu: string;
  nameEn: string;
  address: string;
}

export type Sex = 'F' | 'M';

export interface VoterRow {
  /** 14 digits: 1 female or 2 male, DDMMYYYY, then 5 digits. */
  pin: string;
  surname: string;
  given_name: string;
  /** Empty for those who write «… уулу» or «… кызы» as their surname. */
  patronymic: string;
  /** YYYY-MM-DD. */
  birth_date: string;
  sex: Sex;
  address: string;
  /** Code of a PEC. */
  precinct: string;
}

export interface PersonName {
  surname: string;
  givenName: string;
  patronymic: string;
  sex: Sex;
}
