-- Version 6. Somebody may be signed in in a browser for requests of apps beside being remembered there,
-- and it is kept since when sessions of passwords are there.

CREATE TABLE device_account_next (
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  request BLOB NOT NULL,             -- the one request that it is good for; empty: any
  signed_in_at INTEGER NOT NULL,
  expires_at INTEGER,                -- NULL: the browser is to remember it
  PRIMARY KEY (account, device, request)
) STRICT, WITHOUT ROWID;
INSERT INTO device_account_next (account, device, request, signed_in_at, expires_at)
  SELECT account, device, coalesce(request, x''), signed_in_at, expires_at FROM device_account;
DROP TABLE device_account;
ALTER TABLE device_account_next RENAME TO device_account;
CREATE INDEX device_account_of ON device_account (device);
CREATE INDEX device_account_expiring ON device_account (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE refresh_token ADD COLUMN began_at INTEGER; -- NULL: before this version
