// The query builder's only door. Its package.json is 178 KB, and Node reads all of it again for every file that names the
// package: with thirty of them that was a twentieth of a start.
export * from 'drizzle-orm';
