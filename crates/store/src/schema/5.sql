-- Version 5. Apps that were let in by OAuth, and the browsers in which people are signed in. Of
-- tokens and secrets only hashes are kept.

-- A browser. It shows a secret, which changes whenever somebody signs in or out there.
CREATE TABLE device (
  id BLOB PRIMARY KEY,
  secret BLOB NOT NULL,
  former_secret BLOB,                -- good for a moment after the change
  changed_at INTEGER NOT NULL,
  user_agent TEXT NOT NULL,
  ip TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_seen ON device (seen_at);

-- Who is signed in in which browser.
CREATE TABLE device_account (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  signed_in_at INTEGER NOT NULL,
  request BLOB,                      -- the one request that it is good for
  expires_at INTEGER,                -- NULL: the browser is to remember it
  PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_account_of ON device_account (device);
CREATE INDEX device_account_expiring ON device_account (expires_at) WHERE expires_at IS NOT NULL;

-- What an app asks for, until it has got tokens for it.
CREATE TABLE oauth_request (
  id BLOB PRIMARY KEY,
  request TEXT NOT NULL,             -- JSON
  device BLOB,                       -- the browser that has come with it
  opened_at INTEGER,                 -- when that was
  expires_at INTEGER NOT NULL,
  code BLOB UNIQUE,                  -- what its owner's agreement was answered with
  account INTEGER REFERENCES account (id) ON DELETE CASCADE,
  scope TEXT                         -- what its owner has agreed to
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_request_expiring ON oauth_request (expires_at);
CREATE INDEX oauth_request_of ON oauth_request (account) WHERE account IS NOT NULL;

-- An app that was let in.
CREATE TABLE oauth_session (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  id BLOB NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  auth TEXT NOT NULL,                -- how the app proves who it is; JSON
  jkt BLOB NOT NULL,                 -- the thumbprint of its key
  scope TEXT NOT NULL,               -- what was agreed to
  expanded TEXT NOT NULL,            -- the same without names of permission sets
  device BLOB,                       -- the browser in which it was agreed to
  code BLOB NOT NULL UNIQUE,
  access BLOB NOT NULL UNIQUE,       -- which access token is good
  refresh BLOB NOT NULL,
  former_refresh BLOB,               -- whose place the good one has taken
  created_at INTEGER NOT NULL,
  refreshed_at INTEGER NOT NULL,
  refresh_ends_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- What somebody has agreed to that an app may do, for the next time that it asks.
CREATE TABLE oauth_agreement (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  agreed_at INTEGER NOT NULL,
  PRIMARY KEY (account, client_id)
) STRICT, WITHOUT ROWID;

-- What is good once: tokens by which apps have proven who they are, and challenges for codes.
CREATE TABLE oauth_assertion (
  hash BLOB PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_assertion_expiring ON oauth_assertion (expires_at);
