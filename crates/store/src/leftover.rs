//! What is left of accounts that are gone: rows of their repositories, events, files of blobs.
//!
//! There may be much of it, so that it goes in pieces, each small enough not to keep others waiting.

use syntax::Did;

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// An account that is gone, and of which something may be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The number of its rows.
    pub account: AccountId,
    /// Its DID, which another account may have by now.
    pub did: Did,
}

/// What deletes rows of a repository that is gone.
const DELETIONS: [&str; 4] = [
    "DELETE FROM record_subject WHERE repo = $1 AND (subject, path) IN
       (SELECT subject, path FROM record_subject WHERE repo = $1 LIMIT $2)",
    "DELETE FROM record_blob WHERE repo = $1 AND (cid, path) IN
       (SELECT cid, path FROM record_blob WHERE repo = $1 LIMIT $2)",
    "DELETE FROM node WHERE repo = $1 AND (tier, lo, layer) IN
       (SELECT tier, lo, layer FROM node WHERE repo = $1 LIMIT $2)",
    "DELETE FROM record WHERE repo = $1 AND path IN
       (SELECT path FROM record WHERE repo = $1 LIMIT $2)",
];

impl Tx<'_> {
    /// Notes what will be left of an account that is about to be deleted.
    pub(crate) fn note_leftovers(&mut self, account: AccountId) -> Result<(), Error> {
        let id = [Value::Int(account.0)];
        self.execute(
            "INSERT INTO leftover_repo (repo) SELECT id FROM repo WHERE account = $1",
            &id,
        )?;
        self.execute(
            "INSERT INTO leftover_account (account, did) SELECT id, did FROM account WHERE id = $1",
            &id,
        )?;
        Ok(())
    }

    /// Deletes up to so many rows of repositories that are gone, and returns how many.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_leftover_rows(&mut self, count_max: u64) -> Result<usize, Error> {
        let mut deleted = 0;
        let mut left = count_max;
        while left > 0 {
            let repo =
                self.query_opt("SELECT min(repo) FROM leftover_repo", &[], |row| row.opt_int(0))?;
            let Some(repo) = repo.flatten() else { break };
            for sql in DELETIONS {
                let rows = self.execute(sql, &[Value::Int(repo), Value::Int(int(left))])?;
                deleted += rows;
                left = left.saturating_sub(u64::try_from(rows).unwrap_or(u64::MAX));
            }
            if left > 0 {
                self.execute("DELETE FROM leftover_repo WHERE repo = $1", &[Value::Int(repo)])?;
            }
        }
        Ok(deleted)
    }

    /// Returns an account that is gone and of which something may be left.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn leftover(&mut self) -> Result<Option<Leftover>, Error> {
        let sql = "SELECT account, did FROM leftover_account ORDER BY account LIMIT 1";
        self.query_opt(sql, &[], |row| {
            Ok(Leftover { account: AccountId(row.int(0)?), did: row.did(1)? })
        })
    }

    /// Says that nothing is left of an account that is gone.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn forget_leftover(&mut self, account: AccountId) -> Result<(), Error> {
        let sql = "DELETE FROM leftover_account WHERE account = $1";
        self.execute(sql, &[Value::Int(account.0)])?;
        Ok(())
    }
}
