//! A new password for those who have forgotten theirs.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::authorize::{ForgotPassword, PasswordUpdated, ResetPassword};
use pages::{Id, Input, Problem, Problems};

use super::{PASSWORD_CHARS_MIN, take};
use crate::api::server::{request_password_reset, reset_password};
use crate::failure::Fault;
use crate::oauth;
use crate::password;
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::web::visit::{Visit, act, again, look, page};

/// `GET /account/reset-password`
pub(in crate::web) async fn reset_form(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
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
pub(in crate::web) async fn reset(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
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
pub(in crate::web) async fn confirm_form(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
    look(pds, request, async |visit| page(&reset_page(visit, None, None, Problems::NONE))).await
}

/// `POST /account/reset-password/confirm`
pub(in crate::web) async fn confirm(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
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
