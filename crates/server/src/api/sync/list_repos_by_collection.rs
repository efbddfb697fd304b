//! `com.atproto.sync.listReposByCollection`: lists the accounts that have records in a collection.
//!
//! Lexicon: `lexicons/com/atproto/sync/listReposByCollection.json`.

use lexicon::com::atproto::sync::list_repos_by_collection::{Output, Params, Repo};

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// The most accounts that are looked at for one answer. Each takes some microseconds.
const ACCOUNTS_MAX: u64 = 5_000;

/// Answers in the order in which accounts came. An answer may hold less than was asked for, or
/// nothing, and yet have a cursor: there is no index by collection, and it ends where enough
/// accounts were looked at.
pub(super) async fn list_repos_by_collection(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure> {
    let after = params.cursor.as_deref().unwrap_or("0").parse();
    let after = after.map_err(|_| Failure::invalid_request("Malformed cursor"))?;
    let limit = u64::try_from(params.limit).unwrap_or_default();
    let found = pds
        .store
        .read(|tx| tx.repos_with_collection(&params.collection, after, ACCOUNTS_MAX, limit));
    let (dids, place) = found.await.map_err(|error: store::Error| Failure::from(error))?;
    let repos = dids.into_iter().map(|did| Repo { did }).collect();
    Ok(Output { cursor: place.map(|place| place.to_string()), repos })
}
