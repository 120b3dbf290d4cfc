-- The log only grows, one seq after the other. The restricted roles (db/postgres/roles.ts) may not change it either; an
-- owner can drop a trigger, which the head file and the checkpoints held by others show.
CREATE FUNCTION kuzot_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION kuzot_refuse_change();
CREATE TRIGGER tile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tile
  FOR EACH STATEMENT EXECUTE FUNCTION kuzot_refuse_change();
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION kuzot_refuse_change();
CREATE TRIGGER cosignature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature
  FOR EACH STATEMENT EXECUTE FUNCTION kuzot_refuse_change();

-- Once per statement, over the rows it added: a batch of a thousand entries costs one check.
CREATE FUNCTION kuzot_entry_next() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE low bigint; high bigint; rows bigint;
BEGIN
  SELECT min(seq), max(seq), count(*) INTO low, high, rows FROM added;
  IF rows > 0 AND (high - low + 1 <> rows OR low <> coalesce((SELECT max(seq) + 1 FROM entry WHERE seq < low), 0)) THEN
    RAISE EXCEPTION 'entry seqs count without gaps' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entry_next AFTER INSERT ON entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION kuzot_entry_next();

CREATE FUNCTION kuzot_tile_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.idx <> coalesce((SELECT max(idx) + 1 FROM tile WHERE level = NEW.level), 0) OR length(NEW.hashes) <> 8192 THEN
    RAISE EXCEPTION 'tiles of a level count without gaps and are full' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER tile_next BEFORE INSERT ON tile FOR EACH ROW EXECUTE FUNCTION kuzot_tile_next();

CREATE FUNCTION kuzot_checkpoint_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size <= coalesce((SELECT max(size) FROM checkpoint), -1)
    OR NEW.size > coalesce((SELECT max(seq) + 1 FROM entry), 0) THEN
    RAISE EXCEPTION 'checkpoint sizes grow and never pass the log' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION kuzot_checkpoint_next();

CREATE FUNCTION kuzot_cosignature_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cosignature WHERE size = NEW.size AND witness = NEW.witness AND line <> NEW.line) THEN
    RAISE EXCEPTION 'a witness cosigns a size once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cosignature_next BEFORE INSERT ON cosignature FOR EACH ROW EXECUTE FUNCTION kuzot_cosignature_next();
