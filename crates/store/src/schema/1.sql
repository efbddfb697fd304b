-- Version 1. Every table that grows with use begins its key with the account or the repository, so
-- that what belongs together lies together, and so that accounts could be spread over files.
-- Times are milliseconds since 1970, revisions are TIDs as numbers, CIDs are their 36 bytes.

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  did TEXT NOT NULL UNIQUE,
  handle TEXT UNIQUE,
  email TEXT,
  email_key TEXT UNIQUE,             -- in lower case
  email_confirmed_at INTEGER,
  password TEXT,                     -- a PHC string; NULL: no sign-in by password
  created_at INTEGER NOT NULL,
  deactivated_at INTEGER,
  delete_after INTEGER,
  suspended_at INTEGER,
  takedown_ref TEXT,
  invited_by TEXT,
  invites_disabled INTEGER NOT NULL DEFAULT 0,
  signing_key BLOB NOT NULL,         -- sealed
  blob_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX account_to_delete ON account (delete_after) WHERE delete_after IS NOT NULL;

-- An account's repository. An import fills another one, and the account changes over to it.
CREATE TABLE repo (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  current INTEGER NOT NULL,          -- 1 for the one that is served
  active INTEGER NOT NULL,           -- 1 while the account may write
  rev INTEGER NOT NULL,
  head BLOB NOT NULL,
  block BLOB NOT NULL,               -- the commit
  data BLOB NOT NULL,
  layer INTEGER NOT NULL,            -- of the tree's root
  records INTEGER NOT NULL,
  record_bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX repo_of_account ON repo (account) WHERE current = 1;

CREATE TABLE record (
  repo INTEGER NOT NULL,
  path TEXT NOT NULL,
  cid BLOB NOT NULL,
  rev INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (repo, path)
) STRICT, WITHOUT ROWID;

-- The tree's nodes by their place. Scanning goes in the order of a CAR file.
CREATE TABLE node (
  repo INTEGER NOT NULL,
  lo TEXT NOT NULL,                  -- the key just left, empty at the left edge
  layer INTEGER NOT NULL,
  cid BLOB NOT NULL,
  rev INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (repo, lo, layer DESC)
) STRICT, WITHOUT ROWID;

-- Which records refer to which blobs.
CREATE TABLE record_blob (
  repo INTEGER NOT NULL,
  cid BLOB NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (repo, cid, path)
) STRICT, WITHOUT ROWID;

-- Likes, reposts, follows and blocks by what they are about: a hash of collection and subject.
CREATE TABLE record_subject (
  repo INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (repo, subject, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_takedown (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  takedown_ref TEXT NOT NULL,
  PRIMARY KEY (account, path)
) STRICT, WITHOUT ROWID;

-- The bytes of blobs that we have. Those that no record refers to expire.
CREATE TABLE blob (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  cid BLOB NOT NULL,
  mime_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,                -- NULL while a record refers to it
  PRIMARY KEY (account, cid)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_expiring ON blob (expires_at) WHERE expires_at IS NOT NULL;

-- Takedowns outlive the blob, so that it cannot be uploaded again.
CREATE TABLE blob_takedown (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  cid BLOB NOT NULL,
  takedown_ref TEXT NOT NULL,
  PRIMARY KEY (account, cid)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  frame BLOB NOT NULL
) STRICT;

CREATE TABLE app_password (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  password TEXT NOT NULL,            -- a PHC string
  privileged INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE refresh_token (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  id TEXT NOT NULL,                  -- the token's jti
  expires_at INTEGER NOT NULL,
  next_id TEXT,                      -- what it was exchanged for
  app_password TEXT,                 -- the name of the one it came from
  PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- Tokens that were mailed: one for each account and purpose.
CREATE TABLE email_token (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account, purpose)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX email_token_by_token ON email_token (purpose, token);

-- Mail that waits to be sent, or, in development, to be read.
CREATE TABLE mail (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE invite_code (
  code TEXT PRIMARY KEY,
  available INTEGER NOT NULL,        -- how often it can be used in all
  disabled INTEGER NOT NULL,
  for_account TEXT NOT NULL,         -- a DID, or admin
  created_by TEXT NOT NULL,          -- a DID, or admin
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_code_for ON invite_code (for_account);

CREATE TABLE invite_use (
  code TEXT NOT NULL REFERENCES invite_code (code) ON DELETE CASCADE,
  used_by TEXT NOT NULL,             -- a DID
  used_at INTEGER NOT NULL,
  PRIMARY KEY (code, used_by)
) STRICT, WITHOUT ROWID;

-- Keys that were promised to accounts that are still to come.
CREATE TABLE reserved_key (
  did_key TEXT PRIMARY KEY,
  did TEXT UNIQUE,
  signing_key BLOB NOT NULL,         -- sealed
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE preference (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  name TEXT NOT NULL,                -- the preference's $type
  json TEXT NOT NULL,
  PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;

-- Work that has to be done though the program may end in between.
CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,             -- what it is about; one job of a kind for each
  payload TEXT NOT NULL,             -- JSON
  run_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  UNIQUE (kind, subject)
) STRICT;
CREATE INDEX job_due ON job (run_at);

-- What is left of accounts and repositories that are gone; it goes in pieces.
CREATE TABLE leftover_account (account INTEGER PRIMARY KEY, did TEXT NOT NULL) STRICT;
CREATE TABLE leftover_repo (repo INTEGER PRIMARY KEY) STRICT;

-- Values that there is one of.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The embedded PLC directory.
CREATE TABLE plc_operation (
  did TEXT NOT NULL,
  place INTEGER NOT NULL,            -- in the DID's log
  seq INTEGER NOT NULL UNIQUE,       -- in the directory
  cid TEXT NOT NULL,
  operation TEXT NOT NULL,           -- JSON
  nullified INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (did, place)
) STRICT, WITHOUT ROWID;
