//! The accounts of a browser.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::authorize::{ChooseAccount, KnownAccount};
use pages::{Notice, Problems, path};
use store::{Account, DeviceAccount, Status};

use super::{arrival, flow, handle_of, sign_in_page, to};
use crate::pds::Pds;
use crate::web::authorize::Waiting;
use crate::web::visit::{Outcome, Stop, Visit, act, look, page, see};

/// `GET …/choose`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        choose_page(visit, waiting.as_ref(), None).await
    })
    .await
}

/// `POST …/choose`: goes on with an account of this browser, or shows them.
pub(super) async fn choose(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let did = visit.field("did");
        let known = known(visit, waiting.as_ref()).await?;
        let account = known.iter().find(|(account, _)| account.did.as_str() == did);
        match (account, &waiting) {
            (Some((account, _)), Some(waiting)) => see(&waiting.link(Some(&account.did))),
            (Some((account, _)), None) => see(&arrival(visit, account)),
            (None, _) if known.is_empty() => see(&to(visit, waiting.as_ref(), path::SIGN_IN)),
            (None, _) => see(&to(visit, waiting.as_ref(), path::CHOOSE)),
        }
    })
    .await
}

/// Returns the accounts of this browser, and whether the password is asked for once more.
pub(in crate::web) async fn known(
    visit: &Visit,
    waiting: Option<&Waiting>,
) -> Result<Vec<(Account, bool)>, Stop> {
    let pairs = accounts(visit, waiting.map(|waiting| waiting.id)).await?.into_iter();
    let needs = |account: &Account, entry: &DeviceAccount| {
        waiting.is_some_and(|waiting| waiting.needs_password(&visit.pds, account, entry))
    };
    let marked = pairs.map(|(account, entry)| {
        let needs_password = needs(&account, &entry);
        (account, needs_password)
    });
    Ok(marked.collect())
}

/// Returns the accounts that somebody is signed in to in this browser, for a request or a visit, but those
/// that the host has closed.
pub(in crate::web) async fn accounts(
    visit: &Visit,
    request: Option<[u8; 32]>,
) -> Result<Vec<(Account, DeviceAccount)>, Stop> {
    let entries = visit.browser.accounts(&visit.pds, request).await?;
    let accounts = visit.pds.store.read(|tx| {
        let accounts = entries.iter().map(|entry| tx.account_by_id(entry.account));
        accounts.collect::<Result<Vec<_>, _>>()
    });
    let accounts = accounts.await.map_err(|error: store::Error| Stop::from(error))?;
    let is_closed = |status| matches!(status, Status::TakenDown | Status::Suspended);
    let pairs = accounts.into_iter().zip(entries);
    Ok(pairs.filter(|(account, _)| !is_closed(account.state.status())).collect())
}

pub(in crate::web) async fn choose_page(
    visit: &Visit,
    waiting: Option<&Waiting>,
    notice: Option<Notice<'_>>,
) -> Outcome {
    let known = known(visit, waiting).await?;
    if known.is_empty() {
        return match (waiting, notice) {
            (None, None) => sign_in_page(visit, None, Problems::NONE).await,
            _ => see(&to(visit, waiting, path::SIGN_IN)),
        };
    }
    let accounts: Vec<KnownAccount<'_>> = known
        .iter()
        .map(|(account, needs_password)| KnownAccount {
            did: account.did.as_str(),
            handle: handle_of(account).into(),
            needs_password: *needs_password,
        })
        .collect();
    let app = waiting.map(Waiting::app);
    page(&ChooseAccount {
        frame: visit.frame(visit.here()),
        flow: flow(visit, waiting, app.as_ref()),
        accounts: &accounts,
        may_sign_up: true,
        notice,
    })
}

/// `POST …/sign-out`
pub(super) async fn sign_out(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let did = visit.field("did").to_owned();
        let known = known(visit, waiting.as_ref()).await?;
        if let Some((account, _)) = known.iter().find(|(one, _)| one.did.as_str() == did) {
            let pds = visit.pds.clone();
            visit.browser.sign_out(&pds, &visit.head, account.id).await?;
            visit.renew();
        }
        match &waiting {
            Some(_) => see(&to(visit, waiting.as_ref(), path::CHOOSE)),
            None => see(path::ACCOUNT),
        }
    })
    .await
}
