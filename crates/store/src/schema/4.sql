-- Version 4. A second factor of signing in, and handles that the operator keeps back.

-- Whether a mailed code is asked for beside the password.
ALTER TABLE account ADD COLUMN email_auth_factor INTEGER NOT NULL DEFAULT 0;

CREATE TABLE reserved_handle (
  handle TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
