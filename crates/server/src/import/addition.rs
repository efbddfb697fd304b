//! Adding to the repository of an active account what it lacks, in commits like all others.
//!
//! So records come along that were written elsewhere while the account moved. An account that is
//! active here may have written since: what would change or delete a record of its is refused.

use bytes::Bytes;
use repo::archive::Part;
use repo::data::{Limits, cbor};
use repo::mst::Key;
use store::repo::Head;
use syntax::{Cid, Did};
use tokio::task::spawn_blocking;

use super::{ImportError, Imported, Received};
use crate::pds::Pds;
use crate::record;
use crate::write::{Change, Content, Lease, Op};

/// How many records are added at most, and how many bytes they have.
const RECORDS_MAX: usize = 10_000;
const BYTES_MAX: usize = 64 << 20;
/// How many records share a commit.
const COMMIT_RECORDS: usize = 50;

/// Adds the records that an archive has and the account has not.
pub(super) async fn add(
    pds: &Pds,
    did: &Did,
    archive: Received,
    old: Head,
    lease: Lease,
) -> Result<Imported, ImportError> {
    let mut imported = Imported {
        commit: old.commit,
        rev: old.rev,
        records: old.records,
        unreadable: 0,
        examples: Vec::new(),
        is_walked: false,
    };
    let store = pds.store.clone();
    let find = spawn_blocking(move || additions(&store, archive, &old));
    let additions = find.await.expect("reading does not panic, and nobody aborts the task")?;
    // From here on the account may write again: what is there by then is not replaced.
    drop(lease);
    for some in additions.chunks(COMMIT_RECORDS) {
        let applied = pds.writers.apply(did, some.to_vec(), None).await?;
        if let Some(commit) = applied.commit {
            (imported.commit, imported.rev) = (commit.cid, commit.rev);
        }
        imported.records += u64::try_from(some.len()).unwrap_or(u64::MAX);
    }
    Ok(imported)
}

fn additions(
    store: &store::Store,
    mut archive: Received,
    old: &Head,
) -> Result<Vec<Op>, ImportError> {
    let (mut base, own) = (store.former_repo(old.repo)?, store.former_repo(old.repo)?);
    let (mut additions, mut bytes_in_all, mut common) = (Vec::new(), 0, 0_u64);
    archive.walk_over(&mut base, |part| {
        let Part::Record { key, cid, bytes } = part else { return Ok(()) };
        match own.cid(key)? {
            Some(own) if own == *cid => common += 1,
            Some(_) => return Err(ImportError::Conflict(key.clone())),
            None => {
                bytes_in_all += bytes.len();
                if additions.len() == RECORDS_MAX || bytes_in_all > BYTES_MAX {
                    return Err(ImportError::TooManyAdditions);
                }
                additions.push(addition(key, *cid, bytes)?);
            }
        }
        Ok(())
    })?;
    if common < old.records {
        return Err(ImportError::Deletes(old.records - common));
    }
    Ok(additions)
}

/// Returns what it takes to add a record.
///
/// # Errors
///
/// [`ImportError::NotWritable`] if it is not one that could be written.
pub(crate) fn addition(key: &Key, cid: Cid, bytes: &[u8]) -> Result<Op, ImportError> {
    let refused = || ImportError::NotWritable(key.clone());
    let path = key.record_path().map_err(|_| refused())?;
    let value = cbor::decode(bytes, &Limits::RECORD).map_err(|_| refused())?;
    let blobs = record::blobs(&path, &value).map_err(|_| refused())?;
    let subject = record::subject(key.collection(), &value);
    let record = Content { cid, block: Bytes::copy_from_slice(bytes), blobs, subject };
    Ok(Op { path: key.clone(), change: Change::Create { record, only: false } })
}
