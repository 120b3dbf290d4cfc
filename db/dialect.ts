// Column helpers of one shape for both engines, so that every table and every query is written once. Rooms never see
// this file. The helpers of each engine stand in its own folder: whoever runs one engine need not load the other's.
import type { sqliteDialect } from './sqlite/dialect.ts';

export type Engine = 'sqlite' | 'postgres';

/** The shape both dialects share; queries are typed against the SQLite one. */
export type Dialect = typeof sqliteDialect;
