//! `com.atproto.admin.getSubjectStatus`: whether an account, record or blob was taken down.
//!
//! Lexicon: `lexicons/com/atproto/admin/getSubjectStatus.json`.

use lexicon::com::atproto::admin::defs::{RepoBlobRef, RepoRef, StatusAttr};
use lexicon::com::atproto::admin::get_subject_status::{Output, Params, Subject};
use lexicon::com::atproto::repo::strong_ref::StrongRef;
use store::Tx;
use syntax::{AtUri, Cid, Did};

use super::{not_found, subject};
use crate::caller::Moderator;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Answers for a blob, else for a record, else for an account, whichever is asked for first.
pub(super) async fn get_subject_status(
    pds: Pds,
    _: Moderator,
    params: Params,
) -> Result<Output, Failure> {
    let Params { blob, did, uri } = params;
    let read = pds.store.read(|tx| match (blob, uri, did) {
        (Some(cid), _, Some(did)) => of_blob(tx, did, cid).map(Ok),
        (Some(_), _, None) => Ok(Err("Must provide a did to request blob state")),
        (None, Some(uri), _) => of_record(tx, &uri).map(Ok),
        (None, None, Some(did)) => of_account(tx, did).map(Ok),
        (None, None, None) => Ok(Err("No provided subject")),
    });
    let found = read.await.map_err(|fault: Fault| Failure::from(fault))?;
    let found = found.map_err(Failure::invalid_request)?;
    Ok(found.ok_or_else(|| not_found("Subject not found"))?)
}

fn of_account(tx: &mut Tx<'_>, did: Did) -> Result<Option<Output>, Fault> {
    let Some(account) = tx.account(&did)? else { return Ok(None) };
    let is_deactivated = account.state.deactivated_at.is_some();
    Ok(Some(Output {
        subject: Subject::RepoRef(RepoRef { did }),
        takedown: Some(status(account.state.takedown_ref)),
        deactivated: Some(StatusAttr { applied: is_deactivated, r#ref: None }),
    }))
}

/// A blob counts as known if it was taken down, too, before or after it was here.
fn of_blob(tx: &mut Tx<'_>, did: Did, cid: Cid) -> Result<Option<Output>, Fault> {
    let Some(account) = tx.account(&did)? else { return Ok(None) };
    let takedown_ref = tx.blob_takedown(account.id, &cid)?;
    if takedown_ref.is_none() && tx.blob(account.id, &cid)?.is_none() {
        return Ok(None);
    }
    let subject = Subject::RepoBlobRef(RepoBlobRef { cid, did, record_uri: None });
    Ok(Some(Output { subject, takedown: Some(status(takedown_ref)), deactivated: None }))
}

fn of_record(tx: &mut Tx<'_>, uri: &AtUri) -> Result<Option<Output>, Fault> {
    let (account, path) = subject::record(tx, uri)?;
    let Some(head) = tx.head(account.id)? else { return Ok(None) };
    let Some(record) = tx.record(head.repo, &path.to_string())? else { return Ok(None) };
    let takedown_ref = tx.record_takedown(account.id, &path)?;
    let subject = Subject::StrongRef(StrongRef { cid: record.cid, uri: uri.clone() });
    Ok(Some(Output { subject, takedown: Some(status(takedown_ref)), deactivated: None }))
}

fn status(takedown_ref: Option<String>) -> StatusAttr {
    StatusAttr { applied: takedown_ref.is_some(), r#ref: takedown_ref }
}
