//! Signing in, for those whom an app has sent and for those who come on their own.

mod choose;
mod reset;
mod sign_up;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use pages::authorize::{Flow, SecondFactor, SignIn, Trouble};
use pages::{Id, Input, Notice, Problem, Problems, path};
use store::{Account, Status};
use syntax::Handle;

use super::authorize::{self, Waiting};
use super::browser::Stay;
use super::visit::{Outcome, Stop, Visit, act, again, look, page, see};
use super::wanted::Wanted;
use crate::failure::Fault;
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Bucket, Key};
use crate::sign_in::{self, Entered};
pub(super) use crate::web::entry::choose::{accounts, choose_page, known};
pub(super) use crate::web::entry::reset::{confirm, confirm_form, reset, reset_form};
pub(super) use crate::web::entry::sign_up::{PASSWORD_CHARS_MIN, handle_problem};

/// Makes the router of the steps that lead to being signed in, behind a path.
pub(super) fn steps(prefix: &str) -> Router<Pds> {
    let at = |step: &str| format!("{prefix}{step}");
    Router::new()
        .route(&at(path::SIGN_IN), get(sign_in_form).post(sign_in))
        .route(&at(path::CODE), get(code_form).post(code))
        .route(&at(path::CODE_AGAIN), post(code_again))
        .route(&at(path::SIGN_UP), get(sign_up::form).post(sign_up::sign_up))
        .route(&at(path::CHOOSE), get(choose::form).post(choose::choose))
        .route(&at(path::REACTIVATE), post(authorize::reactivate))
        .route(&at(path::SIGN_OUT), post(choose::sign_out))
}

/// What is shown instead of a handle that an account does not have.
const NO_HANDLE: &str = "handle.invalid";

/// `GET …/sign-in`
async fn sign_in_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        sign_in_page(visit, waiting.as_ref(), Problems::NONE).await
    })
    .await
}

/// `POST …/sign-in`
async fn sign_in(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let (identifier, password) = (visit.field("identifier"), visit.field("password"));
        let missing = [(Input::Identifier, identifier), (Input::Password, password)];
        let missing = missing.into_iter().filter(|(_, text)| text.trim().is_empty());
        let problems: Vec<Problem<'_>> =
            missing.map(|(input, _)| Problem::Missing(input)).collect();
        if !problems.is_empty() {
            return sign_in_page(visit, waiting.as_ref(), Problems(&problems)).await;
        }
        let key = Key::of_identifier(identifier, oauth::ip(&visit.head));
        take(visit, &rate::CREATE_SESSION, &key)?;
        match sign_in::enter(&visit.pds, identifier, password).await {
            Ok(Entered::In(account)) => enter(visit, waiting, &account).await,
            Ok(Entered::Waiting(account)) => {
                let (browser, is_remembered) = (*visit.browser.id(), is_remembered(visit));
                let id = waiting.as_ref().map(|waiting| waiting.id);
                let now_ms = visit.pds.clock.now_ms();
                visit.pds.pending.put(browser, account, is_remembered, id, now_ms);
                see(&to(visit, waiting.as_ref(), path::CODE))
            }
            Err(Fault::Refused(refusal)) if refusal.name() == "AuthenticationRequired" => {
                sign_in_page(visit, waiting.as_ref(), Problems(&[Problem::WrongSignIn])).await
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

fn is_remembered(visit: &Visit) -> bool {
    visit.field("remember") == "on"
}

async fn sign_in_page(visit: &Visit, waiting: Option<&Waiting>, problems: Problems<'_>) -> Outcome {
    let hint = match waiting {
        Some(waiting) => waiting.hint(&visit.pds).await?,
        None => None,
    };
    let typed = visit.field("identifier");
    let identifier = match &hint {
        Some(hint) if typed.is_empty() => hint.as_str(),
        _ => typed,
    };
    let known = visit.browser.accounts(&visit.pds, waiting.map(|waiting| waiting.id)).await?;
    let app = waiting.map(Waiting::app);
    let view = SignIn {
        frame: visit.frame(visit.here().filter(|_| problems.is_empty())),
        flow: flow(visit, waiting, app.as_ref()),
        identifier: identifier.into(),
        is_identifier_fixed: false,
        is_remembered: is_remembered(visit),
        may_sign_up: true,
        has_accounts: !known.is_empty(),
        problems,
        notice: None,
    };
    if problems.is_empty() { page(&view) } else { again(&view) }
}

/// Lets somebody in who has shown all that their account asks for.
async fn enter(visit: &mut Visit, waiting: Option<Waiting>, account: &Account) -> Outcome {
    let is_remembered = is_remembered(visit);
    enter_with(visit, waiting, account, is_remembered).await
}

async fn enter_with(
    visit: &mut Visit,
    waiting: Option<Waiting>,
    account: &Account,
    is_remembered: bool,
) -> Outcome {
    if matches!(account.state.status(), Status::TakenDown | Status::Suspended) {
        return Err(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::AccountTakenDown));
    }
    let pds = visit.pds.clone();
    let stay = match (&waiting, is_remembered) {
        (_, true) => Stay::Remembered,
        (Some(waiting), false) => Stay::Request(waiting.id),
        (None, false) => Stay::Visit,
    };
    if !visit.browser.sign_in_with_password(&pds, &visit.head, account, stay).await? {
        return sign_in_page(visit, waiting.as_ref(), Problems(&[Problem::WrongSignIn])).await;
    }
    visit.renew();
    match waiting {
        Some(waiting) => see(&waiting.link(Some(&account.did))),
        // Who signs in while their account moves here wants to know how far it is.
        None if !visit.wants(account) && is_arriving(&pds, account).await? => see(path::MOVE),
        None => see(&arrival(visit, account)),
    }
}

/// Tells whether an account is on its way here.
async fn is_arriving(pds: &Pds, account: &Account) -> Result<bool, store::Error> {
    if account.state.status() != Status::Deactivated {
        return Ok(false);
    }
    let last = pds.store.read(|tx| tx.last_move(&account.did)).await?;
    Ok(last.is_some_and(|last: store::MoveJob| last.is_live))
}

/// Returns where the pages of an account are.
pub(super) fn account_path(account: &Account) -> String {
    format!("{}/u/{}", path::ACCOUNT, account.did)
}

/// Returns where somebody goes on who is signed in to an account: to the page of it that they wanted, if
/// they wanted one.
pub(super) fn arrival(visit: &Visit, account: &Account) -> String {
    let wanted = visit.wanted.as_ref().filter(|_| visit.wants(account));
    wanted.map_or_else(|| account_path(account), |wanted| wanted.path().to_owned())
}

/// Returns what an account is called.
pub(super) fn handle_of(account: &Account) -> &str {
    account.handle.as_ref().map_or(NO_HANDLE, Handle::as_str)
}

/// `GET …/code`
async fn code_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        code_page(visit, waiting.as_ref(), Problems::NONE, false)
    })
    .await
}

/// `POST …/code`
async fn code(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let Some(pending) = pending(visit, waiting.as_ref()) else {
            return see(&to(visit, waiting.as_ref(), path::SIGN_IN));
        };
        let key = Key::of_identifier(pending.account.did.as_str(), oauth::ip(&visit.head));
        take(visit, &rate::CREATE_SESSION, &key)?;
        let given = visit.field("code");
        if given.trim().is_empty() {
            let problems = [Problem::Missing(Input::Code)];
            return code_page(visit, waiting.as_ref(), Problems(&problems), false);
        }
        match sign_in::spend_code(&visit.pds, &pending.account, given).await {
            Ok(()) => {
                visit.pds.pending.remove(visit.browser.id());
                enter_with(visit, waiting, &pending.account, pending.is_remembered).await
            }
            Err(Fault::Refused(_)) => {
                code_page(visit, waiting.as_ref(), Problems(&[Problem::WrongCode]), false)
            }
            Err(fault) => Err(fault.into()),
        }
    })
    .await
}

/// `POST …/code/again`
async fn code_again(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let Some(pending) = pending(visit, waiting.as_ref()) else {
            return see(&to(visit, waiting.as_ref(), path::SIGN_IN));
        };
        sign_in::mail_code(&visit.pds, &pending.account).await?;
        code_page(visit, waiting.as_ref(), Problems::NONE, true)
    })
    .await
}

fn pending(visit: &Visit, waiting: Option<&Waiting>) -> Option<super::pending::Waiting> {
    let id = waiting.map(|waiting| waiting.id);
    visit.pds.pending.get(visit.browser.id(), id, visit.pds.clock.now_ms())
}

fn code_page(
    visit: &Visit,
    waiting: Option<&Waiting>,
    problems: Problems<'_>,
    is_sent_again: bool,
) -> Outcome {
    let Some(pending) = pending(visit, waiting) else {
        return see(&to(visit, waiting, path::SIGN_IN));
    };
    let address = masked(pending.account.email.as_deref().unwrap_or_default());
    let app = waiting.map(Waiting::app);
    let sent_to = Id::from(&address);
    let view = SecondFactor {
        frame: visit.frame(None),
        flow: flow(visit, waiting, app.as_ref()),
        sent_to,
        problems,
        notice: is_sent_again.then_some(Notice::CodeSent { to: sent_to }),
    };
    if problems.is_empty() { page(&view) } else { again(&view) }
}

/// Returns as much of an address as whoever knows the password may see.
pub(super) fn masked(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return String::new() };
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

/// Counts a try.
pub(super) fn take(visit: &Visit, buckets: &'static [Bucket], key: &Key) -> Result<(), Stop> {
    if visit.pds.passes_rates(&visit.head.headers, oauth::ip(&visit.head)) {
        return Ok(());
    }
    let taken = visit.pds.rates.take(buckets, key, 1, visit.pds.clock.now_ms());
    taken.map(|_| ()).map_err(|(refusal, _)| refusal.into())
}

/// Says why somebody is on a page.
pub(super) fn flow<'a>(
    visit: &'a Visit,
    waiting: Option<&'a Waiting>,
    app: Option<&'a pages::authorize::App<'a>>,
) -> Flow<'a> {
    match (waiting, app) {
        (Some(waiting), Some(app)) => Flow::Authorization { request: &waiting.uri, app },
        _ => Flow::Account { next: visit.wanted.as_ref().map(Wanted::path) },
    }
}

/// Returns the link to a step.
pub(super) fn to(visit: &Visit, waiting: Option<&Waiting>, step: &str) -> String {
    match (waiting, &visit.wanted) {
        (Some(waiting), _) => authorize::step(step, &waiting.uri),
        (None, Some(wanted)) => wanted.after(step),
        (None, None) => format!("{}{step}", path::ACCOUNT),
    }
}
