//! The pages on which an account moves here: five screens, behind `/move`.
//!
//! How far a move is, is in its job in the database and nowhere else. Whoever comes, on whatever device and
//! after whatever restart, is led to the screen that it is at; forms only note what the owner wants.

mod arriving;
mod begin;
mod change;
mod errand;
mod going;
mod screens;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{HeaderName, Request, Response};
use migrate::host::HostError;
use migrate::job::Need;
use pages::path;
use store::{Account, MoveJob};
use syntax::Did;

use super::entry;
use super::visit::{Outcome, Stop, Visit, look, see};
use crate::mover::{self, OrderError, Seen};
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Key};

/// Makes the router of the pages.
pub(super) fn router() -> Router<Pds> {
    let at = |step: &str| format!("{}{step}", path::MOVE);
    Router::new()
        .route(path::MOVE, get(arrive))
        .route(&at(path::FOUND), get(arriving::found).post(arriving::find))
        .route(&at(path::SOURCE), post(arriving::source))
        .route(&at(path::SOURCE_OAUTH), post(errand::leave))
        .route(&at(path::CALLBACK), get(errand::come_back))
        .route(path::MOVER_METADATA, get(errand::document))
        .route(&at(path::BEGIN), post(begin::begin))
        .route(&at(path::PROGRESS), get(going::progress))
        .route(&at(path::REVIEW), get(going::review).post(going::agree))
        .route(&at(path::CONFIRM), post(going::confirm))
        .route(&at(path::RESUME), post(going::resume))
        .route(&at(path::ASK_AGAIN), post(going::ask_again))
        .route(&at(path::CANCEL_MOVE), post(going::cancel))
        .route(&at(path::UNDO), post(going::undo))
        .route(&at(path::DONE), get(going::done))
        .route(&at(path::REPORT), get(going::report))
}

/// Where a move is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    Progress,
    Review,
    Done,
}

impl Screen {
    fn of(seen: &Seen) -> Self {
        match &seen.journal.need {
            _ if seen.state.has_ended() => Self::Done,
            None | Some(Need::SignIn { .. } | Need::Decide { .. }) => Self::Progress,
            Some(
                Need::Review
                | Need::Code { .. }
                | Need::NewCode { .. }
                | Need::OwnSignature { .. }
                | Need::Document,
            ) => Self::Review,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Progress => path::PROGRESS,
            Self::Review => path::REVIEW,
            Self::Done => path::DONE,
        }
    }
}

/// An account of this browser, and its move.
struct Moving {
    account: Account,
    seen: Seen,
    /// Whether its owner can sign in on the pages of the old host for what is to be done now.
    has_pages: bool,
}

impl Moving {
    fn did(&self) -> &Did {
        &self.account.did
    }

    /// Returns the link to a screen of the move.
    fn link(&self, step: &str) -> String {
        link(step, self.did())
    }

    /// Leads to the screen that the move is at.
    fn see(&self) -> Outcome {
        see(&self.link(Screen::of(&self.seen).path()))
    }
}

/// Returns the link to a step of an account's move.
fn link(step: &str, did: &Did) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("account", did.as_str()).finish();
    format!("{}{step}?{query}", path::MOVE)
}

/// Returns the move that a request is about, whether or not it names an account.
async fn moving(visit: &Visit) -> Result<Option<Moving>, Stop> {
    let asked = visit.query("account").map(std::borrow::Cow::into_owned);
    let named = Some(visit.field("did")).filter(|did| !did.is_empty());
    moving_of(visit, named.map(str::to_owned).or(asked)).await
}

/// Returns the move of an account of this browser: of the named one, or else one that has not ended, or
/// else the newest.
async fn moving_of(visit: &Visit, named: Option<String>) -> Result<Option<Moving>, Stop> {
    let mut found: Option<(Account, MoveJob)> = None;
    for (account, _) in entry::known(visit, None).await? {
        if named.as_ref().is_some_and(|named| *named != account.did.as_str()) {
            continue;
        }
        let row = match mover::current(&visit.pds, &account.did).await {
            Ok(row) => row,
            Err(OrderError::NotFound) => continue,
            Err(error) => return Err(stop(error)),
        };
        let rank = |row: &MoveJob| (row.is_live, row.created_at);
        if found.as_ref().is_none_or(|(_, other)| rank(other) < rank(&row)) {
            found = Some((account, row));
        }
    }
    let Some((account, row)) = found else { return Ok(None) };
    let seen = see_move(visit, row).await?;
    // Whoever has never done so has a password. The look is short and remembered: the old host may be gone.
    let is_wanted = matches!(seen.journal.need, Some(Need::SignIn { .. }))
        || seen.journal.is_let_in && screens::undo_until(visit, &seen).is_some();
    let has_pages = is_wanted && mover::has_pages(&visit.pds, &seen.journal.from).await;
    Ok(Some(Moving { seen, account, has_pages }))
}

/// Returns the move that a form is about. Whoever is not signed in to its account is led to the beginning.
async fn required(visit: &Visit) -> Result<Moving, Stop> {
    match moving(visit).await? {
        Some(moving) => Ok(moving),
        None => Err(Stop::Other(Box::new(see(path::MOVE)?))),
    }
}

async fn see_move(visit: &Visit, row: MoveJob) -> Result<Seen, Stop> {
    mover::seen(&visit.pds, row).await.map_err(|error| stop(error.into()))
}

/// What was not ordered as something is wrong that no form can be corrected for.
fn stop(error: OrderError) -> Stop {
    Stop::Fault(error.into())
}

/// Counts a sign-in at another host.
fn count(visit: &Visit) -> Result<(), Stop> {
    entry::take(visit, &rate::BEGIN_MOVE, &Key::of_ip(oauth::ip(&visit.head)))
}

/// `GET /move`: to the move that is on its way, or to the first screen.
async fn arrive(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, of_page(request), async |visit| match moving(visit).await? {
        Some(moving) if is_of_interest(visit, &moving.seen) => moving.see(),
        _ => arriving::where_page(visit, "", &[]),
    })
    .await
}

/// Tells whether there is something left to be done for a move.
fn is_of_interest(visit: &Visit, seen: &Seen) -> bool {
    !seen.state.has_ended() || screens::undo_until(visit, seen).is_some()
}

/// A request of the script that looks after a page of ours counts as one of the page itself.
fn of_page(mut request: Request<Body>) -> Request<Body> {
    let site = request.headers().get("sec-fetch-site");
    if site.is_some_and(|site| site == "same-origin") {
        for name in ["sec-fetch-mode", "sec-fetch-dest"] {
            request.headers_mut().remove(HeaderName::from_static(name));
        }
    }
    request
}

/// What came of signing in at the old host.
enum Refused {
    /// It has mailed a code, which has to come along.
    Code,
    /// The code is wrong or too old.
    WrongCode,
    /// The password is wrong.
    Password,
    /// It does not answer.
    Silent,
    /// It says something else.
    Says(String),
    /// Nobody was let in on its pages.
    NotLetIn,
    /// Somebody was, for too little: these scopes are lacking.
    TooLittle(String),
    /// Another account was signed in on its pages.
    OtherAccount(Did),
    /// What comes from its pages is not what was asked for.
    Stray,
}

impl Refused {
    /// Reads what the old host has said to somebody who has entered a code, or has not.
    fn of(error: &HostError, has_code: bool) -> Self {
        match error {
            HostError::FactorNeeded if has_code => Self::WrongCode,
            HostError::FactorNeeded => Self::Code,
            HostError::Refused { name, .. }
                if has_code && matches!(name.as_str(), "InvalidToken" | "ExpiredToken") =>
            {
                Self::WrongCode
            }
            HostError::Refused { status: 401, .. } | HostError::SessionEnded => Self::Password,
            HostError::Refused { message, .. } => Self::Says(message.clone()),
            _ => Self::Silent,
        }
    }

    /// Tells whether the form has to ask for a code.
    fn needs_code(&self) -> bool {
        matches!(self, Self::Code | Self::WrongCode)
    }

    /// Returns what is wrong with what was entered, if anything is. `host` is the old host.
    fn problem<'a>(&'a self, host: &'a str) -> Option<pages::Problem<'a>> {
        match self {
            Self::Code => None,
            Self::WrongCode => Some(pages::Problem::WrongCode),
            Self::Password => Some(pages::Problem::WrongPassword),
            Self::Silent => Some(pages::Problem::HostSilent(host.into())),
            Self::Says(message) => Some(pages::Problem::HostSays(message.into())),
            Self::NotLetIn => Some(pages::Problem::NotLetIn(host.into())),
            Self::TooLittle(scopes) => Some(pages::Problem::LetInForTooLittle {
                host: host.into(),
                lacking: scopes.into(),
            }),
            Self::OtherAccount(did) => Some(pages::Problem::OtherSignedIn(did.as_str().into())),
            Self::Stray => Some(pages::Problem::AnswerTooOld),
        }
    }
}
