// `kuzot keys rotate --drill`: rotates the keys on a copy of the database, and proves that a backup made before the rotation can
// still be restored and opened after it. The database, its keys and its log stay as they are but for one entry, which says
// that the drill was held. Works beside a running server.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { copyDatabase } from '#db/copy.ts';
import { openReadOnly } from '#db/open.ts';
import { sqliteFault } from '#db/sqlite/copy.ts';
import type { Reader } from '#db/store.ts';
import { decryptFile, encryptFile } from '#server/backups/age.ts';
import { fileSha256 } from '#server/backups/service.ts';
import { openKeySource, recallSecret } from '#server/key-source.ts';
import { type Keys, loadKeys, versionedKinds } from '#server/keys.ts';
import { SealBroken } from '#server/lib/secrets.ts';
import { openAll } from '#server/sealing/rotate.ts';
import { enterAnywhere } from './backup.ts';
import { CommandFault, keyPlaceOf, type Place, sqlitePath } from './installation.ts';
import { rotateAll } from './keys.ts';
import { showProgress } from './progress.ts';

export async function runDrill(place: Place): Promise<number> {
  // Where the database has room. Of mode 0700, and gone when this ends: it holds voters in clear, and keys.
  const beside = sqlitePath(place.database);
  const dir = mkdtempSync(join(beside === null ? place.keysDir : dirname(beside), '.drill-'));
  const stop = () => {
    rmSync(dir, { recursive: true, force: true });
    process.exit(1);
  };
  process.once('SIGINT', stop);
  try {
    const file = (name: string) => join(dir, name);
    const backup = await backUp(place, file('copy.sqlite'), file('before.age'));
    const drilled: Place = { database: `sqlite:${file('copy.sqlite')}`, keysDir: file('keys') };
    copyKeys(place, drilled.keysDir);
    // The copy is never signed: its log would be another history under the same name.
    const { retired } = await rotateAll(drilled, versionedKinds, { over: { recovering: true } });
    const restored = file('restored.sqlite');
    const opened = await decryptFile(file('before.age'), restored, backup.identity);
    const fault = opened.kind === 'refused' ? opened.why : sqliteFault(restored);
    if (fault !== null) throw new CommandFault(1, 'The backup does not open.', fault);
    await expectClosed(restored, loadKeys(drilled.keysDir));
    for (const name of retired) recallSecret(drilled.keysDir, name);
    const values = await reading(restored, (reader) =>
      openAll(reader.system, loadKeys(drilled.keysDir).seal),
    );
    const entered = await enterAnywhere(place, {
      act: 'system.keys-rotate',
      artifact: await fileSha256(file('before.age')),
      detail: { entries: backup.entries, drill: true, values },
    });
    if (entered.kind === 'refused')
      throw new CommandFault(1, 'The drill was not recorded.', `${entered.says}.`);
    console.log(
      `The drill held: on a copy every key was changed; a backup from before, restored after it, opens with ` +
        `${retired.join(' and ')} (${values} values). Nothing of the database was changed.`,
    );
    return 0;
  } finally {
    process.off('SIGINT', stop);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function backUp(
  place: Place,
  copy: string,
  out: string,
): Promise<{ identity: string; entries: number }> {
  const progress = showProgress('copying');
  await copyDatabase(place.database, copy, Date.now(), progress.update).finally(progress.stop);
  const identities = [await generateX25519Identity(), await generateX25519Identity()] as const;
  await encryptFile(copy, out, await Promise.all(identities.map((one) => identityToRecipient(one))));
  const entries = await reading(copy, (_, counted) => counted);
  return { identity: identities[1], entries };
}

/** Secrets from wherever they are, and what names the log; not its head, nor what was retired. */
function copyKeys(place: Place, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  const source = openKeySource(keyPlaceOf(place), (fault) => {
    throw new CommandFault(2, fault, 'The drill needs the keys as the server does.');
  });
  const wanted =
    /^(origin|log-signing\.pem|log-policy|log-lineage|jwt\.key|pepper\.key|(seal|index)-\d+\.key)$/;
  for (const name of source.names().filter((one) => wanted.test(one)))
    writeFileSync(join(to, name), source.read(name)!, { mode: 0o600 });
}

/** Were the backup open without the retired keys, the rotation would have protected nothing. */
async function expectClosed(path: string, keys: Keys): Promise<void> {
  const opened = await reading(path, (reader) => openAll(reader.system, keys.seal)).catch(
    (error: unknown) => {
      if (error instanceof SealBroken) return 0;
      throw error;
    },
  );
  if (opened > 0)
    throw new CommandFault(
      1,
      'The backup opens without the old key.',
      'The keys were not changed: report this.',
    );
}

async function reading<T>(
  path: string,
  work: (reader: Reader, entries: number) => T | Promise<T>,
): Promise<T> {
  const store = await openReadOnly(`sqlite:${path}`);
  try {
    return await work(store.reader, (await store.log.counts()).entries);
  } finally {
    await store.close();
  }
}
