-- Version 2. Accounts that move here, step by step.

-- A move. Whoever carries it out writes its journal; orders are what its owner wants of it.
CREATE TABLE move_job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  did TEXT NOT NULL,
  live INTEGER NOT NULL,             -- 1 until it has ended
  state TEXT NOT NULL,
  journal TEXT NOT NULL,             -- JSON
  secrets BLOB,                      -- sealed; NULL when they are not needed any more
  orders BLOB,                       -- sealed
  orders_count INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  run_at INTEGER NOT NULL,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX move_job_live ON move_job (did) WHERE live = 1;
CREATE INDEX move_job_of ON move_job (did, id);

-- What was done, in sentences. Nothing is ever changed in it.
CREATE TABLE move_note (
  job INTEGER NOT NULL REFERENCES move_job (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job, place)
) STRICT, WITHOUT ROWID;

-- What became of blobs on their way here.
CREATE TABLE move_blob (
  job INTEGER NOT NULL REFERENCES move_job (id) ON DELETE CASCADE,
  cid BLOB NOT NULL,
  size INTEGER NOT NULL,
  mime_type TEXT NOT NULL,           -- as the old host gave it
  loss TEXT,                         -- why it did not come
  attempts INTEGER NOT NULL,
  last_error TEXT,
  PRIMARY KEY (job, cid)
) STRICT, WITHOUT ROWID;
