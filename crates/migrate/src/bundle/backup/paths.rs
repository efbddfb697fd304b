//! Which records refer to some blobs, where the database does not say.

use std::collections::{BTreeMap, BTreeSet};

use repo::data::{Limits, blob, cbor};
use store::repo::{Head, Range};
use store::{Error, Tx};
use syntax::{Cid, Nsid};

/// How many records are read at once.
const PAGE: u64 = 500;

/// Goes through a repository's records, for blobs whose files are lost. It happens rarely enough.
pub(super) fn find(
    tx: &mut Tx<'_>,
    head: &Head,
    wanted: &BTreeSet<Cid>,
) -> Result<BTreeMap<Cid, String>, Error> {
    let mut found = BTreeMap::new();
    for collection in tx.collections(head.repo)? {
        let Ok(collection) = Nsid::parse(&collection) else { continue };
        let mut after: Option<String> = None;
        loop {
            let after_key = after.as_deref();
            let range = Range {
                collection: &collection,
                after: after_key,
                ascending: true,
                count_max: PAGE,
            };
            let page = tx.records(head.account, head.repo, &range)?;
            let Some(last) = page.last() else { break };
            after = last.path.as_str().split_once('/').map(|(_, rkey)| rkey.to_owned());
            for record in &page {
                // One that cannot be read refers to nothing that anybody could know of.
                let Ok(value) = cbor::decode_lenient(&record.bytes, &Limits::FOREIGN) else {
                    continue;
                };
                for blob in blob::find(&value.value) {
                    if wanted.contains(&blob.cid) {
                        found.entry(blob.cid).or_insert_with(|| record.path.to_string());
                    }
                }
            }
        }
    }
    Ok(found)
}
