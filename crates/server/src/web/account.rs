//! What people see of their own account, and change: the pages behind `/account`.
//!
//! An account's pages are for those who are signed in to it in this browser; everybody else is led to
//! where they can sign in. What takes an account away, or lets others in, asks for its password or for
//! a mailed code as well.

mod app_passwords;
mod apps;
mod archive;
mod closing;
mod devices;
mod done;
mod email;
mod export;
mod handle;
mod key;
mod leave;
mod overview;
mod safety;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{Method, Request, Response};
use identity::resolve::PlcError;
use pages::account::Owner;
use pages::{Frame, Input, Page, Problem, Problems, path};
use store::{Account, Purpose};

use super::entry::{self, handle_of, take};
use super::visit::{Outcome, Stop, Visit, act, again, look, page, see};
use super::wanted::Wanted;
use crate::email::{TokenError, check_token};
use crate::failure::chain;
use crate::oauth;
use crate::password::Check;
use crate::pds::Pds;
use crate::rate::{self, Bucket, Key};

/// Makes the router of the pages.
pub(super) fn router() -> Router<Pds> {
    entry::steps(path::ACCOUNT)
        .route(path::ACCOUNT, get(accounts))
        .route(path::RESET, get(entry::reset_form).post(entry::reset))
        .route(path::RESET_CONFIRM, get(entry::confirm_form).post(entry::confirm))
        .merge(access())
        .merge(identity())
        .merge(leaving())
}

/// Returns the path of a page of any account.
fn of_any(step: &str) -> String {
    format!("{}/u/{{did}}{step}", path::ACCOUNT)
}

fn access() -> Router<Pds> {
    Router::new()
        .route(&of_any(""), get(overview::form))
        .route(&of_any(path::DEVICES), get(devices::form))
        .route(&of_any(path::END_DEVICE), post(devices::end_device))
        .route(&of_any(path::END_SESSION), post(devices::end_session))
        .route(&of_any(path::END_OTHERS), post(devices::end_others))
        .route(&of_any(path::APPS), get(apps::form))
        .route(&of_any(path::REVOKE_APP), post(apps::revoke))
        .route(&of_any(path::APP_PASSWORDS), get(app_passwords::form).post(app_passwords::make))
        .route(&of_any(path::REVOKE_APP_PASSWORD), post(app_passwords::revoke))
        .route(&of_any(path::PASSWORD), get(safety::password_form).post(safety::password))
        .route(&of_any(path::FACTOR), get(safety::factor_form).post(safety::factor))
}

fn identity() -> Router<Pds> {
    Router::new()
        .route(&of_any(path::EMAIL), get(email::form).post(email::change))
        .route(&of_any(path::EMAIL_SEND), post(email::send))
        .route(&of_any(path::EMAIL_CONFIRM), post(email::confirm))
        .route(&of_any(path::EMAIL_CHANGE), post(email::begin_change))
        .route(&of_any(path::HANDLE), get(handle::form).post(handle::name))
        .route(&of_any(path::HANDLE_CHECK), post(handle::check))
        .route(&of_any(path::HANDLE_DOMAIN), post(handle::domain))
        .route(&of_any(path::KEY), get(key::form).post(key::add))
        .route(&of_any(path::KEY_SEND), post(key::send))
}

fn leaving() -> Router<Pds> {
    Router::new()
        .route(&of_any(path::EXPORT), get(export::form))
        .route(&of_any(export::RECORDS), get(export::records))
        .route(&of_any(export::FILES), get(export::files))
        .route(&of_any(export::FILE_LIST), get(export::file_list))
        .route(&of_any(export::PREFERENCES), get(export::preferences))
        .route(&of_any(path::DEACTIVATE), get(closing::deactivate_form).post(closing::deactivate))
        .route(&of_any(path::DELETE), get(closing::delete_form).post(closing::delete))
        .route(&of_any(path::DELETE_SEND), post(closing::delete_send))
        .route(&of_any(path::LEAVE), get(leave::form))
        .route(&of_any(path::LEAVE_SEND), post(leave::send))
}

/// `GET /account`: the accounts of this browser.
async fn accounts(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| entry::choose_page(visit, None, None).await).await
}

/// An account whose owner is signed in in the browser.
struct Own {
    account: Account,
    /// The path that all of its pages are behind.
    base: String,
}

/// Shows a page of an account to its owner.
async fn look_at<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&mut Visit, &Own) -> Outcome,
{
    look(pds, request, async |visit| {
        let own = Own::of(visit).await?;
        answer(visit, &own).await
    })
    .await
}

/// Does what the owner of an account has sent a form for.
async fn act_on<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&mut Visit, &Own) -> Outcome,
{
    act(pds, request, async |visit| {
        let own = Own::of(visit).await?;
        answer(visit, &own).await
    })
    .await
}

impl Own {
    /// Finds the account that a path is about, if its owner is signed in. Others are not told whether
    /// there is one.
    async fn of(visit: &Visit) -> Result<Self, Stop> {
        let asked = visit.head.uri.path();
        let did = asked.strip_prefix(path::ACCOUNT).and_then(|rest| rest.strip_prefix("/u/"));
        let did = did.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let known = entry::known(visit, None).await?;
        let found = known.into_iter().find(|(account, _)| account.did.as_str() == did);
        match found {
            Some((account, _)) => {
                let base = entry::account_path(&account);
                Ok(Self { account, base })
            }
            None => {
                let wanted = Wanted::of(asked);
                let link = wanted.map_or_else(
                    || entry::to(visit, None, path::SIGN_IN),
                    |wanted| wanted.after(path::SIGN_IN),
                );
                Err(Stop::Other(Box::new(see(&link)?)))
            }
        }
    }

    /// Returns whose pages these are, as they show it.
    fn owner(&self) -> Owner<'_> {
        Owner {
            base: &self.base,
            handle: handle_of(&self.account).into(),
            did: self.account.did.as_str(),
            is_active: self.account.state.status().is_active(),
        }
    }

    /// Returns the path of a page.
    fn at(&self, step: &str) -> String {
        format!("{}{step}", self.base)
    }

    fn is_plc(&self) -> bool {
        self.account.did.method() == "plc"
    }

    fn is_email_confirmed(&self) -> bool {
        self.account.email_confirmed_at.is_some()
    }

    /// Counts something that is done to the account, from wherever.
    fn take(&self, visit: &Visit, buckets: &'static [Bucket]) -> Result<(), Stop> {
        take(visit, buckets, &Key::Text(self.account.did.to_string()))
    }

    /// Counts a guess of a password or code, as one at sign-in.
    fn take_guess(&self, visit: &Visit) -> Result<(), Stop> {
        let key = Key::Text(format!("{}-{}", self.account.did, oauth::ip(&visit.head)));
        take(visit, &rate::CREATE_SESSION, &key)
    }

    /// Returns what is wrong with the password that came along, if something is. A guess has to be
    /// counted before.
    async fn password_problem(&self, visit: &Visit) -> Result<Option<Problem<'static>>, Stop> {
        let given = visit.field("password");
        if given.is_empty() {
            return Ok(Some(Problem::Missing(Input::Password)));
        }
        let hash = self.account.password.as_deref();
        let check = visit.pds.passwords.check(hash, given).await;
        match check.map_err(crate::failure::Fault::from)? {
            Check::Wrong => Ok(Some(Problem::WrongPassword)),
            Check::Right | Check::RightButOutdated => Ok(None),
        }
    }

    /// Returns what is wrong with the mailed code that came along, if something is. It is not spent.
    async fn code_problem(
        &self,
        visit: &Visit,
        purpose: Purpose,
    ) -> Result<Option<Problem<'static>>, Stop> {
        let given = visit.field("code");
        if given.trim().is_empty() {
            return Ok(Some(Problem::Missing(Input::Code)));
        }
        let check = visit.pds.store.read(|tx| check_token(tx, &self.account, purpose, given));
        wrong_code(check.await)
    }
}

/// Returns what is wrong with a code, if it is the code that is wrong.
fn wrong_code(outcome: Result<(), TokenError>) -> Result<Option<Problem<'static>>, Stop> {
    match outcome {
        Ok(()) => Ok(None),
        Err(TokenError::Invalid | TokenError::Expired) => Ok(Some(Problem::WrongCode)),
        Err(TokenError::Store(error)) => Err(error.into()),
    }
}

/// Returns what is wrong if a box is not ticked that has to be.
fn agree_problem(visit: &Visit) -> Option<Problem<'static>> {
    (visit.field("agree") != "on").then_some(Problem::NotAgreed)
}

/// Says what the directory of did:plc does not do.
fn plc_problem<'a>(pds: &'a Pds, error: &'a PlcError) -> Problem<'a> {
    match error {
        PlcError::Refused { message } => Problem::HostSays(message.into()),
        PlcError::NotFound | PlcError::Ended | PlcError::Conflict => Problem::Changed,
        PlcError::Status(_) | PlcError::Http(_) | PlcError::Malformed(_) | PlcError::Log(_) => {
            tracing::warn!(error = chain(error), "directory of did:plc failed");
            Problem::HostSilent(pds.plc.directory().host().into())
        }
    }
}

/// Returns what stands around a page. It can be come back to if a link leads there, which none does to
/// what a form was sent to.
fn frame(visit: &Visit) -> Frame<'_> {
    visit.frame(visit.here().filter(|_| visit.head.method == Method::GET))
}

/// Shows a page, which has a form that has to be corrected if something was wrong with it.
fn shown(view: &impl Page, problems: Problems<'_>) -> Outcome {
    if problems.is_empty() { page(view) } else { again(view) }
}
