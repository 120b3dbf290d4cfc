-- The log only grows, one seq after the other. A determined owner of the file can drop a trigger; the head file and the
-- checkpoints held by others are what shows it. These keep every bug and every careless hand out.
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_next BEFORE INSERT ON entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'entry seqs count without gaps'); END;

CREATE TRIGGER tile_no_update BEFORE UPDATE ON tile BEGIN SELECT RAISE(ABORT, 'tile is append-only'); END;
CREATE TRIGGER tile_no_delete BEFORE DELETE ON tile BEGIN SELECT RAISE(ABORT, 'tile is append-only'); END;
CREATE TRIGGER tile_next BEFORE INSERT ON tile
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM tile WHERE level = NEW.level) OR length(NEW.hashes) <> 8192
BEGIN SELECT RAISE(ABORT, 'tiles of a level count without gaps and are full'); END;

CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint
WHEN NEW.size <= (SELECT coalesce(max(size), -1) FROM checkpoint)
  OR NEW.size > (SELECT coalesce(max(seq) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'checkpoint sizes grow and never pass the log'); END;

CREATE TRIGGER cosignature_no_update BEFORE UPDATE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignature is append-only'); END;
CREATE TRIGGER cosignature_no_delete BEFORE DELETE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignature is append-only'); END;
-- REPLACE removes rows without firing DELETE triggers on connections that leave recursive triggers off; `on conflict do
-- nothing` of a row that is there already stays allowed, since it changes nothing.
CREATE TRIGGER cosignature_next BEFORE INSERT ON cosignature
WHEN EXISTS (SELECT 1 FROM cosignature WHERE size = NEW.size AND witness = NEW.witness AND line <> NEW.line)
BEGIN SELECT RAISE(ABORT, 'a witness cosigns a size once'); END;
