//! The password, and the code that is asked for beside it.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::{Factor, PasswordPage};
use pages::{Id, Input, Problem, Problems, path};

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at, shown};
use crate::email;
use crate::failure::Fault;
use crate::password;
use crate::pds::Pds;
use crate::session::{self, But};
use crate::web::browser::Stay;
use crate::web::entry::PASSWORD_CHARS_MIN;
use crate::web::visit::{Outcome, Stop, Visit, see};

const SUBJECT: &str = "Password Changed";
const TEXT: &str = "Your account has a new password, and all sessions have ended but that of the \
                    browser where it was set.";

/// `GET …/password`
pub(super) async fn password_form(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
    look_at(pds, request, async |visit, own| password_page(visit, own, Problems::NONE)).await
}

/// `POST …/password`: sets another one, and ends all sessions but this browser's.
pub(super) async fn password(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        own.take_guess(visit)?;
        let new = visit.field("new_password").to_owned();
        let mut problems = Vec::new();
        if new.is_empty() {
            problems.push(Problem::Missing(Input::NewPassword));
        } else if new.chars().count() < PASSWORD_CHARS_MIN {
            problems.push(Problem::PasswordTooShort);
        } else if password::check_new(&new).is_err() {
            problems.push(Problem::PasswordTooLong);
        }
        problems.extend(own.password_problem(visit).await?);
        if !problems.is_empty() {
            return password_page(visit, own, Problems(&problems));
        }
        if !set_password(visit, own, &new).await? {
            return password_page(visit, own, Problems(&[Problem::WrongPassword]));
        }
        Done::PasswordChanged.lead(visit, own, path::PASSWORD)
    })
    .await
}

/// Sets the password, and tells whether that was possible: not if there is another one than the one
/// that was checked.
async fn set_password(visit: &mut Visit, own: &Own, new: &str) -> Result<bool, Stop> {
    let pds = visit.pds.clone();
    let hash = pds.passwords.hash(new).await.map_err(Fault::from)?;
    let (owned, account, device) = (pds.clone(), own.account.clone(), *visit.browser.id());
    let set = pds.store.write(move |tx| {
        if tx.account_by_id(account.id)?.password != account.password {
            return Ok(false);
        }
        tx.set_password(account.id, &hash)?;
        session::end_all(tx, account.id, But::Device(&device))?;
        tx.delete_email_tokens(account.id)?;
        email::tell(&owned, tx, &account, SUBJECT, TEXT)?;
        Ok::<_, store::Error>(true)
    });
    if !set.await? {
        return Ok(false);
    }
    // Whoever has copied the cookie of this browser is out as well.
    visit.browser.sign_in(&pds, &visit.head, own.account.id, Stay::Visit).await?;
    visit.renew();
    Ok(true)
}

fn password_page(visit: &Visit, own: &Own, problems: Problems<'_>) -> Outcome {
    let told = done::told(visit);
    let view = PasswordPage {
        frame: frame(visit),
        owner: own.owner(),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}

/// `GET …/second-factor`
pub(super) async fn factor_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| factor_page(visit, own, Problems::NONE)).await
}

/// `POST …/second-factor`: turns it on or off.
pub(super) async fn factor(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        own.take_guess(visit)?;
        let on = match visit.field("factor") {
            "on" => true,
            "off" => false,
            _ => return see(&own.at(path::FACTOR)),
        };
        let not_confirmed = (on && !own.is_email_confirmed()).then_some(Problem::EmailNotConfirmed);
        let problem = match not_confirmed {
            None => own.password_problem(visit).await?,
            problem => problem,
        };
        if let Some(problem) = problem {
            return factor_page(visit, own, Problems(&[problem]));
        }
        if on != own.account.email_auth_factor {
            let (owned, account) = (visit.pds.clone(), own.account.clone());
            let set = visit.pds.store.write(move |tx| email::set_factor(&owned, tx, &account, on));
            set.await?;
        }
        let done = if on { Done::FactorOn } else { Done::FactorOff };
        done.lead(visit, own, path::FACTOR)
    })
    .await
}

fn factor_page(visit: &Visit, own: &Own, problems: Problems<'_>) -> Outcome {
    let told = done::told(visit);
    let email = own.account.email.as_deref().filter(|_| own.is_email_confirmed());
    let view = Factor {
        frame: frame(visit),
        owner: own.owner(),
        is_on: own.account.email_auth_factor,
        email: email.map(Id::from),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
