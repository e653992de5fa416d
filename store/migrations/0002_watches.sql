-- Watched folders and mass backfill. Paths are the file system's own bytes, which need not be UTF-8.
-- `dev` and `inode` are the folder's when it was last looked at; an alarm is the error that stands in the way now.
CREATE TABLE watch(
  id INTEGER PRIMARY KEY, directory BLOB NOT NULL UNIQUE, tenant TEXT NOT NULL, options TEXT NOT NULL, paused INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,
  scanned INTEGER, taken INTEGER NOT NULL DEFAULT 0, alarm_code TEXT, alarm TEXT, alarm_at INTEGER) STRICT;
-- What became of a file, as it was then: `path` is below the folder, times are nanoseconds of the file system. A file that looks the same is not taken again.
CREATE TABLE seen(
  watch INTEGER NOT NULL, path BLOB NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN('taken','refused','unmoved')), doc TEXT, error_code TEXT, error TEXT, at INTEGER NOT NULL,
  PRIMARY KEY(watch,path)) STRICT, WITHOUT ROWID;
CREATE INDEX seen_trouble ON seen(watch,at) WHERE error_code IS NOT NULL;
-- A backfill is a job with a folder and a rate: `found` files were counted before it began; taken in by now, known before, and refused are so many.
CREATE TABLE backfill(
  job TEXT PRIMARY KEY, tenant TEXT NOT NULL, directory BLOB NOT NULL, rate INTEGER, paused INTEGER NOT NULL DEFAULT 0, found INTEGER NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0, known INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, began INTEGER NOT NULL, ended INTEGER) STRICT, WITHOUT ROWID;
CREATE INDEX backfill_began ON backfill(began);
