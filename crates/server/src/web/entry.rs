//! Signing in and signing up, for those whom an app has sent and for those who come on their own.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use lexicon::com::atproto::server::create_account::Input as NewAccount;
use pages::authorize::{
    ChooseAccount, Flow, ForgotPassword, KnownAccount, PasswordUpdated, ResetPassword,
    SecondFactor, SignIn, SignUp, Trouble,
};
use pages::{Id, Input, Notice, Problem, Problems, path};
use store::{Account, DeviceAccount, Status};
use syntax::Handle;

use super::authorize::{self, Waiting};
use super::browser::Stay;
use super::visit::{Outcome, Stop, Visit, act, again, look, page, see};
use crate::account::{self, CreateError};
use crate::api::server::{create_account, request_password_reset, reset_password};
use crate::failure::{Failure, Fault, Refusal};
use crate::handle::{self, HandleError};
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Bucket, Key};
use crate::sign_in::{self, Entered};
use crate::{email, invite, password};

/// Makes the router of the steps that lead to being signed in, behind a path.
pub(super) fn steps(prefix: &str) -> Router<Pds> {
    let at = |step: &str| format!("{prefix}{step}");
    Router::new()
        .route(&at(path::SIGN_IN), get(sign_in_form).post(sign_in))
        .route(&at(path::CODE), get(code_form).post(code))
        .route(&at(path::CODE_AGAIN), post(code_again))
        .route(&at(path::SIGN_UP), get(sign_up_form).post(sign_up))
        .route(&at(path::CHOOSE), get(choose_form).post(choose))
        .route(&at(path::REACTIVATE), post(authorize::reactivate))
        .route(&at(path::SIGN_OUT), post(sign_out))
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
                see(&to(waiting.as_ref(), path::CODE))
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
        flow: flow(waiting, app.as_ref()),
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
        None if is_arriving(&pds, account).await? => see(path::MOVE),
        None => see(&account_path(account)),
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
            return see(&to(waiting.as_ref(), path::SIGN_IN));
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
            return see(&to(waiting.as_ref(), path::SIGN_IN));
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
        return see(&to(waiting, path::SIGN_IN));
    };
    let address = masked(pending.account.email.as_deref().unwrap_or_default());
    let app = waiting.map(Waiting::app);
    let sent_to = Id::from(&address);
    let view = SecondFactor {
        frame: visit.frame(None),
        flow: flow(waiting, app.as_ref()),
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

/// `GET …/sign-up`
async fn sign_up_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        sign_up_page(visit, waiting.as_ref(), Problems::NONE)
    })
    .await
}

/// `POST …/sign-up`
async fn sign_up(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        take(visit, &rate::CREATE_ACCOUNT, &Key::of_ip(oauth::ip(&visit.head)))?;
        let text = |name: &str| visit.field(name).trim().to_owned();
        let (name, domain, email) = (text("handle"), text("domain"), text("email"));
        let password = visit.field("new_password").to_owned();
        let mut problems = Vec::new();
        for (input, value) in
            [(Input::Handle, &name), (Input::Email, &email), (Input::NewPassword, &password)]
        {
            if value.is_empty() {
                problems.push(Problem::Missing(input));
            }
        }
        if !password.is_empty() && password.chars().count() < PASSWORD_CHARS_MIN {
            problems.push(Problem::PasswordTooShort);
        }
        let is_ours = visit.pds.handle_domains.contains(&domain);
        let handle = Handle::parse(&format!("{name}{domain}").to_lowercase());
        if !name.is_empty() && (handle.is_err() || !is_ours) {
            problems.push(Problem::HandleSyntax);
        }
        let (Ok(handle), true) = (handle, problems.is_empty()) else {
            return sign_up_page(visit, waiting.as_ref(), Problems(&problems));
        };
        let invite_code = Some(text("invite_code")).filter(|code| !code.is_empty());
        let input = NewAccount {
            handle,
            email: Some(email),
            password: Some(password),
            invite_code,
            did: None,
            plc_op: None,
            recovery_key: None,
            verification_code: None,
            verification_phone: None,
        };
        if let Some(problem) = what_is_wrong(visit, &input).await? {
            return sign_up_page(visit, waiting.as_ref(), Problems(&[problem]));
        }
        let pds = visit.pds.clone();
        // What is refused now has just become wrong, or is nobody's fault.
        let opened =
            create_account::open(&pds, None, input).await.map_err(|failure| match failure {
                Failure::Fault(fault) => Stop::from(fault),
                Failure::Declared { status, message, .. } => {
                    Refusal::of_status(status, message).into()
                }
            })?;
        let account = pds.store.account(&opened.did).await?.ok_or(store::Error::Missing)?;
        // The session that apps of old would begin with has no use here.
        let (id, refresh_id) = (account.id, opened.refresh_id);
        pds.store.write(move |tx| tx.delete_refresh_token(id, &refresh_id)).await?;
        enter(visit, waiting, &account).await
    })
    .await
}

/// Returns the first thing that keeps an account from being made.
async fn what_is_wrong(
    visit: &Visit,
    input: &NewAccount,
) -> Result<Option<Problem<'static>>, Stop> {
    let pds = &visit.pds;
    if let Err(error) = handle::check(pds, &input.handle) {
        return Ok(Some(handle_problem(&error)));
    }
    if email::check_new(pds, input.email.as_deref()).is_err() {
        return Ok(Some(Problem::EmailSyntax));
    }
    let password = input.password.as_deref().unwrap_or_default();
    if password::check_new(password).is_err() {
        return Ok(Some(Problem::PasswordTooLong));
    }
    if pds.config.invite_required && input.invite_code.is_none() {
        return Ok(Some(Problem::InviteNeeded));
    }
    let found = pds.store.read(|tx| {
        if let Some(code) = &input.invite_code
            && !invite::check(tx, code)?
        {
            return Ok(Err(CreateError::InviteCode));
        }
        Ok::<_, store::Error>(account::check_free(tx, None, &input.handle, input.email.as_deref()))
    });
    match found.await? {
        Ok(()) => Ok(None),
        Err(CreateError::HandleTaken(_)) => Ok(Some(Problem::HandleTaken)),
        Err(CreateError::HandleReserved) => Ok(Some(Problem::HandleKept)),
        Err(CreateError::EmailTaken(_)) => Ok(Some(Problem::EmailTaken)),
        Err(CreateError::InviteCode) => Ok(Some(Problem::InviteWrong)),
        Err(error) => Err(Fault::from(error).into()),
    }
}

/// Returns what is wrong with a handle.
pub(super) fn handle_problem(error: &HandleError) -> Problem<'static> {
    match error {
        HandleError::TopLevel | HandleError::Nested => Problem::HandleSyntax,
        HandleError::TooShort => Problem::HandleTooShort,
        HandleError::TooLong => Problem::HandleTooLong,
        HandleError::Reserved | HandleError::Slur => Problem::HandleKept,
    }
}

/// The fewest characters of a password that is typed here. Programs may set others.
pub(super) const PASSWORD_CHARS_MIN: usize = 8;

fn sign_up_page(visit: &Visit, waiting: Option<&Waiting>, problems: Problems<'_>) -> Outcome {
    let domains = &visit.pds.handle_domains;
    let domain = domains.iter().find(|domain| *domain == visit.field("domain"));
    let app = waiting.map(Waiting::app);
    let view = SignUp {
        frame: visit.frame(visit.here().filter(|_| problems.is_empty())),
        flow: flow(waiting, app.as_ref()),
        handle: visit.field("handle").into(),
        domains,
        domain: domain.or(domains.first()).map_or("", String::as_str),
        email: visit.field("email").into(),
        needs_invite: visit.pds.config.invite_required,
        invite_code: visit.field("invite_code").into(),
        problems,
    };
    if problems.is_empty() { page(&view) } else { again(&view) }
}

/// `GET …/choose`
async fn choose_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        choose_page(visit, waiting.as_ref(), None).await
    })
    .await
}

/// `POST …/choose`: goes on with an account of this browser, or shows them.
async fn choose(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        let did = visit.field("did");
        let known = known(visit, waiting.as_ref()).await?;
        let account = known.iter().find(|(account, _)| account.did.as_str() == did);
        match (account, &waiting) {
            (Some((account, _)), Some(waiting)) => see(&waiting.link(Some(&account.did))),
            (Some((account, _)), None) => see(&account_path(account)),
            (None, _) if known.is_empty() => see(&to(waiting.as_ref(), path::SIGN_IN)),
            (None, _) => see(&to(waiting.as_ref(), path::CHOOSE)),
        }
    })
    .await
}

/// Returns the accounts of this browser, and whether the password is asked for once more.
pub(super) async fn known(
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
pub(super) async fn accounts(
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

pub(super) async fn choose_page(
    visit: &Visit,
    waiting: Option<&Waiting>,
    notice: Option<Notice<'_>>,
) -> Outcome {
    let known = known(visit, waiting).await?;
    if known.is_empty() {
        return match (waiting, notice) {
            (None, None) => sign_in_page(visit, None, Problems::NONE).await,
            _ => see(&to(waiting, path::SIGN_IN)),
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
        flow: flow(waiting, app.as_ref()),
        accounts: &accounts,
        may_sign_up: true,
        notice,
    })
}

/// `POST …/sign-out`
async fn sign_out(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
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
            Some(_) => see(&to(waiting.as_ref(), path::CHOOSE)),
            None => see(path::ACCOUNT),
        }
    })
    .await
}

/// `GET /account/reset-password`
pub(super) async fn reset_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let request = visit.query("request").map(std::borrow::Cow::into_owned);
        page(&ForgotPassword {
            frame: visit.frame(visit.here()),
            request: request.as_deref(),
            email: Id::default(),
            problems: Problems::NONE,
        })
    })
    .await
}

/// `POST /account/reset-password`: says the same whether there is such an account or not.
pub(super) async fn reset(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let (email, request) = (visit.field("email").trim(), request_of(visit));
        if email.is_empty() {
            return again(&ForgotPassword {
                frame: visit.frame(None),
                request,
                email: Id::default(),
                problems: Problems(&[Problem::Missing(Input::Email)]),
            });
        }
        let key = Key::of_ip(oauth::ip(&visit.head));
        take(visit, &rate::REQUEST_PASSWORD_RESET, &key)?;
        request_password_reset::send_soon(&visit.pds, email.to_owned());
        page(&reset_page(visit, request, Some(email), Problems::NONE))
    })
    .await
}

/// `GET /account/reset-password/confirm`
pub(super) async fn confirm_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| page(&reset_page(visit, None, None, Problems::NONE))).await
}

/// `POST /account/reset-password/confirm`
pub(super) async fn confirm(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let request = request_of(visit);
        take(visit, &rate::RESET_PASSWORD, &Key::of_ip(oauth::ip(&visit.head)))?;
        let (code, password) = (visit.field("code"), visit.field("new_password"));
        let mut problems = Vec::new();
        if code.trim().is_empty() {
            problems.push(Problem::Missing(Input::Code));
        }
        if password.chars().count() < PASSWORD_CHARS_MIN {
            problems.push(Problem::PasswordTooShort);
        }
        if password::check_new(password).is_err() {
            problems.push(Problem::PasswordTooLong);
        }
        if problems.is_empty() {
            let given = (code.to_owned(), password.to_owned());
            match reset_password::reset(&visit.pds, given.0, given.1).await {
                Ok(()) => return page(&PasswordUpdated { frame: visit.frame(None), request }),
                Err(Fault::Refused(_)) => problems.push(Problem::WrongCode),
                Err(fault) => return Err(fault.into()),
            }
        }
        again(&reset_page(visit, request, None, Problems(&problems)))
    })
    .await
}

fn request_of(visit: &Visit) -> Option<&str> {
    Some(visit.field("request")).filter(|request| !request.is_empty())
}

fn reset_page<'a>(
    visit: &'a Visit,
    request: Option<&'a str>,
    email: Option<&'a str>,
    problems: Problems<'a>,
) -> ResetPassword<'a> {
    ResetPassword {
        frame: visit.frame(None),
        request,
        email: email.map(Id::from),
        code: visit.field("code").into(),
        problems,
    }
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
    waiting: Option<&'a Waiting>,
    app: Option<&'a pages::authorize::App<'a>>,
) -> Flow<'a> {
    match (waiting, app) {
        (Some(waiting), Some(app)) => Flow::Authorization { request: &waiting.uri, app },
        _ => Flow::Account,
    }
}

/// Returns the link to a step.
pub(super) fn to(waiting: Option<&Waiting>, step: &str) -> String {
    match waiting {
        Some(waiting) => authorize::step(step, &waiting.uri),
        None => format!("{}{step}", path::ACCOUNT),
    }
}
