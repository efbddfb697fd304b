//! Listing the repositories that are here.

use syntax::{Cid, Did, Nsid, Tid};

use crate::account::{AccountState, Status};
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A repository in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedRepo {
    /// Its place in the list, after which the next part begins.
    pub place: u64,
    /// Whose it is.
    pub did: Did,
    /// The revision.
    pub rev: Tid,
    /// The commit's CID.
    pub commit: Cid,
    /// Whether it can be had.
    pub status: Status,
}

impl Tx<'_> {
    /// Lists repositories after a place, in the order in which their accounts were made.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn hosted_repos(&mut self, after: u64, count_max: u64) -> Result<Vec<HostedRepo>, Error> {
        self.query_all(
            "SELECT a.id, a.did, r.rev, r.head, a.deactivated_at, a.suspended_at, a.takedown_ref
             FROM account AS a JOIN repo AS r ON r.account = a.id AND r.current = 1
             WHERE a.id > $1 ORDER BY a.id LIMIT $2",
            &[Value::Int(int(after)), Value::Int(int(count_max))],
            |row| {
                let state = AccountState {
                    deactivated_at: row.opt_uint(4)?,
                    delete_after: None,
                    suspended_at: row.opt_uint(5)?,
                    takedown_ref: row.opt_text(6)?,
                };
                Ok(HostedRepo {
                    place: row.uint(0)?,
                    did: row.did(1)?,
                    rev: row.tid(2)?,
                    commit: row.cid(3)?,
                    status: state.status(),
                })
            },
        )
    }

    /// Returns those of the next accounts after a place that are active and have records in a
    /// collection, with their places, and the place up to which it was looked; `None` if there are
    /// no accounts after that.
    ///
    /// Each account costs one step down a tree, so that `accounts_max` bounds the work, whatever is
    /// in the repositories.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn repos_with_collection(
        &mut self,
        collection: &Nsid,
        after: u64,
        accounts_max: u64,
        count_max: u64,
    ) -> Result<(Vec<Did>, Option<u64>), Error> {
        let last = self.query_one(
            "SELECT max(id) FROM (SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT $2)",
            &[Value::Int(int(after)), Value::Int(int(accounts_max))],
            |row| row.opt_uint(0),
        )?;
        let Some(last) = last else { return Ok((Vec::new(), None)) };
        // A slash ends the collection's name, and a zero comes next after a slash.
        let (from, to) = (format!("{collection}/"), format!("{collection}0"));
        let found = self.query_all(
            "SELECT a.id, a.did FROM account AS a
             JOIN repo AS r ON r.account = a.id AND r.current = 1 AND r.active = 1
             WHERE a.id > $1 AND a.id <= $2 AND EXISTS
               (SELECT 1 FROM record WHERE repo = r.id AND path >= $3 AND path < $4)
             ORDER BY a.id LIMIT $5",
            &[
                Value::Int(int(after)),
                Value::Int(int(last)),
                Value::Text(&from),
                Value::Text(&to),
                Value::Int(int(count_max)),
            ],
            |row| Ok((row.uint(0)?, row.did(1)?)),
        )?;
        let is_full = u64::try_from(found.len()).is_ok_and(|count| count == count_max);
        let place = found.last().filter(|_| is_full).map_or(last, |(place, _)| *place);
        Ok((found.into_iter().map(|(_, did)| did).collect(), Some(place)))
    }
}
