//! Screens one and two: where the account is, signing in there, and what was found.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use data_encoding::HEXLOWER;
use http::header::SET_COOKIE;
use http::{HeaderValue, Request, Response};
use identity::Origin;
use migrate::job::{Finding, Level};
use pages::moving::{Found, FoundStep, Mover, Where};
use pages::{Input, Problem, Problems, path};
use syntax::{AtIdentifier, Did, Handle};

use super::{Refused, count, link, of_page};
use crate::failure::Fault;
use crate::mover::{self, Arrival, BeginError, Door, Ticket, Waiting, Wish};
use crate::oauth::random;
use crate::pds::Pds;
use crate::web::browser::{self, Stay};
use crate::web::visit::{Outcome, Stop, Visit, act, again, look, page, see};

/// The cookie of somebody who has signed in at the old host, and waits to begin. It is another with each
/// sign-in, so that nobody who has put a cookie into the browser before knows it.
const TICKET: &str = "pagurus-arrival";
/// What findings before a handle and an address are chosen cannot know.
const CHOSEN_LATER: [&str; 3] = ["handle", "email", "invite"];

/// Who is to move, and from where.
pub(super) struct Origins {
    pub(super) did: Did,
    /// The handle that the account has, or its DID.
    pub(super) name: String,
    pub(super) from: Origin,
}

impl Origins {
    /// Finds out where an account is.
    pub(super) async fn of(pds: &Pds, did: &Did) -> Result<Self, BeginError> {
        let from = mover::named_host(pds, did).await?;
        let document = pds.resolver.document(did).await.ok();
        let handle = document.and_then(|document| document.handle());
        let name = handle.map_or_else(|| did.to_string(), |handle| handle.to_string());
        Ok(Self { did: did.clone(), name, from })
    }
}

/// Returns what a host is called.
pub(super) fn host_name(origin: &Origin) -> String {
    let text = origin.to_string();
    text.split_once("://").map_or(text.clone(), |(_, name)| name.to_owned())
}

/// Shows the first screen.
pub(super) fn where_page(visit: &Visit, identifier: &str, problems: &[Problem<'_>]) -> Outcome {
    let view = Where {
        frame: visit.frame(Some(path::MOVE)),
        identifier: identifier.into(),
        problems: Problems(problems),
    };
    if problems.is_empty() { page(&view) } else { again(&view) }
}

/// `POST /move/found`: finds the account that somebody names.
pub(super) async fn find(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let typed = visit.field("identifier").trim();
        if typed.is_empty() {
            return where_page(visit, typed, &[Problem::Missing(Input::Identifier)]);
        }
        count(visit)?;
        let unknown = [Problem::HandleUnknown];
        let name = typed.trim_start_matches('@').to_lowercase();
        let did = match AtIdentifier::parse(&name).or_else(|_| AtIdentifier::parse(typed)) {
            Ok(AtIdentifier::Did(did)) => did,
            Ok(AtIdentifier::Handle(handle)) => match visit.pds.resolver.did_of(&handle).await {
                Ok(did) => did,
                Err(_) => return where_page(visit, typed, &unknown),
            },
            Err(_) => return where_page(visit, typed, &unknown),
        };
        match Origins::of(&visit.pds, &did).await {
            Ok(origins) if origins.from == visit.pds.url => {
                where_page(visit, typed, &[Problem::AlreadyHere])
            }
            Ok(_) => see(&link(path::FOUND, &did)),
            Err(BeginError::Fault(fault)) => Err(fault.into()),
            Err(_) => where_page(visit, typed, &unknown),
        }
    })
    .await
}

/// `GET /move/found`: what was found about an account. Without one, another begins to move here.
pub(super) async fn found(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, of_page(request), async |visit| {
        let named = visit.query("account").and_then(|did| Did::parse(&did).ok());
        let Some(did) = named else { return where_page(visit, "", &[]) };
        if let Some((_, waiting)) = waiting(visit).filter(|(_, one)| one.arrival.session.did == did)
        {
            return super::begin::page_of(visit, &waiting, &waiting.findings, &[]);
        }
        count(visit)?;
        match Origins::of(&visit.pds, &did).await {
            Ok(origins) if origins.from == visit.pds.url => {
                where_page(visit, &origins.name, &[Problem::AlreadyHere])
            }
            Ok(origins) => sign_in_page(visit, &origins, None).await,
            Err(BeginError::Fault(fault)) => Err(fault.into()),
            Err(_) => where_page(visit, did.as_str(), &[Problem::HandleUnknown]),
        }
    })
    .await
}

/// `POST /move/source`: signs in at the old host, and looks around.
pub(super) async fn source(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let Ok(did) = Did::parse(visit.field("did")) else { return see(path::MOVE) };
        let (password, code) = (visit.field("password").to_owned(), visit.field("code").trim());
        let factor = Some(code.to_owned()).filter(|code| !code.is_empty());
        count(visit)?;
        let origins = match Origins::of(&visit.pds, &did).await {
            Ok(origins) => origins,
            Err(BeginError::Fault(fault)) => return Err(fault.into()),
            Err(_) => return where_page(visit, did.as_str(), &[Problem::HandleUnknown]),
        };
        if password.is_empty() {
            return sign_in_page(visit, &origins, Some(&Entered::Nothing)).await;
        }
        let has_code = factor.is_some();
        let identifier = AtIdentifier::Did(did.clone());
        let door = Door { from: None, identifier, password, factor };
        let arrival = match Arrival::sign_in(&visit.pds, &door).await {
            Ok(arrival) => arrival,
            Err(error) => {
                let refused = refused(error, has_code)?;
                return sign_in_page(visit, &origins, Some(&Entered::Refused(refused))).await;
            }
        };
        arrived(visit, &origins, arrival).await
    })
    .await
}

/// Leads somebody on who has signed in at the old host.
pub(super) async fn arrived(visit: &mut Visit, origins: &Origins, arrival: Arrival) -> Outcome {
    match look_around(visit, arrival).await {
        Ok(None) => see(&link(path::FOUND, &origins.did)),
        Ok(Some(cookie)) => {
            let mut response = see(&link(path::FOUND, &origins.did))?;
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(error) => {
            let refused = refused(error, false)?;
            sign_in_page(visit, origins, Some(&Entered::Refused(refused))).await
        }
    }
}

/// Sorts what keeps somebody from signing in.
pub(super) fn refused(error: BeginError, has_code: bool) -> Result<Refused, Stop> {
    match error {
        BeginError::Host(error) => Ok(Refused::of(&error, has_code)),
        BeginError::Fault(fault) => Err(fault.into()),
        BeginError::Job(error) => Err(Fault::from(error).into()),
        error @ (BeginError::Unknown(_)
        | BeginError::OtherHost(_)
        | BeginError::OtherAccount(_)
        | BeginError::NotReady(_)
        | BeginError::Red(_)) => Ok(Refused::Says(error.to_string())),
    }
}

/// Goes on with the move that has begun before, or else notes what there is to be found. Returns the
/// cookie of who waits.
async fn look_around(
    visit: &mut Visit,
    arrival: Arrival,
) -> Result<Option<HeaderValue>, BeginError> {
    let pds = visit.pds.clone();
    if let Some(account) = mover::go_on(&pds, &arrival).await? {
        visit.browser.sign_in(&pds, &visit.head, account.id, Stay::Remembered).await?;
        visit.renew();
        return Ok(None);
    }
    let (name, domain) = super::begin::suggested(visit, &arrival);
    let handle = match &arrival.session.handle {
        Some(handle) => Some(handle.clone()),
        None => Handle::parse(&format!("{name}{domain}")).ok(),
    };
    let wish = Wish { handle, ..Wish::default() };
    let mut findings = match mover::look(&pds, &wish, &arrival).await {
        Ok(findings) => findings,
        Err(error) => {
            arrival.sign_out().await;
            return Err(error);
        }
    };
    findings.retain(|finding| !CHOSEN_LATER.contains(&finding.about.as_str()));
    let (ticket, keeps): (Ticket, _) = (random(), arrival.own_handle(&pds).await);
    let at_ms = pds.clock.now_ms();
    pds.mover.arrivals.put(ticket, Waiting { arrival, findings, keeps, at_ms });
    Ok(Some(browser::cookie(&pds, TICKET, &HEXLOWER.encode(&ticket))))
}

/// Returns who waits in this browser.
pub(super) fn waiting(visit: &Visit) -> Option<(Ticket, Arc<Waiting>)> {
    let value = browser::came(&visit.pds, &visit.head.headers, TICKET)?;
    let ticket: Ticket = HEXLOWER.decode(value.as_bytes()).ok()?.try_into().ok()?;
    let found = visit.pds.mover.arrivals.get(&ticket, visit.pds.clock.now_ms())?;
    Some((ticket, found))
}

/// What was entered to sign in.
pub(super) enum Entered {
    Nothing,
    Refused(Refused),
}

/// Shows screen two before somebody has signed in.
pub(super) async fn sign_in_page(
    visit: &Visit,
    origins: &Origins,
    entered: Option<&Entered>,
) -> Outcome {
    let may_oauth = mover::has_pages(&visit.pds, &origins.from).await;
    let (from, to) = (host_name(&origins.from), host_name(&visit.pds.url));
    let needs_code = match entered {
        Some(Entered::Refused(refused)) => refused.needs_code(),
        Some(Entered::Nothing) | None => false,
    };
    let problem = match entered {
        Some(Entered::Nothing) => Some(Problem::Missing(Input::Password)),
        Some(Entered::Refused(refused)) => refused.problem(&from),
        None => None,
    };
    let problems: Vec<Problem<'_>> = problem.into_iter().collect();
    let view = Found {
        frame: visit.frame(visit.here().filter(|_| entered.is_none())),
        mover: Mover {
            handle: (&origins.name).into(),
            did: origins.did.as_str().into(),
            from: (&from).into(),
            to: (&to).into(),
        },
        findings: &[],
        sizes: None,
        step: FoundStep::SignIn { may_oauth, needs_code },
        problems: Problems(&problems),
    };
    if entered.is_none() { page(&view) } else { again(&view) }
}

/// Shows what was found.
pub(super) fn shown(finding: &Finding) -> pages::moving::Finding<'_> {
    let level = match finding.level {
        Level::Red => pages::moving::Level::Red,
        Level::Yellow => pages::moving::Level::Yellow,
        Level::Green => pages::moving::Level::Green,
    };
    pages::moving::Finding { level, text: (&finding.text).into() }
}
