//! The e-mail address.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::{EmailPage, EmailStep};
use pages::{Id, Input, Problem, Problems, path};
use store::Purpose;

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at, shown, wrong_code};
use crate::email::{self, AddressError, TokenError};
use crate::pds::Pds;
use crate::rate;
use crate::session::But;
use crate::web::visit::{Outcome, Stop, Visit, see};

/// What a link to the page calls a step of it.
const CONFIRM: &str = "confirm";
const CHANGE: &str = "change";

/// `GET …/email`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| {
        let step = match visit.query("step").as_deref() {
            Some(CONFIRM) if own.account.email.is_some() && !own.is_email_confirmed() => {
                EmailStep::Confirm
            }
            Some(CHANGE) => changing(own),
            _ => EmailStep::Look,
        };
        show(visit, own, step, Problems::NONE)
    })
    .await
}

fn changing(own: &Own) -> EmailStep {
    EmailStep::Change { needs_code: own.is_email_confirmed() }
}

/// `POST …/email/send`: mails a code that confirms the address.
pub(super) async fn send(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if own.account.email.is_none() || own.is_email_confirmed() {
            return see(&own.at(path::EMAIL));
        }
        own.take(visit, &rate::REQUEST_EMAIL_CONFIRMATION)?;
        email::send_token(&visit.pds, &own.account, Purpose::ConfirmEmail).await?;
        Done::CodeSent.lead_with(visit, own, path::EMAIL, Some(CONFIRM), "")
    })
    .await
}

/// `POST …/email/confirm`: confirms the address with the mailed code.
pub(super) async fn confirm(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        own.take_guess(visit)?;
        let code = visit.field("code").trim().to_owned();
        let problem = match code.is_empty() {
            true => Some(Problem::Missing(Input::Code)),
            false => wrong_code(email::confirm(&visit.pds, &own.account, code).await)?,
        };
        match problem {
            None => Done::EmailConfirmed.lead(visit, own, path::EMAIL),
            Some(problem) => show(visit, own, EmailStep::Confirm, Problems(&[problem])),
        }
    })
    .await
}

/// `POST …/email/change`: mails a code to the address that there is, if it was confirmed.
pub(super) async fn begin_change(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if !own.is_email_confirmed() {
            return see(&format!("{}?step={CHANGE}", own.at(path::EMAIL)));
        }
        own.take(visit, &rate::REQUEST_EMAIL_UPDATE)?;
        email::send_token(&visit.pds, &own.account, Purpose::UpdateEmail).await?;
        Done::CodeSent.lead_with(visit, own, path::EMAIL, Some(CHANGE), "")
    })
    .await
}

/// `POST …/email`: sets another address, and ends all sessions but this browser's.
pub(super) async fn change(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        own.take_guess(visit)?;
        let address = visit.field("email").trim().to_owned();
        let mut problems = Vec::new();
        if address.is_empty() {
            problems.push(Problem::Missing(Input::Email));
        } else if email::check_new(&visit.pds, Some(&address)).is_err() {
            problems.push(Problem::EmailSyntax);
        }
        if own.is_email_confirmed() {
            problems.extend(own.code_problem(visit, Purpose::UpdateEmail).await?);
        }
        problems.extend(own.password_problem(visit).await?);
        if problems.is_empty() {
            if own.has_address(&address) {
                return see(&own.at(path::EMAIL));
            }
            problems.extend(set(visit, own, address).await?);
        }
        match problems.is_empty() {
            true => Done::EmailChanged.lead(visit, own, path::EMAIL),
            false => show(visit, own, changing(own), Problems(&problems)),
        }
    })
    .await
}

impl Own {
    fn has_address(&self, address: &str) -> bool {
        let current = self.account.email.as_deref().map(str::to_lowercase);
        current.as_deref() == Some(address.to_lowercase().as_str())
    }
}

/// Sets the address, or says what is wrong with it.
async fn set(visit: &Visit, own: &Own, address: String) -> Result<Option<Problem<'static>>, Stop> {
    let (owned, account, device) = (visit.pds.clone(), own.account.clone(), *visit.browser.id());
    let (code, needs_code) = (visit.field("code").to_owned(), own.is_email_confirmed());
    let outcome = visit.pds.store.write(move |tx| {
        if needs_code {
            email::check_token(tx, &account, Purpose::UpdateEmail, &code)?;
        }
        email::set_address(&owned, tx, &account, &address, But::Device(&device))
    });
    match outcome.await {
        Ok(()) => Ok(None),
        Err(AddressError::Taken) => Ok(Some(Problem::EmailTaken)),
        Err(AddressError::Token(TokenError::Store(error)) | AddressError::Store(error)) => {
            Err(error.into())
        }
        Err(AddressError::Token(TokenError::Invalid | TokenError::Expired)) => {
            Ok(Some(Problem::WrongCode))
        }
    }
}

fn show(visit: &Visit, own: &Own, step: EmailStep, problems: Problems<'_>) -> Outcome {
    let told = done::told(visit);
    let view = EmailPage {
        frame: frame(visit),
        owner: own.owner(),
        current: own.account.email.as_deref().map(Id::from),
        is_confirmed: own.is_email_confirmed(),
        step,
        email: visit.field("email").into(),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
