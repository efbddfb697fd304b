//! `com.atproto.repo.getRecord`: shows one record.
//!
//! Lexicon: `lexicons/com/atproto/repo/getRecord.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use lexicon::Method as _;
use lexicon::com::atproto::repo::get_record::{Error, GetRecord, Params};
use syntax::{Nsid, RecordPath};

use super::reads::{json_response, put_record, room};
use crate::caller::Public;
use crate::failure::Failure;
use crate::hosted;
use crate::pds::Pds;
use crate::proxy;

/// Answers with the record of an active account here, in the version that is asked for. For those of
/// others an AppView is asked.
pub(super) async fn get_record(
    pds: Pds,
    _: Public,
    params: Params,
    head: Parts,
) -> Result<Response<Body>, Failure<Error>> {
    let Params { cid, collection, repo, rkey } = params;
    let path = RecordPath::new(collection, rkey);
    let read = pds.store.read(|tx| {
        let account = hosted::account(tx, &repo)?;
        let Some(account) = account.filter(|account| account.state.status().is_active()) else {
            return Ok(None);
        };
        let record = match tx.head(account.id)? {
            Some(head) => tx.record(head.repo, &path.to_string())?,
            None => None,
        };
        let record = record.filter(|record| cid.is_none_or(|cid| cid == record.cid));
        let is_down = tx.record_takedown(account.id, &path)?.is_some();
        Ok::<_, store::Error>(Some((account.did, record.filter(|_| !is_down))))
    });
    let Some((did, record)) = read.await? else {
        let method = Nsid::parse(GetRecord::NSID).expect("it is an NSID");
        let elsewhere = proxy::ask_openly(&pds, &head, &method).await?;
        return elsewhere.ok_or_else(|| Failure::invalid_request("Could not locate record"));
    };
    let not_found = || {
        let message = format!("Could not locate record: at://{did}/{path}");
        Failure::declared(Error::RecordNotFound, message)
    };
    let record = record.ok_or_else(not_found)?;
    let mut json = Vec::with_capacity(room(&record));
    // An import may have brought it.
    put_record(&mut json, &did, &record).map_err(|_| {
        let message =
            format!("Record is not CBOR, see com.atproto.sync.getRecord: at://{did}/{path}");
        Failure::declared(Error::RecordNotFound, message)
    })?;
    Ok(json_response(json))
}
