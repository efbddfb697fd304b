//! `com.atproto.repo.listRecords`: shows the records of a collection, page by page.
//!
//! Lexicon: `lexicons/com/atproto/repo/listRecords.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use lexicon::com::atproto::repo::list_records::Params;
use store::repo::{Range, StoredRecord};
use syntax::Did;

use super::reads::{json_response, put_record, room};
use crate::caller::Public;
use crate::failure::Failure;
use crate::hosted;
use crate::pds::Pds;

/// Answers with records in the order of their keys, the highest first. The cursor is the last key.
pub(super) async fn list_records(
    pds: Pds,
    _: Public,
    params: Params,
    _: Parts,
) -> Result<Response<Body>, Failure> {
    let range = Range {
        collection: &params.collection,
        after: params.cursor.as_deref(),
        ascending: params.reverse == Some(true),
        count_max: u64::try_from(params.limit).unwrap_or_default(),
    };
    let read = pds.store.read(|tx| {
        let account = hosted::account(tx, &params.repo)?;
        let Some(account) = account.filter(|account| account.state.status().is_active()) else {
            return Ok(None);
        };
        let records = match tx.head(account.id)? {
            Some(head) => tx.records(account.id, head.repo, &range)?,
            None => Vec::new(),
        };
        Ok::<_, store::Error>(Some((account.did, records)))
    });
    let Some((did, records)) = read.await? else {
        return Err(Failure::invalid_request(format!("Could not find repo: {}", params.repo)));
    };
    Ok(json_response(page(&did, &records)))
}

fn page(did: &Did, records: &[StoredRecord]) -> Vec<u8> {
    let mut json = Vec::with_capacity(records.iter().map(room).sum::<usize>() + 64);
    json.extend_from_slice(b"{\"records\":[");
    let begin = json.len();
    for record in records {
        let end = json.len();
        if end > begin {
            json.push(b',');
        }
        // One that nobody can read must not keep the others from being read.
        if let Err(error) = put_record(&mut json, did, record) {
            tracing::error!(%did, path = %record.path, %error, "a record is not CBOR");
            json.truncate(end);
        }
    }
    json.push(b']');
    if let Some(last) = records.last() {
        json.extend_from_slice(b",\"cursor\":\"");
        json.extend_from_slice(last.path.rkey().as_bytes());
        json.push(b'"');
    }
    json.push(b'}');
    json
}
