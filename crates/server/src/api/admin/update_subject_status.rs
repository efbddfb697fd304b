//! `com.atproto.admin.updateSubjectStatus`: takes an account, record or blob down, or puts it up again.
//!
//! Lexicon: `lexicons/com/atproto/admin/updateSubjectStatus.json`.

use http::StatusCode;
use lexicon::com::atproto::admin::defs::StatusAttr;
use lexicon::com::atproto::admin::update_subject_status::{Input, Output, Subject};
use store::{AccountState, Status};
use syntax::Did;

use super::{account, subject};
use crate::account::{activate, points_here, set_state};
use crate::caller::Moderator;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;
use crate::takedown;

/// Does what is asked for, and answers with it. Of an account, the world is told its status in any
/// case, also if nothing is asked for.
pub(super) async fn update_subject_status(
    pds: Pds,
    moderator: Moderator,
    input: Input,
) -> Result<Output, Failure> {
    let Input { deactivated, subject, takedown } = input;
    let is_account = matches!(subject, Subject::RepoRef(_));
    if deactivated.is_some() && !is_account {
        return Err(Failure::invalid_request("Only accounts can be deactivated"));
    }
    // Why it was done is what tells that it was.
    let reason = |takedown: &StatusAttr| {
        let given = takedown.r#ref.clone().filter(|given| !given.is_empty());
        takedown.applied.then(|| given.unwrap_or_else(|| pds.clock.now().as_str().to_owned()))
    };
    let reason = takedown.as_ref().map(reason);
    match (&subject, reason) {
        (Subject::RepoRef(repo), reason) => {
            of_account(&pds, &repo.did, reason, deactivated).await?
        }
        (Subject::StrongRef(record), Some(reason)) => {
            let uri = record.uri.clone();
            let set = pds.store.write(move |tx| {
                let (account, path) = subject::record(tx, &uri)?;
                let set = tx.set_record_takedown(account.id, &path, reason.as_deref());
                set.map_err(Fault::from)
            });
            set.await?;
        }
        (Subject::RepoBlobRef(blob), Some(reason)) => {
            let account = pds.store.read(|tx| account(tx, &blob.did)).await?;
            takedown::blob(&pds, account, blob.cid, reason).await?;
        }
        (Subject::StrongRef(_) | Subject::RepoBlobRef(_), None) => {}
        (Subject::Other(_), _) => return Err(Failure::invalid_request("Invalid subject")),
    }
    tracing::info!(?subject, ?takedown, by = moderator.name(), "moderators have set a status");
    Ok(Output { subject, takedown })
}

/// Changes the status of an account. What an owner does to come back is done last, and only for an
/// account that is not taken down and whose identity leads here.
async fn of_account(
    pds: &Pds,
    did: &Did,
    reason: Option<Option<String>>,
    deactivated: Option<StatusAttr>,
) -> Result<(), Failure> {
    let is_taken_down = matches!(&reason, Some(Some(_)));
    let opens = deactivated.as_ref().is_some_and(|deactivated| !deactivated.applied);
    let closes = deactivated.is_some_and(|deactivated| deactivated.applied);
    if is_taken_down && opens {
        let message = "An account cannot be taken down and activated at once";
        return Err(Failure::invalid_request(message));
    }
    let found = pds.store.read(|tx| account(tx, did)).await?;
    if opens {
        let takedown_ref = reason.clone().unwrap_or(found.state.takedown_ref.clone());
        let state = AccountState { takedown_ref, ..found.state.clone() };
        if matches!(state.status(), Status::TakenDown | Status::Suspended) {
            let status = StatusCode::BAD_REQUEST;
            return Err(Refusal::new(status, "AccountNotFound", "Account not found").into());
        }
        points_here(pds, &found).await?;
    }
    if !opens || reason.is_some() {
        let change = move |state: AccountState, now_ms| AccountState {
            takedown_ref: reason.unwrap_or(state.takedown_ref),
            deactivated_at: state.deactivated_at.or(closes.then_some(now_ms)),
            ..state
        };
        set_state(pds, did, change).await?;
    }
    if opens {
        pds.resolver.forget(did);
        activate(pds, did).await?;
    }
    Ok(())
}
