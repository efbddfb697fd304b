//! Listing the repositories that are here.

use syntax::{Cid, Did, Tid};

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
}
