-- Version 4. A second factor of signing in, handles that the operator keeps back, what operators and
-- moderators note and write, and how many bytes the blobs of an account have.

-- Whether a mailed code is asked for beside the password.
ALTER TABLE account ADD COLUMN email_auth_factor INTEGER NOT NULL DEFAULT 0;

-- What was written when invites were last allowed or forbidden.
ALTER TABLE account ADD COLUMN invite_note TEXT;

-- 1: the body is HTML, and goes by the moderators' mail server.
ALTER TABLE mail ADD COLUMN of_moderators INTEGER NOT NULL DEFAULT 0;

CREATE TABLE reserved_handle (
  handle TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- It was not counted before.
UPDATE account SET blob_bytes =
  (SELECT coalesce(sum(size), 0) FROM blob WHERE blob.account = account.id);
