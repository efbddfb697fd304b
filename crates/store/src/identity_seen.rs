//! What the directory was seen to say of accounts' identities.

use syntax::{Cid, Did};

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// What was seen of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentitySeen {
    /// The operation that was in force.
    pub operation: Cid,
    /// Whether it says that the account is here.
    pub is_here: bool,
    /// Whether the account was closed for what it said.
    pub is_closed: bool,
    /// When the directory accepted it, in milliseconds since 1970.
    pub changed_at_ms: u64,
}

/// An account whose identity is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The account.
    pub account: AccountId,
    /// Its DID.
    pub did: Did,
    /// Whether it is active.
    pub is_active: bool,
    /// What was seen when it was last looked at.
    pub seen: Option<IdentitySeen>,
}

/// Accounts that are served, and those that would be but for what their identities said.
const WATCHED: &str = "SELECT a.id, a.did, a.deactivated_at IS NULL, i.operation, i.is_here,
                              i.is_closed, i.changed_at
                       FROM account a LEFT JOIN identity_seen i ON i.account = a.id
                       WHERE a.did GLOB 'did:plc:*' AND a.suspended_at IS NULL
                         AND a.takedown_ref IS NULL
                         AND (a.deactivated_at IS NULL OR i.is_closed = 1)";

fn read(row: &Row<'_>) -> Result<Watched, Error> {
    let seen = match row.opt_int(6)? {
        None => None,
        Some(_) => Some(IdentitySeen {
            operation: row.cid(3)?,
            is_here: row.bool(4)?,
            is_closed: row.bool(5)?,
            changed_at_ms: row.uint(6)?,
        }),
    };
    let (account, is_active) = (AccountId(row.int(0)?), row.bool(2)?);
    Ok(Watched { account, did: row.did(1)?, is_active, seen })
}

impl Tx<'_> {
    /// Returns accounts of did:plc after a number, up to so many, whose identities are to be looked
    /// at.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn watched_after(&mut self, id: AccountId, count_max: u64) -> Result<Vec<Watched>, Error> {
        let sql = format!("{WATCHED} AND a.id > $1 ORDER BY a.id LIMIT $2");
        self.query_all(&sql, &[Value::Int(id.0), Value::Int(int(count_max))], read)
    }

    /// Returns those whose identities have changed since a time, the latest first, up to so many.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn watched_since(&mut self, at_ms: u64, count_max: u64) -> Result<Vec<Watched>, Error> {
        let sql = format!("{WATCHED} AND i.changed_at >= $1 ORDER BY i.changed_at DESC LIMIT $2");
        self.query_all(&sql, &[Value::Int(int(at_ms)), Value::Int(int(count_max))], read)
    }

    /// Notes what was seen of an account's identity.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn note_identity(&mut self, account: AccountId, seen: &IdentitySeen) -> Result<(), Error> {
        self.execute(
            "INSERT INTO identity_seen (account, operation, is_here, is_closed, changed_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account) DO UPDATE SET operation = excluded.operation,
               is_here = excluded.is_here, is_closed = excluded.is_closed,
               changed_at = excluded.changed_at",
            &[
                Value::Int(account.0),
                Value::Blob(&seen.operation.to_bytes()),
                Value::from(seen.is_here),
                Value::from(seen.is_closed),
                Value::Int(int(seen.changed_at_ms)),
            ],
        )?;
        Ok(())
    }
}
