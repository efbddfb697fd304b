//! Making an account.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use lexicon::com::atproto::server::create_account::Input as NewAccount;
use pages::authorize::SignUp;
use pages::{Input, Problem, Problems};
use syntax::Handle;

use super::{enter, flow, take};
use crate::account::{self, CreateError};
use crate::api::server::create_account;
use crate::failure::{Failure, Fault, Refusal};
use crate::handle::{self, HandleError};
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::web::authorize::Waiting;
use crate::web::visit::{Outcome, Stop, Visit, act, again, look, page};
use crate::{email, invite, password};

/// `GET …/sign-up`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let waiting = Waiting::of(visit).await?;
        sign_up_page(visit, waiting.as_ref(), Problems::NONE)
    })
    .await
}

/// `POST …/sign-up`
pub(super) async fn sign_up(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
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
pub(in crate::web) fn handle_problem(error: &HandleError) -> Problem<'static> {
    match error {
        HandleError::TopLevel | HandleError::Nested => Problem::HandleSyntax,
        HandleError::TooShort => Problem::HandleTooShort,
        HandleError::TooLong => Problem::HandleTooLong,
        HandleError::Reserved | HandleError::Slur => Problem::HandleKept,
    }
}

/// The fewest characters of a password that is typed here. Programs may set others.
pub(in crate::web) const PASSWORD_CHARS_MIN: usize = 8;

fn sign_up_page(visit: &Visit, waiting: Option<&Waiting>, problems: Problems<'_>) -> Outcome {
    let domains = &visit.pds.handle_domains;
    let domain = domains.iter().find(|domain| *domain == visit.field("domain"));
    let app = waiting.map(Waiting::app);
    let view = SignUp {
        frame: visit.frame(visit.here().filter(|_| problems.is_empty())),
        flow: flow(visit, waiting, app.as_ref()),
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
