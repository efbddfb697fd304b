-- Version 3. What the directory says of the identities of accounts, and mail that is sent.

-- So that changes are noticed that were not made here.
CREATE TABLE identity_seen (
  account INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  operation BLOB NOT NULL,           -- the CID of the one in force
  is_here INTEGER NOT NULL,          -- whether it says that the account is here
  is_closed INTEGER NOT NULL,        -- whether the account was closed for what it said
  changed_at INTEGER NOT NULL        -- when the directory accepted it
) STRICT;
CREATE INDEX identity_seen_changed ON identity_seen (changed_at);

ALTER TABLE mail ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail ADD COLUMN run_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail ADD COLUMN last_error TEXT;
CREATE INDEX mail_due ON mail (run_at);
