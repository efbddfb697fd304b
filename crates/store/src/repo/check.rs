//! Whether what is stored of a repository agrees with itself, and making it so.
//!
//! The records are the truth. The tree has to be the one that they make, the rows of nodes those of
//! the tree, the head a commit of that tree, and the references those that the records have.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use repo::commit::Commit;
use repo::data::{Limits, blob, cbor};
use repo::mst::{Builder, Key, Position};
use syntax::Cid;

use super::nodes::tier;
use super::{Head, RepoId};
use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// The most disagreements that are listed; beyond that they are counted.
const LISTED_MAX: usize = 100;

/// What was found of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// How many records were read.
    pub records: u64,
    /// How many nodes the tree has.
    pub nodes: u64,
    /// What disagrees; the first hundred.
    pub disagreements: Vec<Disagreement>,
    /// How many disagreements there are.
    pub count: u64,
}

/// Something that does not agree with the records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// A record's bytes do not have its CID: they were changed where they lie.
    #[error("record {0} does not match its CID")]
    Record(String),
    /// The head's commit is not of the tree that the records make.
    #[error("commit is of another tree")]
    Tree,
    /// The head's fields are not those of its commit.
    #[error("head is not that of its commit")]
    Head,
    /// A node's row is missing.
    #[error("node of layer {layer} right of {lo:?} is missing")]
    MissingNode {
        /// The node's layer.
        layer: u8,
        /// The path just left of it.
        lo: String,
    },
    /// A node's row is not that of the tree.
    #[error("node of layer {layer} right of {lo:?} is not of the tree")]
    OtherNode {
        /// The node's layer.
        layer: u8,
        /// The path just left of it.
        lo: String,
    },
    /// The head counts other records than there are.
    #[error("records are counted wrongly")]
    Count,
    /// References to blobs are not those of the records.
    #[error("reference of {path} to blob {cid} is missing or too many")]
    BlobUse {
        /// The record.
        path: String,
        /// The blob.
        cid: Cid,
    },
}

impl CheckReport {
    /// Tells whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, disagreement: Disagreement) {
        self.count += 1;
        if self.disagreements.len() < LISTED_MAX {
            self.disagreements.push(disagreement);
        }
    }
}

/// What the records of a repository make.
struct Made {
    root: Cid,
    layer: u8,
    nodes: BTreeMap<(String, u8), (Cid, Bytes)>,
    blobs: BTreeSet<(Cid, String)>,
    records: u64,
    record_bytes: u64,
}

impl Tx<'_> {
    /// Checks an account's repository.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the account has none.
    pub fn check_repo(&mut self, account: AccountId) -> Result<CheckReport, Error> {
        let head = self.head(account)?.ok_or(Error::Missing)?;
        let mut report = CheckReport::default();
        let made = self.made_by_records(head.repo, &mut report)?;
        report.records = made.records;
        report.nodes = u64::try_from(made.nodes.len()).unwrap_or(u64::MAX);
        check_head(&head, &made, &mut report);

        let mut missing: BTreeSet<&(String, u8)> = made.nodes.keys().collect();
        let rows = self.query_all(
            "SELECT lo, layer, cid, bytes FROM node WHERE repo = $1",
            &[Value::Int(head.repo.0)],
            |row| {
                let layer = u8::try_from(row.int(1)?).map_err(|_| Error::Malformed("layer"))?;
                let same = row.cid(2)?.is_of(&row.blob(3)?);
                Ok(((row.text(0)?, layer), same.then_some(row.cid(2)?)))
            },
        )?;
        for (place, cid) in &rows {
            missing.remove(place);
            if made.nodes.get(place).map(|(cid, _)| *cid) != *cid || cid.is_none() {
                let (lo, layer) = place.clone();
                report.add(Disagreement::OtherNode { layer, lo });
            }
        }
        for (lo, layer) in missing.into_iter().cloned() {
            report.add(Disagreement::MissingNode { layer, lo });
        }
        for (cid, path) in self.blob_uses(head.repo)?.symmetric_difference(&made.blobs) {
            report.add(Disagreement::BlobUse { path: path.clone(), cid: *cid });
        }
        Ok(report)
    }

    /// Writes the nodes, the counts and the references anew from an account's records. What cannot
    /// be had from them, the records and the commit, stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the account has no repository.
    pub fn repair_repo(&mut self, account: AccountId) -> Result<(), Error> {
        let head = self.head(account)?.ok_or(Error::Missing)?;
        let made = self.made_by_records(head.repo, &mut CheckReport::default())?;
        let repo = Value::Int(head.repo.0);
        let rev = Value::Int(int(head.rev.to_u64()));
        self.execute("DELETE FROM node WHERE repo = $1", &[repo])?;
        for ((lo, layer), (cid, bytes)) in &made.nodes {
            self.execute(
                "INSERT INTO node (repo, tier, lo, layer, cid, rev, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[
                    repo,
                    Value::Int(i64::from(tier(*layer))),
                    Value::Text(lo),
                    Value::Int(i64::from(*layer)),
                    Value::Blob(&cid.to_bytes()),
                    rev,
                    Value::Blob(bytes),
                ],
            )?;
        }
        self.execute("DELETE FROM record_blob WHERE repo = $1", &[repo])?;
        for (cid, path) in &made.blobs {
            self.execute(
                "INSERT INTO record_blob (repo, cid, path) VALUES ($1, $2, $3)",
                &[repo, Value::Blob(&cid.to_bytes()), Value::Text(path)],
            )?;
        }
        self.execute(
            "UPDATE repo SET layer = $2, records = $3, record_bytes = $4 WHERE id = $1",
            &[
                repo,
                Value::Int(i64::from(made.layer)),
                Value::Int(int(made.records)),
                Value::Int(int(made.record_bytes)),
            ],
        )?;
        Ok(())
    }

    fn made_by_records(&mut self, repo: RepoId, report: &mut CheckReport) -> Result<Made, Error> {
        let mut nodes = BTreeMap::new();
        let mut layer = 0;
        let mut builder = Builder::new(|at: Position<'_>, cid: &Cid, bytes: Vec<u8>| {
            layer = layer.max(at.layer);
            let lo = at.lo.map_or_else(String::new, ToString::to_string);
            nodes.insert((lo, at.layer), (*cid, Bytes::from(bytes)));
        });
        let (mut blobs, mut records, mut record_bytes) = (BTreeSet::new(), 0, 0);
        let sql = "SELECT path, cid, bytes FROM record WHERE repo = ?1 ORDER BY path";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([repo.0])?;
        while let Some(row) = rows.next()? {
            let path: String = row.get(0)?;
            let key = Key::parse(&path).map_err(|_| Error::Malformed("path"))?;
            let cid = row.get_ref(1)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
            let cid = Cid::decode(cid).map_err(|_| Error::Malformed("CID"))?;
            let bytes = row.get_ref(2)?.as_blob().map_err(|_| Error::Malformed("record"))?;
            if !cid.is_of(bytes) {
                report.add(Disagreement::Record(path.clone()));
            }
            builder.push(&key, cid).map_err(|_| Error::Malformed("order of paths"))?;
            records += 1;
            record_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if let Ok(record) = cbor::decode_lenient(bytes, &Limits::FOREIGN) {
                let found = blob::find(&record.value);
                blobs.extend(found.into_iter().map(|blob| (blob.cid, path.clone())));
            }
        }
        let root = builder.finish();
        Ok(Made { root, layer, nodes, blobs, records, record_bytes })
    }

    fn blob_uses(&mut self, repo: RepoId) -> Result<BTreeSet<(Cid, String)>, Error> {
        let sql = "SELECT cid, path FROM record_blob WHERE repo = $1";
        let uses =
            self.query_all(sql, &[Value::Int(repo.0)], |row| Ok((row.cid(0)?, row.text(1)?)))?;
        Ok(uses.into_iter().collect())
    }
}

fn check_head(head: &Head, made: &Made, report: &mut CheckReport) {
    if made.root != head.data {
        report.add(Disagreement::Tree);
    }
    let agrees = Commit::decode(&head.block).is_ok_and(|commit| {
        commit.data == head.data && commit.rev == head.rev && head.commit.is_of(&head.block)
    });
    if !agrees || made.layer != head.layer {
        report.add(Disagreement::Head);
    }
    if (made.records, made.record_bytes) != (head.records, head.record_bytes) {
        report.add(Disagreement::Count);
    }
}
