//! Closing an account, for a while or for good.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::{Closed, ClosedPage, Deactivate, Delete, DeleteStep};
use pages::{Problem, Problems, path};
use store::Purpose;

use super::done::{self, Done};
use super::{Own, act_on, agree_problem, frame, handle_of, look_at, shown};
use crate::account;
use crate::api::server::deactivate_account;
use crate::email;
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::web::entry::take;
use crate::web::visit::{Outcome, Visit, page, see};

/// What a link to the page calls the step of it where the code is typed.
const CONFIRM: &str = "confirm";

/// `GET …/deactivate`
pub(super) async fn deactivate_form(
    State(pds): State<Pds>,
    request: Request<Body>,
) -> Response<Body> {
    look_at(pds, request, async |visit, own| deactivate_page(visit, own, Problems::NONE)).await
}

/// `POST …/deactivate`: closes the account until it is opened again.
pub(super) async fn deactivate(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if !own.account.state.status().is_active() {
            return see(&own.at(path::DEACTIVATE));
        }
        own.take_guess(visit)?;
        if let Some(problem) = own.password_problem(visit).await? {
            return deactivate_page(visit, own, Problems(&[problem]));
        }
        deactivate_account::deactivate(&visit.pds, &own.account.did, None).await?;
        closed_page(visit, own, Closed::Deactivated)
    })
    .await
}

fn deactivate_page(visit: &Visit, own: &Own, problems: Problems<'_>) -> Outcome {
    let told = done::told(visit);
    let view = Deactivate {
        frame: frame(visit),
        owner: own.owner(),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}

/// `GET …/delete`
pub(super) async fn delete_form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| {
        let has_code = visit.query("step").as_deref() == Some(CONFIRM);
        let step = if has_code { DeleteStep::Confirm } else { DeleteStep::Look };
        delete_page(visit, own, step, Problems::NONE)
    })
    .await
}

/// `POST …/delete/send`: mails a code that lets the account be deleted.
pub(super) async fn delete_send(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if own.account.email.is_none() {
            let problems = [Problem::EmailNotConfirmed];
            return delete_page(visit, own, DeleteStep::Look, Problems(&problems));
        }
        own.take(visit, &rate::REQUEST_ACCOUNT_DELETE)?;
        email::send_token(&visit.pds, &own.account, Purpose::DeleteAccount).await?;
        Done::CodeSent.lead_with(visit, own, path::DELETE, Some(CONFIRM), "")
    })
    .await
}

/// `POST …/delete`: deletes the account for good, and signs the browser out.
pub(super) async fn delete(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        take(visit, &rate::DELETE_ACCOUNT, &Key::of_ip(oauth::ip(&visit.head)))?;
        own.take_guess(visit)?;
        let mut problems = Vec::new();
        problems.extend(own.code_problem(visit, Purpose::DeleteAccount).await?);
        problems.extend(own.password_problem(visit).await?);
        problems.extend(agree_problem(visit));
        if !problems.is_empty() {
            return delete_page(visit, own, DeleteStep::Confirm, Problems(&problems));
        }
        let pds = visit.pds.clone();
        account::delete(&pds, &own.account.did).await?;
        visit.browser.sign_out(&pds, &visit.head, own.account.id).await?;
        visit.renew();
        closed_page(visit, own, Closed::Deleted)
    })
    .await
}

fn delete_page(visit: &Visit, own: &Own, step: DeleteStep, problems: Problems<'_>) -> Outcome {
    let told = done::told(visit);
    let view = Delete {
        frame: frame(visit),
        owner: own.owner(),
        step,
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}

fn closed_page(visit: &Visit, own: &Own, closed: Closed) -> Outcome {
    let handle = handle_of(&own.account).into();
    page(&ClosedPage { frame: frame(visit), closed, handle })
}
