//! What was written at the old host after the account was opened here.
//!
//! New records are added, with their blobs. What was changed or deleted there stays here as it is:
//! the account is open here, and its owner may have written since. It is named, so that nothing is
//! lost in silence.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use migrate::host::Owner;
use repo::archive::Part;
use repo::car::Decoder;
use repo::mst::Key;
use store::Store;
use store::repo::{FormerRepo, RepoId};
use syntax::{Cid, Tid};
use tokio::task::spawn_blocking;

use super::blobs;
use super::fetch::{head, is_behind, receive, warn};
use crate::failure::chain;
use crate::import::{ImportError, Received, addition, check};
use crate::mover::Live;
use crate::mover::job::Job;
use crate::mover::trouble::Trouble;
use crate::pds::Pds;
use crate::write::{self, Change, Op};

/// How many records are added at most; all that is beyond is named.
const ADDED_MAX: usize = 10_000;
/// How many blocks may be newer.
const BLOCKS_MAX: usize = 1_000_000;
/// How many paths are named.
const NAMED_MAX: usize = 100;
/// How many records here are looked at together.
const PAGE: u32 = 1000;
/// How the sentence begins that names what is not as it is at the old host.
const LEFT: &str = "these were changed, deleted or added at the old host after the account had \
                    opened here, and are here as they were: ";

/// What is other at the old host.
#[derive(Default)]
struct Late {
    added: Vec<Op>,
    left: Vec<String>,
    left_count: usize,
}

/// Brings what was written late, and tells whether something was.
pub(super) async fn bring(
    pds: &Pds,
    job: &mut Job,
    owner: &Arc<Owner>,
    live: &Live,
) -> Result<bool, Trouble> {
    if !is_behind(job, owner).await? {
        return Ok(false);
    }
    let source = job.journal.source.as_ref();
    // What is newer tells what was written there; the whole tells where, whatever has become of the
    // repository here.
    let newer = blocks_since(owner, source.and_then(|head| head.rev)).await?;
    let archive = receive(pds, owner, None, live).await?;
    let commit = archive.commit().clone();
    let (head, keys) = head(pds, job, *archive.root(), commit.clone()).await?;
    check(pds, job.did(), &commit, &keys).await?;
    let mut late = compare(pds, job, archive, newer).await?;
    add(pds, job, owner, live, &mut late).await?;
    job.journal.warnings.retain(|text| !text.starts_with(LEFT));
    if late.left_count > 0 {
        let others = late.left_count - late.left.len();
        let more = if others == 0 { String::new() } else { format!(", and {others} more") };
        warn(job, format!("{LEFT}{}{more}", late.left.join(", ")));
    }
    job.journal.source = Some(head);
    Ok(true)
}

/// Returns the blocks that the old host has of what is newer than a revision.
async fn blocks_since(owner: &Owner, since: Option<Tid>) -> Result<HashSet<Cid>, Trouble> {
    let mut download = owner.repo(since).await?;
    let (mut decoder, mut cids) = (Decoder::new(), HashSet::new());
    while let Some(piece) = download.next().await? {
        decoder.push(&piece);
        while let Some(block) = decoder.next_block().map_err(malformed)? {
            cids.insert(block.cid);
        }
        if cids.len() > BLOCKS_MAX {
            return Err(Trouble::Doubtful(format!("it has more than {BLOCKS_MAX} blocks")));
        }
    }
    decoder.finish().map_err(malformed)?;
    Ok(cids)
}

fn malformed(error: impl std::error::Error + 'static) -> Trouble {
    Trouble::Doubtful(chain(&error))
}

/// Finds out what is other there than here, and was made so there.
async fn compare(
    pds: &Pds,
    job: &Job,
    archive: Received,
    newer: HashSet<Cid>,
) -> Result<Late, Trouble> {
    let account = job.account(pds).await?.id;
    let opened = job.journal.opened.map(|opened| opened.rev);
    let lease =
        pds.writers.lease(job.did()).await.map_err(|error| Trouble::later(chain(&error)))?;
    let repo = pds.store.read(|tx| tx.head(account)).await?.map(|head| head.repo);
    let repo = repo.ok_or_else(|| Trouble::decide("the account has no repository here"))?;
    let store = pds.store.clone();
    let compared = spawn_blocking(move || differences(&store, repo, archive, &newer, opened));
    let late = compared.await.map_err(|error| Trouble::later(error.to_string()))?;
    // From here on the account may write again: what is there by then is not replaced.
    drop(lease);
    Ok(late?)
}

fn differences(
    store: &Store,
    repo: RepoId,
    mut archive: Received,
    newer: &HashSet<Cid>,
    opened: Option<Tid>,
) -> Result<Late, ImportError> {
    let mut own = Own { repo: store.former_repo(repo)?, page: VecDeque::new(), is_whole: false };
    own.fill("")?;
    let mut late = Late::default();
    // What was written here since has nothing to do with the old host.
    let is_from_there = |rev: Tid| opened.is_none_or(|opened| rev <= opened);
    archive.walk(|part| {
        let Part::Record { key, cid, bytes } = part else { return Ok(()) };
        while let Some((gone, _, rev)) = own.next_if(|own| own < key)? {
            if is_from_there(rev) {
                late.leave(&gone);
            }
        }
        match own.next_if(|own| own == key)? {
            Some((_, own, _)) if own == *cid => {}
            // What was changed here, and not there, is no business of the old host's.
            Some((_, _, rev)) if newer.contains(cid) || is_from_there(rev) => late.leave(key),
            Some(_) => {}
            None if !newer.contains(cid) => {}
            None if late.added.len() == ADDED_MAX => late.leave(key),
            None => match addition(key, *cid, bytes) {
                Ok(op) => late.added.push(op),
                Err(_) => late.leave(key),
            },
        }
        Ok::<_, ImportError>(())
    })?;
    while let Some((gone, _, rev)) = own.next_if(|_| true)? {
        if is_from_there(rev) {
            late.leave(&gone);
        }
    }
    Ok(late)
}

impl Late {
    fn leave(&mut self, key: &Key) {
        self.left_count += 1;
        if self.left.len() < NAMED_MAX {
            self.left.push(key.to_string());
        }
    }
}

/// The records that are here, in order.
struct Own<'a> {
    repo: FormerRepo<'a>,
    page: VecDeque<(Key, Cid, Tid)>,
    is_whole: bool,
}

impl Own<'_> {
    /// Returns the next record, if it is one that is wanted.
    fn next_if(
        &mut self,
        is_wanted: impl Fn(&Key) -> bool,
    ) -> Result<Option<(Key, Cid, Tid)>, store::Error> {
        let Some((key, ..)) = self.page.front() else {
            return Ok(None);
        };
        if !is_wanted(key) {
            return Ok(None);
        }
        let next = self.page.pop_front();
        if self.page.is_empty() && !self.is_whole {
            let after = next.as_ref().map_or("", |(key, ..)| key.as_str());
            self.fill(after)?;
        }
        Ok(next)
    }

    fn fill(&mut self, after: &str) -> Result<(), store::Error> {
        self.page = self.repo.records_after(after, PAGE)?.into();
        self.is_whole = self.page.is_empty();
        Ok(())
    }
}

/// Adds what is new, after its blobs. What cannot be added is left.
async fn add(
    pds: &Pds,
    job: &Job,
    owner: &Arc<Owner>,
    live: &Live,
    late: &mut Late,
) -> Result<(), Trouble> {
    let records = late.added.iter().filter_map(|op| match &op.change {
        Change::Create { record, .. } => Some(record),
        _ => None,
    });
    let wanted: HashSet<Cid> =
        records.flat_map(|record| record.blobs.iter().map(|blob| blob.cid)).collect();
    let account = job.account(pds).await?.id;
    let missing = pds.store.read(|tx| {
        let mut missing = Vec::new();
        for cid in wanted {
            if tx.blob(account, &cid)?.is_none() {
                missing.push(cid);
            }
        }
        Ok::<_, store::Error>(missing)
    });
    // Records whose blobs do not come are refused below.
    blobs::fetch_early(pds, job, owner, live, missing.await?).await?;
    for op in std::mem::take(&mut late.added) {
        let path = op.path.clone();
        match pds.writers.apply(job.did(), vec![op], None).await {
            Ok(_) => {}
            Err(error @ (write::Error::Store(_) | write::Error::Contended)) => {
                return Err(Trouble::later(chain(&error)));
            }
            Err(error) => {
                tracing::info!(%path, error = chain(&error), "a late record is not added");
                late.leave(&path);
            }
        }
    }
    Ok(())
}
