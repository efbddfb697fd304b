//! The repository's part of a backup: a base, or what came after it.

use std::cmp::Ordering;
use std::io::Write as _;

use crypto::PrivateKey;
use store::Tx;
use store::repo::{ExportError, Head};
use syntax::Tid;

use super::{BackupError, Run};
use crate::bundle::DIFFS;
use crate::bundle::manifest::Link;

/// How many times as large as the base what came after it may get before there is a new base.
const DIFFS_PER_BASE: u64 = 1;
/// How many parts may come after a base before there is a new one: each is a file to open.
const DIFFS_MAX: usize = 256;

/// How the repository gets into the bundle.
enum Plan {
    Unchanged,
    Since(Tid),
    Base,
}

impl Run<'_> {
    /// Writes what is new of the repository, if anything is.
    pub(super) fn new_link(
        &mut self,
        tx: &mut Tx<'_>,
        head: &Head,
        key: &PrivateKey,
    ) -> Result<Option<Link>, BackupError> {
        match self.plan(head, key)? {
            Plan::Unchanged => Ok(None),
            Plan::Base => self.export(tx, head, None).map(Some),
            Plan::Since(rev) => self.export(tx, head, Some(rev)).map(Some),
        }
    }

    /// Decides by what is there, which is trusted if the account's present key has signed it.
    fn plan(&self, head: &Head, key: &PrivateKey) -> Result<Plan, BackupError> {
        let former = self.former.as_ref().filter(|_| !self.backup.anew);
        let former = former.filter(|former| former.signing_key == key.public_key());
        let Some(former) = former else { return Ok(Plan::Base) };
        for link in &former.repo {
            if !self.is_there(&link.part)? {
                return Ok(Plan::Base);
            }
        }
        let diffs: u64 = former.repo.iter().skip(1).map(|link| link.part.size).sum();
        let base = former.repo.first().map_or(0, |link| link.part.size);
        Ok(match head.rev.cmp(&former.rev) {
            Ordering::Equal if head.commit == former.commit => Plan::Unchanged,
            // The server was set back, or has another history by now.
            Ordering::Equal | Ordering::Less => Plan::Base,
            Ordering::Greater
                if diffs > base.saturating_mul(DIFFS_PER_BASE) || former.repo.len() > DIFFS_MAX =>
            {
                Plan::Base
            }
            Ordering::Greater => Plan::Since(former.rev),
        })
    }

    fn export(
        &mut self,
        tx: &mut Tx<'_>,
        head: &Head,
        since: Option<Tid>,
    ) -> Result<Link, BackupError> {
        let name = match since {
            Some(_) => format!("{DIFFS}/{}.car", head.rev),
            None => self.name("repo", "car"),
        };
        let mut draft = self.folder.draft(&name)?;
        let exported = tx.export_repo(head, since, |piece| draft.write_all(&piece));
        exported.map_err(|error| match error {
            ExportError::Store(error) => BackupError::Store(error),
            ExportError::Sink(error) => BackupError::File(error),
        })?;
        let part = draft.finish()?;
        self.written.push(part.clone());
        Ok(Link { part, since, rev: head.rev, commit: head.commit, data: head.data })
    }

    /// Returns the parts of the repository with the new one.
    pub(super) fn chain(&self, link: Option<Link>) -> Vec<Link> {
        let former = self.former.iter().flat_map(|former| former.repo.clone());
        match link {
            None => former.collect(),
            Some(link) if link.since.is_none() => vec![link],
            Some(link) => former.chain([link]).collect(),
        }
    }
}
