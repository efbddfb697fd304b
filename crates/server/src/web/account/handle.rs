//! The handle: a name under one of the server's domains, or a domain of the owner's.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::{HandlePage, HandleSeen, OwnDomain};
use pages::{Id, Input, Problem, Problems, path};
use syntax::{Did, Handle};

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at, plc_problem, shown};
use crate::did_plc::ChangeError;
use crate::failure::Fault;
use crate::handle::{self, GiveError, UpdateError};
use crate::oauth;
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::web::entry::{handle_problem, take};
use crate::web::visit::{Outcome, Stop, Visit};

/// What a domain leads to.
enum Seen {
    /// Nobody has looked.
    Unknown,
    Nothing,
    Did(Did),
}

/// Which of the page's two inputs was used.
#[derive(Debug, Clone, Copy)]
enum Used {
    Name,
    Domain,
}

/// `GET …/handle`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own, Used::Name, &Seen::Unknown, None))
        .await
}

/// `POST …/handle`: takes a name under one of the server's domains.
pub(super) async fn name(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let (name, domain) = (visit.field("handle").trim(), visit.field("domain"));
        if name.is_empty() {
            let problem = Problem::Missing(Input::Handle);
            return show(visit, own, Used::Name, &Seen::Unknown, Some(problem));
        }
        let is_ours = visit.pds.handle_domains.iter().any(|ours| ours == domain);
        let handle = Handle::parse(&format!("{name}{domain}").to_lowercase()).ok();
        let Some(handle) = handle.filter(|_| is_ours) else {
            return show(visit, own, Used::Name, &Seen::Unknown, Some(Problem::HandleSyntax));
        };
        update(visit, own, Used::Name, handle).await
    })
    .await
}

/// `POST …/handle/domain`: takes a domain of the owner's, if it leads to the account.
pub(super) async fn domain(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| match typed(visit) {
        Ok(handle) => update(visit, own, Used::Domain, handle).await,
        Err(problem) => show(visit, own, Used::Domain, &Seen::Unknown, Some(problem)),
    })
    .await
}

/// `POST …/handle/check`: looks where a domain of the owner's leads. Nothing is changed.
pub(super) async fn check(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let key = Key::of_ip(oauth::ip(&visit.head));
        take(visit, &rate::CHECK_HANDLE_AVAILABILITY, &key)?;
        let handle = match typed(visit) {
            Ok(handle) => handle,
            Err(problem) => {
                return show(visit, own, Used::Domain, &Seen::Unknown, Some(problem));
            }
        };
        if let Err(error) = handle::check(&visit.pds, &handle) {
            let problem = handle_problem(&error);
            return show(visit, own, Used::Domain, &Seen::Unknown, Some(problem));
        }
        let seen = handle::led_to(&visit.pds, &handle).await.map_or(Seen::Nothing, Seen::Did);
        show(visit, own, Used::Domain, &seen, None)
    })
    .await
}

/// Returns the domain that was typed, as people type it.
fn typed(visit: &Visit) -> Result<Handle, Problem<'static>> {
    let own = visit.field("own").trim().trim_start_matches('@').to_lowercase();
    if own.is_empty() {
        return Err(Problem::Missing(Input::Handle));
    }
    Handle::parse(&own).map_err(|_| Problem::HandleSyntax)
}

/// Gives the account the handle, or says why not.
async fn update(visit: &Visit, own: &Own, used: Used, handle: Handle) -> Outcome {
    own.take(visit, &rate::UPDATE_HANDLE)?;
    let error = match handle::update(&visit.pds, &own.account, handle).await {
        Ok(()) => return Done::HandleChanged.lead(visit, own, path::HANDLE),
        Err(error) => error,
    };
    let (problem, seen) = match &error {
        UpdateError::LeadsNowhere => (Problem::HandleLeadsNowhere, Seen::Nothing),
        UpdateError::LeadsTo(did) => {
            (Problem::HandleLeadsTo(did.as_str().into()), Seen::Did(did.clone()))
        }
        UpdateError::Handle(error) => (handle_problem(error), Seen::Unknown),
        UpdateError::Give(GiveError::Taken(_)) => (Problem::HandleTaken, Seen::Unknown),
        UpdateError::Give(GiveError::NotClaimed) => (Problem::HandleNotClaimed, Seen::Unknown),
        UpdateError::Give(GiveError::Identity(ChangeError::Plc(error))) => {
            (plc_problem(&visit.pds, error), Seen::Unknown)
        }
        UpdateError::Give(_) | UpdateError::Store(_) => return Err(broken(error)),
    };
    show(visit, own, used, &seen, Some(problem))
}

fn broken(error: UpdateError) -> Stop {
    match error {
        UpdateError::Give(error) => Fault::from(error).into(),
        UpdateError::Store(error) => error.into(),
        error => Fault::Internal(error.into()).into(),
    }
}

fn show(
    visit: &Visit,
    own: &Own,
    used: Used,
    seen: &Seen,
    problem: Option<Problem<'_>>,
) -> Outcome {
    let marked = match (used, &problem) {
        (Used::Domain, Some(problem)) => Some(Problem::OfOwnDomain(problem)),
        (Used::Name | Used::Domain, _) => problem,
    };
    let problems = Problems(marked.as_slice());
    let domains = &visit.pds.handle_domains;
    let domain = domains.iter().find(|domain| *domain == visit.field("domain"));
    let typed: Cow<'_, str> = match visit.field("own") {
        "" => Cow::Borrowed(""),
        _ => typed(visit).map_or(visit.field("own").into(), |handle| handle.to_string().into()),
    };
    let seen = match seen {
        Seen::Unknown => HandleSeen::Unknown,
        Seen::Nothing => HandleSeen::Nothing,
        Seen::Did(did) if *did == own.account.did => HandleSeen::Here,
        Seen::Did(did) => HandleSeen::Other(did.as_str().into()),
    };
    let own_domain = OwnDomain { domain: Id::from(&*typed), seen };
    let told = done::told(visit);
    let view = HandlePage {
        frame: frame(visit),
        owner: own.owner(),
        handle: visit.field("handle").into(),
        domains,
        domain: domain.or(domains.first()).map_or("", String::as_str),
        own: (!typed.is_empty()).then_some(own_domain),
        problems,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    };
    shown(&view, problems)
}
