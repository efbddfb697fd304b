//! Moving away.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::Leave;
use pages::{Link, Problem, Problems, path};
use store::Purpose;

use super::done::{self, Done};
use super::{Own, act_on, frame, key, look_at, plc_problem, shown};
use crate::email;
use crate::failure::Fault;
use crate::pds::Pds;
use crate::rate;
use crate::web::visit::{Outcome, Visit, see};

/// `GET …/leave`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own, Vec::new()).await).await
}

/// `POST …/leave/send`: mails the code that lets the identity be changed.
pub(super) async fn send(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        if !own.is_plc() {
            return see(&own.at(path::LEAVE));
        }
        own.take_guess(visit)?;
        let problem = match &own.account.email {
            Some(_) => own.password_problem(visit).await?,
            None => Some(Problem::EmailNotConfirmed),
        };
        if let Some(problem) = problem {
            return show(visit, own, vec![problem]).await;
        }
        own.take(visit, &rate::REQUEST_PLC_OPERATION)?;
        email::send_token(&visit.pds, &own.account, Purpose::PlcOperation).await?;
        Done::CodeSent.lead(visit, own, path::LEAVE)
    })
    .await
}

async fn show(visit: &Visit, own: &Own, mut problems: Vec<Problem<'_>>) -> Outcome {
    let own_keys = key::count_own(visit, own).await;
    if let Err(error) = &own_keys {
        problems.push(plc_problem(&visit.pds, error));
    }
    let url = visit.pds.url.to_string();
    let not_a_link = || Fault::Internal("the server's own address is no link".into());
    let told = done::told(visit);
    let problems = Problems(&problems);
    let view = Leave {
        frame: frame(visit),
        owner: own.owner(),
        is_plc: own.is_plc(),
        own_keys: own_keys.as_ref().copied().unwrap_or_default(),
        server: Link::parse(&url).ok_or_else(not_a_link)?,
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
