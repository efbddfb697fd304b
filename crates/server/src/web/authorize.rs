//! Letting apps in: what happens when somebody comes with what an app asks for.
//!
//! A request belongs to the browser that has come with it first; a second one ends it. What the client
//! is told goes to the address that its request had, which nobody in the browser can change.

mod asked;
mod waiting;

use ::oauth::decision::{Decision, Question};
use ::oauth::error::ErrorCode;
use ::oauth::request::{Answer, Prompt, Redirect};
use ::oauth::scope::Scopes;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use pages::authorize::{
    ConfirmPassword, Consent, FormPost, Reactivate, Redirecting, Trouble, Welcome,
};
use pages::{Id, Problems, Target, path};
use store::{Account, AccountId, DeviceAccount, Granted, Status};
use syntax::Did;

use super::entry::{self, handle_of, steps};
use super::visit::{Outcome, Stop, Visit, act, look, page, see};
use crate::account::{activate, points_here};
use crate::clock::millis;
use crate::failure::Fault;
use crate::oauth::{Sets, bytes};
use crate::pds::Pds;
pub(super) use crate::web::authorize::asked::{Asked, Row};
pub(super) use crate::web::authorize::waiting::Waiting;

/// Makes the router of what apps send people to.
pub(super) fn router() -> Router<Pds> {
    steps(path::AUTHORIZE)
        .route(path::AUTHORIZE, get(begin))
        .route(&format!("{}{}", path::AUTHORIZE, path::CONSENT), post(consent))
        .route(&format!("{}{}", path::AUTHORIZE, path::CANCEL), post(cancel))
}

/// Returns the link to a step of a request.
pub(super) fn step(step: &str, uri: &str) -> String {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("request", uri).finish();
    format!("{}{step}?{query}", path::AUTHORIZE)
}

/// `GET /oauth/authorize`: somebody comes with what an app asks for, or comes back to it.
async fn begin(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let (Some(client_id), Some(uri)) = (visit.query("client_id"), visit.query("request_uri"))
        else {
            return Err(Stop::bad(Trouble::Incomplete));
        };
        let (client_id, uri) = (client_id.into_owned(), uri.into_owned());
        let chosen = visit.query("account").and_then(|did| Did::parse(&did).ok());
        let waiting = Waiting::bind(visit, &client_id, &uri).await?;
        decide(visit, &waiting, chosen.as_ref()).await
    })
    .await
}

/// Decides what comes next for a request, for an account that was chosen if one was.
async fn decide(visit: &mut Visit, waiting: &Waiting, chosen: Option<&Did>) -> Outcome {
    let accounts = waiting.accounts(visit).await?;
    let agreed = waiting.agreed(&visit.pds, &accounts).await?;
    let circumstances = waiting.circumstances(&visit.pds);
    let signed_in = waiting.signed_in(&accounts, &agreed);
    let decision = match chosen {
        Some(did) => match signed_in.iter().find(|one| one.did == did) {
            Some(account) => circumstances.step(account),
            None => Decision::Ask(Question::SignIn),
        },
        None => {
            let hint = waiting.hinted(&visit.pds).await?;
            let is_meant = |did: &Did| hint.as_ref().is_none_or(|hint| hint == did);
            let meant: Vec<_> = signed_in.iter().filter(|one| is_meant(one.did)).copied().collect();
            circumstances.begin(&meant)
        }
    };
    let decision = match (waiting.request.prompt, decision) {
        (Some(Prompt::None), Decision::Ask(_)) => Decision::Refuse(ErrorCode::LoginRequired),
        (_, decision) => decision,
    };
    let found = |did: &Did| accounts.iter().map(|(account, _)| account).find(|one| one.did == *did);
    let gone = || Stop::from(store::Error::Missing);
    match decision {
        Decision::Code(did) => {
            let account = found(did).ok_or_else(gone)?;
            grant(visit, waiting, account, &waiting.request.scope).await
        }
        Decision::Refuse(code) => refuse(visit, waiting, code).await,
        Decision::Ask(Question::SignIn) if accounts.is_empty() && chosen.is_none() => {
            let app = waiting.app();
            let has_hint = waiting.request.login_hint.is_some();
            if has_hint {
                return see(&step(path::SIGN_IN, &waiting.uri));
            }
            let flow = entry::flow(visit, Some(waiting), Some(&app));
            page(&Welcome { frame: visit.frame(visit.here()), flow })
        }
        Decision::Ask(Question::SignIn) => see(&step(path::SIGN_IN, &waiting.uri)),
        Decision::Ask(Question::SignUp) => see(&step(path::SIGN_UP, &waiting.uri)),
        Decision::Ask(Question::Choose) => entry::choose_page(visit, Some(waiting), None).await,
        Decision::Ask(Question::Password(did)) => {
            let (app, account) = (waiting.app(), found(did).ok_or_else(gone)?);
            let mut entries = accounts.iter().map(|(_, entry)| entry);
            let is_remembered =
                entries.any(|entry| entry.account == account.id && entry.is_remembered());
            page(&ConfirmPassword {
                frame: visit.frame(visit.here()),
                flow: entry::flow(visit, Some(waiting), Some(&app)),
                handle: handle_of(account).into(),
                did: did.as_str(),
                is_remembered,
                problems: Problems::NONE,
            })
        }
        Decision::Ask(Question::Reactivate(did)) => {
            reactivate_page(visit, Some(waiting), found(did).ok_or_else(gone)?).await
        }
        Decision::Ask(Question::Consent(did)) => {
            consent_page(visit, waiting, found(did).ok_or_else(gone)?, &agreed).await
        }
    }
}

/// Shows what an app asks for.
async fn consent_page(
    visit: &Visit,
    waiting: &Waiting,
    account: &Account,
    agreed: &[(AccountId, Option<Scopes>)],
) -> Outcome {
    let scope = &waiting.request.scope;
    let sets = Sets::of(&visit.pds, scope).await.map_err(|error| {
        Stop::Detailed(StatusCode::BAD_REQUEST, Trouble::UnknownApp, error.to_string())
    })?;
    let asked = Asked::new(scope, &sets, visit.lang);
    let rows = asked.rows();
    let calls: Vec<_> = rows.iter().map(|row| row.calls()).collect();
    let (app, text) = (waiting.app(), scope.to_string());
    let before =
        agreed.iter().find(|(id, _)| *id == account.id).and_then(|(_, scope)| scope.as_ref());
    page(&Consent {
        frame: visit.frame(visit.here()),
        request: &waiting.uri,
        app: &app,
        handle: handle_of(account).into(),
        did: account.did.as_str(),
        permissions: &asked.permissions(&rows, &calls),
        scope: &text,
        is_more: before.is_some_and(|before| !scope.is_subset_of(before)),
    })
}

/// `POST /oauth/authorize/consent`: the owner agrees, to all of it or to parts.
async fn consent(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::required(visit).await?;
        let did = visit.field("did").to_owned();
        let accounts = waiting.accounts(visit).await?;
        let agreed = waiting.agreed(&visit.pds, &accounts).await?;
        let signed_in = waiting.signed_in(&accounts, &agreed);
        // Who may agree is decided anew: knowing the request is not enough, nor is the form.
        let own = signed_in.iter().find(|one| one.did.as_str() == did);
        let circumstances = waiting.circumstances(&visit.pds);
        let may = own.is_some_and(|own| {
            let next = circumstances.step(own);
            matches!(next, Decision::Code(_) | Decision::Ask(Question::Consent(_)))
        });
        let account = accounts.iter().map(|(account, _)| account);
        let account = account.into_iter().find(|account| account.did.as_str() == did);
        let (Some(account), true) = (account.cloned(), may) else {
            return see(&waiting.link(None));
        };
        let allowed: Vec<String> = visit.all("allow").map(str::to_owned).collect();
        let granted = waiting.request.scope.only(&allowed);
        grant(visit, &waiting, &account, &granted).await
    })
    .await
}

/// Lets an app in: it gets a code, for which it gets tokens.
async fn grant(visit: &mut Visit, waiting: &Waiting, account: &Account, scope: &Scopes) -> Outcome {
    let code = visit.pds.oauth.code(&waiting.id);
    let granted =
        Granted { code: bytes(&code.hash()), account: account.id, scope: scope.to_string() };
    let (id, device, pds) = (waiting.id, *visit.browser.id(), visit.pds.clone());
    let expires_at = pds.clock.now_ms() + millis(pds.oauth.lifetimes.code);
    let client_id = waiting.client.is_remembered().then(|| waiting.client.id.to_string());
    let (user, text) = (account.id, scope.to_string());
    let is_new = pds.store.write(move |tx| {
        let entries = tx.accounts_of_device(&device)?;
        // Their sign-in may have ended since the page was shown.
        let is_meant = |entry: &DeviceAccount| {
            entry.account == user && entry.request.is_none_or(|request| request == id)
        };
        let is_active = tx.account_by_id(user)?.state.status() == Status::Active;
        if !is_active
            || !entries.iter().any(is_meant)
            || !tx.grant_oauth_request(&id, &granted, expires_at)?
        {
            return Ok(false);
        }
        if let Some(client_id) = client_id {
            tx.put_oauth_agreement(user, &client_id, &text)?;
        }
        // Whoever was there for this request alone has done what they came for.
        tx.end_sign_ins_for(&device, &id)?;
        Ok::<_, store::Error>(true)
    });
    if !is_new.await? {
        return Err(Stop::bad(Trouble::RequestExpired));
    }
    answer(visit, waiting, &Answer::Code(code))
}

/// `POST /oauth/authorize/cancel`: the owner does not agree.
async fn cancel(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::required(visit).await?;
        refuse(visit, &waiting, ErrorCode::AccessDenied).await
    })
    .await
}

/// Tells the client why it gets nothing. The request is over.
async fn refuse(visit: &Visit, waiting: &Waiting, code: ErrorCode) -> Outcome {
    let id = waiting.id;
    if !visit.pds.store.write(move |tx| tx.delete_oauth_request(&id)).await? {
        return Err(Stop::bad(Trouble::RequestExpired));
    }
    let description = match code {
        ErrorCode::AccessDenied => "The user rejected the request",
        ErrorCode::LoginRequired => "The user has to sign in",
        ErrorCode::ConsentRequired => "The user has to be asked for consent",
        ErrorCode::AccountSelectionRequired => "The user has to choose an account",
        _ => "The request was refused",
    };
    answer(visit, waiting, &Answer::Refused { code, description: description.to_owned() })
}

/// Leads the browser back to the client.
fn answer(visit: &Visit, waiting: &Waiting, answer: &Answer) -> Outcome {
    let app = waiting.app();
    match waiting.request.redirect(visit.pds.oauth.issuer.as_str(), answer) {
        Redirect::Location(location) => match Target::parse(&location) {
            Some(target) if target.is_web() => see(&location),
            // Some browsers follow no redirect into an app, but do when somebody presses a link.
            Some(target) => page(&Redirecting { frame: visit.frame(None), app: &app, target }),
            None => Err(Stop::bad(Trouble::BadRedirect)),
        },
        Redirect::Form { action, fields } => {
            let target = Target::parse(&action).ok_or(Stop::bad(Trouble::BadRedirect))?;
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            page(&FormPost { frame: visit.frame(None), app: &app, target, fields: &fields })
        }
    }
}

/// Asks whether an account is to be opened again.
pub(super) async fn reactivate_page(
    visit: &Visit,
    waiting: Option<&Waiting>,
    account: &Account,
) -> Outcome {
    let elsewhere = match points_here(&visit.pds, account).await {
        Ok(()) => None,
        Err(Fault::Refused(_)) => {
            let document = visit.pds.resolver.document(&account.did).await.ok();
            let origin = document.and_then(|document| document.pds_endpoint());
            Some(origin.map_or_else(|| "?".to_owned(), |origin| origin.to_string()))
        }
        Err(fault) => return Err(fault.into()),
    };
    let app = waiting.map(Waiting::app);
    page(&Reactivate {
        frame: visit.frame(None),
        flow: entry::flow(visit, waiting, app.as_ref()),
        handle: handle_of(account).into(),
        did: account.did.as_str(),
        elsewhere: elsewhere.as_deref().map(Id::from),
    })
}

/// `POST …/reactivate`: opens an account again that was deactivated.
pub(super) async fn reactivate(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let did = visit.field("did").to_owned();
        let known = entry::known(visit, waiting.as_ref()).await?;
        let own = known.iter().find(|(one, needs)| one.did.as_str() == did && !needs);
        let Some((account, _)) = own else {
            return see(&entry::to(visit, waiting.as_ref(), path::SIGN_IN));
        };
        if account.state.status() == Status::Deactivated {
            match points_here(&visit.pds, account).await {
                Ok(()) => activate(&visit.pds, &account.did).await?,
                Err(Fault::Refused(_)) => {
                    return reactivate_page(visit, waiting.as_ref(), account).await;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        match &waiting {
            Some(waiting) => see(&waiting.link(Some(&account.did))),
            None => see(&entry::arrival(visit, account)),
        }
    })
    .await
}
