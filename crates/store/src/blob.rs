//! What is known of blobs: which account has which, and which records refer to them. Their bytes
//! are in [`crate::Blobs`].

use repo::data::{Limits, blob, cbor};
use repo::mst::Key;
use syntax::{Cid, Tid};

use crate::account::AccountId;
use crate::error::Error;
use crate::repo::{BlobFault, BlobUse, CommitError, RepoId};
use crate::tx::{Row, Tx, Value, int};

/// How long a blob is kept that no record refers to, in milliseconds: between uploading it and
/// writing the record, and after the last record is gone, while its address may be in use.
const UNREFERENCED_MS: u64 = 6 * 60 * 60 * 1000;

/// Types that uploads have whose sender did not know better.
const SAYS_NOTHING: [&str; 3] = ["*/*", "application/octet-stream", "binary/octet-stream"];

/// A blob whose bytes an account has uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its CID.
    pub cid: Cid,
    /// Its MIME type.
    pub mime_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it goes, if no record refers to it by then.
    pub expires_at: Option<u64>,
    /// Why the host took it down.
    pub takedown_ref: Option<String>,
}

/// A blob that a record refers to and whose bytes are not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingBlob {
    /// The blob.
    pub cid: Cid,
    /// One of the records that refer to it.
    pub path: Key,
}

impl Tx<'_> {
    /// Returns an account's blob.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn blob(&mut self, account: AccountId, cid: &Cid) -> Result<Option<Blob>, Error> {
        self.query_opt(
            "SELECT b.cid, b.mime_type, b.size, b.expires_at, t.takedown_ref
             FROM blob AS b LEFT JOIN blob_takedown AS t USING (account, cid)
             WHERE b.account = $1 AND b.cid = $2",
            &[Value::Int(account.0), Value::Blob(&cid.to_bytes())],
            |row| {
                Ok(Blob {
                    cid: row.cid(0)?,
                    mime_type: row.text(1)?,
                    size: row.uint(2)?,
                    expires_at: row.opt_uint(3)?,
                    takedown_ref: row.opt_text(4)?,
                })
            },
        )
    }

    /// Keeps a blob whose bytes are in their place. It expires unless a record refers to it, as
    /// records may already do. Returns how many bytes the account's blobs have now, if it is a new one.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn put_blob(
        &mut self,
        account: AccountId,
        cid: &Cid,
        mime_type: &str,
        size: u64,
    ) -> Result<Option<u64>, Error> {
        let now_ms = self.now_ms();
        let bytes = cid.to_bytes();
        let is_new = self.blob(account, cid)?.is_none();
        let referenced = self.query_opt(
            "SELECT r.id FROM record_blob AS u JOIN repo AS r ON r.id = u.repo
             WHERE r.account = $1 AND r.current = 1 AND u.cid = $2 LIMIT 1",
            &[Value::Int(account.0), Value::Blob(&bytes)],
            |row| Ok(RepoId(row.int(0)?)),
        )?;
        let (expires_at, mime_type) = match referenced {
            Some(repo) => (Value::Null, self.best_type(repo, cid, mime_type.to_owned())?),
            None => (Value::Int(int(now_ms + UNREFERENCED_MS)), mime_type.to_owned()),
        };
        self.execute(
            "INSERT INTO blob (account, cid, mime_type, size, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account, cid) DO UPDATE SET
               mime_type = CASE WHEN expires_at IS NULL THEN mime_type
                                ELSE excluded.mime_type END,
               expires_at = CASE WHEN expires_at IS NULL THEN NULL ELSE excluded.expires_at END",
            &[
                Value::Int(account.0),
                Value::Blob(&bytes),
                Value::Text(&mime_type),
                Value::Int(int(size)),
                Value::Int(int(now_ms)),
                expires_at,
            ],
        )?;
        if !is_new {
            return Ok(None);
        }
        let counted = self.query_one(
            "UPDATE account SET blob_bytes = blob_bytes + $1 WHERE id = $2 RETURNING blob_bytes",
            &[Value::Int(int(size)), Value::Int(account.0)],
            |row| row.uint(0),
        )?;
        Ok(Some(counted))
    }

    /// Notes that a record refers to a blob, which must be here and as the reference says.
    pub(crate) fn use_blob(
        &mut self,
        account: AccountId,
        repo: RepoId,
        usage: &BlobUse,
    ) -> Result<(), CommitError> {
        let refuse = |fault| CommitError::Blob { cid: usage.cid, fault };
        let blob = self.blob(account, &usage.cid)?.filter(|blob| blob.takedown_ref.is_none());
        let blob = blob.ok_or_else(|| refuse(BlobFault::Missing))?;
        // Of one that records refer to already, what they say of it has been taken as it is.
        if blob.expires_at.is_some() {
            if blob.mime_type != usage.mime_type {
                return Err(refuse(BlobFault::MimeType(blob.mime_type)));
            }
            if blob.size != usage.size {
                return Err(refuse(BlobFault::Size(blob.size)));
            }
        }
        let cid = usage.cid.to_bytes();
        if blob.expires_at.is_some() {
            self.execute(
                "UPDATE blob SET expires_at = NULL WHERE account = $1 AND cid = $2",
                &[Value::Int(account.0), Value::Blob(&cid)],
            )?;
        }
        self.execute(
            "INSERT OR IGNORE INTO record_blob (repo, cid, path) VALUES ($1, $2, $3)",
            &[Value::Int(repo.0), Value::Blob(&cid), Value::Text(usage.path.as_str())],
        )?;
        Ok(())
    }

    /// Notes that a record no longer refers to a blob, which expires if no other does.
    pub(crate) fn drop_blob_use(
        &mut self,
        account: AccountId,
        repo: RepoId,
        path: &Key,
        cid: &Cid,
    ) -> Result<(), Error> {
        let expires_at = self.now_ms() + UNREFERENCED_MS;
        let cid = cid.to_bytes();
        self.execute(
            "DELETE FROM record_blob WHERE repo = $1 AND cid = $2 AND path = $3",
            &[Value::Int(repo.0), Value::Blob(&cid), Value::Text(path.as_str())],
        )?;
        self.execute(
            "UPDATE blob SET expires_at = $1
             WHERE account = $2 AND cid = $3 AND NOT EXISTS
               (SELECT 1 FROM record_blob AS u WHERE u.repo = $4 AND u.cid = $3)",
            &[
                Value::Int(int(expires_at)),
                Value::Int(account.0),
                Value::Blob(&cid),
                Value::Int(repo.0),
            ],
        )?;
        Ok(())
    }

    /// Makes blobs stay that records of a repository refer to, and others of the account expire.
    pub(crate) fn mark_blobs(&mut self, account: AccountId, repo: RepoId) -> Result<(), Error> {
        let expires_at = int(self.now_ms() + UNREFERENCED_MS);
        let used = self.query_all(
            "SELECT cid, mime_type FROM blob WHERE account = $1 AND expires_at IS NOT NULL
               AND EXISTS (SELECT 1 FROM record_blob AS u WHERE u.repo = $2 AND u.cid = blob.cid)",
            &[Value::Int(account.0), Value::Int(repo.0)],
            |row| Ok((row.cid(0)?, row.text(1)?)),
        )?;
        for (cid, mime_type) in used {
            let mime_type = self.best_type(repo, &cid, mime_type)?;
            self.execute(
                "UPDATE blob SET expires_at = NULL, mime_type = $1 WHERE account = $2 AND cid = $3",
                &[Value::Text(&mime_type), Value::Int(account.0), Value::Blob(&cid.to_bytes())],
            )?;
        }
        self.execute(
            "UPDATE blob SET expires_at = $1 WHERE account = $2 AND expires_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM record_blob AS u WHERE u.repo = $3 AND u.cid = blob.cid)",
            &[Value::Int(expires_at), Value::Int(account.0), Value::Int(repo.0)],
        )?;
        Ok(())
    }

    /// Returns a blob's type, or the one that a record gives it: if the first says nothing, or says
    /// the same with more words, as hosts add the charset to what they send.
    fn best_type(&mut self, repo: RepoId, cid: &Cid, mime_type: String) -> Result<String, Error> {
        let says_nothing = SAYS_NOTHING.contains(&mime_type.as_str());
        let short = mime_type.split_once(';').map(|(short, _)| short.trim_end().to_owned());
        if !says_nothing && short.is_none() {
            return Ok(mime_type);
        }
        let record = self.query_opt(
            "SELECT r.bytes FROM record_blob AS u
             JOIN record AS r ON r.repo = u.repo AND r.path = u.path
             WHERE u.repo = $1 AND u.cid = $2 LIMIT 1",
            &[Value::Int(repo.0), Value::Blob(&cid.to_bytes())],
            |row| row.blob(0),
        )?;
        let value = record.and_then(|record| cbor::decode_lenient(&record, &Limits::FOREIGN).ok());
        let said = value
            .and_then(|value| blob::find(&value.value).into_iter().find(|blob| blob.cid == *cid));
        let said = said.map(|blob| blob.mime_type);
        Ok(said.filter(|said| says_nothing || Some(said) == short.as_ref()).unwrap_or(mime_type))
    }

    /// Lists the blobs that records of a repository refer to, by CID after one, whether or not
    /// their bytes are here. With `since`, only those of records that are newer.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn referenced_blobs(
        &mut self,
        repo: RepoId,
        since: Option<Tid>,
        after: Option<&Cid>,
        count_max: u64,
    ) -> Result<Vec<Cid>, Error> {
        let after = after.map(|cid| cid.to_bytes());
        let since = since.map_or(-1, |since| int(since.to_u64()));
        self.query_all(
            "SELECT DISTINCT u.cid FROM record_blob AS u
             JOIN record AS r ON r.repo = u.repo AND r.path = u.path
             WHERE u.repo = $1 AND u.cid > $2 AND r.rev > $3 ORDER BY u.cid LIMIT $4",
            &[
                Value::Int(repo.0),
                Value::Blob(after.as_ref().map_or(&[], |cid| cid)),
                Value::Int(since),
                Value::Int(int(count_max)),
            ],
            |row| row.cid(0),
        )
    }

    /// Lists the blobs that records refer to and whose bytes are not here, by CID after one.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn missing_blobs(
        &mut self,
        account: AccountId,
        repo: RepoId,
        after: Option<&Cid>,
        count_max: u64,
    ) -> Result<Vec<MissingBlob>, Error> {
        let after = after.map(|cid| cid.to_bytes());
        self.query_all(
            "SELECT u.cid, min(u.path) FROM record_blob AS u
             WHERE u.repo = $1 AND u.cid > $2 AND NOT EXISTS
               (SELECT 1 FROM blob AS b WHERE b.account = $3 AND b.cid = u.cid)
             GROUP BY u.cid ORDER BY u.cid LIMIT $4",
            &[
                Value::Int(repo.0),
                Value::Blob(after.as_ref().map_or(&[], |cid| cid)),
                Value::Int(account.0),
                Value::Int(int(count_max)),
            ],
            |row| {
                let path = Key::parse(&row.text(1)?).map_err(|_| Error::Malformed("path"))?;
                Ok(MissingBlob { cid: row.cid(0)?, path })
            },
        )
    }

    /// Returns how many bytes an account's blobs have.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the account is gone.
    pub fn blob_bytes(&mut self, account: AccountId) -> Result<u64, Error> {
        let sql = "SELECT blob_bytes FROM account WHERE id = $1";
        self.query_one(sql, &[Value::Int(account.0)], |row| row.uint(0))
    }

    /// Returns how many blobs records refer to, and how many of them are here.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn count_blobs(&mut self, account: AccountId, repo: RepoId) -> Result<(u64, u64), Error> {
        let count = |row: &Row<'_>| row.uint(0);
        let sql = "SELECT count(DISTINCT cid) FROM record_blob WHERE repo = $1";
        let referenced = self.query_one(sql, &[Value::Int(repo.0)], count)?;
        let sql = "SELECT count(*) FROM blob WHERE account = $1 AND expires_at IS NULL";
        Ok((referenced, self.query_one(sql, &[Value::Int(account.0)], count)?))
    }

    /// Takes a blob down, or puts it up again. It need not be here: then it cannot be uploaded.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_blob_takedown(
        &mut self,
        account: AccountId,
        cid: &Cid,
        takedown_ref: Option<&str>,
    ) -> Result<(), Error> {
        let cid = cid.to_bytes();
        let values = [Value::Int(account.0), Value::Blob(&cid)];
        self.execute("DELETE FROM blob_takedown WHERE account = $1 AND cid = $2", &values)?;
        if let Some(takedown_ref) = takedown_ref {
            self.execute(
                "INSERT INTO blob_takedown (account, cid, takedown_ref) VALUES ($1, $2, $3)",
                &[Value::Int(account.0), Value::Blob(&cid), Value::Text(takedown_ref)],
            )?;
        }
        Ok(())
    }

    /// Returns why the host took a blob down, if it did.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn blob_takedown(
        &mut self,
        account: AccountId,
        cid: &Cid,
    ) -> Result<Option<String>, Error> {
        self.query_opt(
            "SELECT takedown_ref FROM blob_takedown WHERE account = $1 AND cid = $2",
            &[Value::Int(account.0), Value::Blob(&cid.to_bytes())],
            |row| row.text(0),
        )
    }

    /// Deletes the rows of blobs that have expired, up to so many, and returns whose they were. The
    /// caller removes the bytes afterwards.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_expired_blobs(&mut self, count_max: u64) -> Result<Vec<(AccountId, Cid)>, Error> {
        let values = [Value::Int(int(self.now_ms())), Value::Int(int(count_max))];
        let expired = self.query_all(
            "SELECT account, cid FROM blob
             WHERE expires_at IS NOT NULL AND expires_at <= $1 LIMIT $2",
            &values,
            |row| Ok((AccountId(row.int(0)?), row.cid(1)?)),
        )?;
        for (account, cid) in &expired {
            let values = [Value::Int(account.0), Value::Blob(&cid.to_bytes())];
            self.execute(
                "UPDATE account SET blob_bytes = blob_bytes -
                   (SELECT size FROM blob WHERE account = $1 AND cid = $2) WHERE id = $1",
                &values,
            )?;
            self.execute("DELETE FROM blob WHERE account = $1 AND cid = $2", &values)?;
        }
        Ok(expired)
    }
}
