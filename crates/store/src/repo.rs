//! Repositories: heads, commits, records, exports.
//!
//! This is the hot path. Its statements are written for one database each and cached.

mod base;
mod blocks;
mod check;
mod commit;
mod create;
mod export;
mod hosted;
mod import;
mod nodes;
mod proof;
mod record;

use bytes::Bytes;
use syntax::{Cid, Tid};

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value};

pub(crate) use crate::repo::import::abandon_imports;

pub use crate::repo::base::FormerRepo;
pub use crate::repo::check::{CheckReport, Disagreement};
pub use crate::repo::commit::{BlobFault, BlobUse, CommitError, Committed, RepoCommit};
pub use crate::repo::create::FirstCommit;
pub use crate::repo::export::ExportError;
pub use crate::repo::hosted::HostedRepo;
pub use crate::repo::import::{ImportHead, ImportRecord, SwitchError};
pub use crate::repo::nodes::Nodes;
pub use crate::repo::proof::ProofError;
pub use crate::repo::record::{Range, StoredRecord};

/// The number by which a repository's rows are kept. An import makes another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoId(pub(crate) i64);

/// What a repository is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The repository.
    pub repo: RepoId,
    /// Whose it is.
    pub account: AccountId,
    /// The revision.
    pub rev: Tid,
    /// The commit's CID.
    pub commit: Cid,
    /// The commit's block.
    pub block: Bytes,
    /// The root of the tree.
    pub data: Cid,
    /// The root's layer.
    pub layer: u8,
    /// Whether the account may write.
    pub active: bool,
    /// How many records there are.
    pub records: u64,
    /// How many bytes the records have.
    pub record_bytes: u64,
}

const COLUMNS: &str = "id, account, rev, head, block, data, layer, active, records, record_bytes";

fn read_head(row: &Row<'_>) -> Result<Head, Error> {
    Ok(Head {
        repo: RepoId(row.int(0)?),
        account: AccountId(row.int(1)?),
        rev: row.tid(2)?,
        commit: row.cid(3)?,
        block: row.blob(4)?.into(),
        data: row.cid(5)?,
        layer: u8::try_from(row.int(6)?).map_err(|_| Error::Malformed("layer"))?,
        active: row.bool(7)?,
        records: row.uint(8)?,
        record_bytes: row.uint(9)?,
    })
}

impl Tx<'_> {
    /// Returns the head of an account's repository, which all accounts have that are whole.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn head(&mut self, account: AccountId) -> Result<Option<Head>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM repo WHERE account = $1 AND current = 1");
        self.query_opt(&sql, &[Value::Int(account.0)], read_head)
    }
}
