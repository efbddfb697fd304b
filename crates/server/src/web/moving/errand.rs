//! To the pages of the old host, and back: signing in there in place of entering its password here.

use axum::body::Body;
use axum::extract::State;
use data_encoding::HEXLOWER;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use identity::Origin;
use pages::{Problem, path};
use syntax::Did;

use super::arriving::{Entered, Origins, arrived, refused, sign_in_page, where_page};
use super::{Moving, Refused, count, going, moving_of, required};
use crate::mover::{self, Arrival, BeginError, Purpose, ReturnError, Ticket};
use crate::pds::Pds;
use crate::web::browser;
use crate::web::visit::{Outcome, Stop, Visit, act, look, see};

/// The cookie of somebody who was sent to the pages of the old host. Answers count in this browser only.
const ERRAND: &str = "pagurus-errand";
/// How long others may remember the document.
const AGE: &str = "max-age=300";

/// `POST /move/source/oauth`: sends somebody to the pages of their old host.
pub(super) async fn leave(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let Ok(did) = Did::parse(visit.field("did")) else { return see(path::MOVE) };
        let (purpose, moving) = match visit.field("purpose") {
            "resume" => (Purpose::Resume, Some(required(visit).await?)),
            "undo" => (Purpose::Undo, Some(required(visit).await?)),
            _ => (Purpose::Begin, None),
        };
        count(visit)?;
        let origins = match &moving {
            Some(moving) => of_move(moving),
            None => match origins(visit, &did).await? {
                Ok(origins) => origins,
                Err(page) => return page,
            },
        };
        match mover::leave(&visit.pds, &origins.from, &did, purpose).await {
            Ok((ticket, link)) => {
                let mut response = see(link.as_str())?;
                let cookie = browser::cookie(&visit.pds, ERRAND, &HEXLOWER.encode(&ticket));
                response.headers_mut().append(SET_COOKIE, cookie);
                Ok(response)
            }
            Err(error) => {
                // That it refuses the app is nothing that a password is wrong with.
                let refused = match Refused::of(&error, false) {
                    Refused::Silent => Refused::Silent,
                    _ => Refused::Says(error.to_string()),
                };
                wrong(visit, moving.as_ref(), &origins, refused).await
            }
        }
    })
    .await
}

/// Finds out where an account is, or shows the first screen again.
async fn origins(visit: &Visit, did: &Did) -> Result<Result<Origins, Outcome>, Stop> {
    match Origins::of(&visit.pds, did).await {
        Ok(origins) if origins.from == visit.pds.url => {
            Ok(Err(where_page(visit, &origins.name, &[Problem::AlreadyHere])))
        }
        Ok(origins) => Ok(Ok(origins)),
        Err(BeginError::Fault(fault)) => Err(fault.into()),
        Err(_) => Ok(Err(where_page(visit, did.as_str(), &[Problem::HandleUnknown]))),
    }
}

/// Returns where the account of a move comes from.
fn of_move(moving: &Moving) -> Origins {
    let journal = &moving.seen.journal;
    let name = journal.handle.to_string();
    Origins { did: moving.did().clone(), name, from: journal.from.clone() }
}

/// Shows why nobody is signed in, where they have begun to.
async fn wrong(
    visit: &Visit,
    moving: Option<&Moving>,
    origins: &Origins,
    refused: Refused,
) -> Outcome {
    match moving {
        Some(moving) => going::refused(visit, moving, &refused),
        None => sign_in_page(visit, origins, Some(&Entered::Refused(refused))).await,
    }
}

/// `GET /move/callback`: somebody comes back from the pages of their old host.
pub(super) async fn come_back(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| {
        let query = visit.head.uri.query().unwrap_or_default().to_owned();
        let issuer = &visit.pds.oauth.issuer;
        let host = visit.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let own = mover::own_client(issuer);
        if host.is_some_and(|host| own.is_beside(issuer, host)) {
            let callback = format!("{}{}", path::MOVE, path::CALLBACK);
            return see(&format!("{issuer}{callback}?{query}"));
        }
        count(visit)?;
        let too_old = || where_page(visit, "", &[Problem::AnswerTooOld]);
        let Some((ticket, (purpose, did, from))) = expected(visit, &query) else {
            return too_old();
        };
        let moving = match purpose {
            Purpose::Begin => None,
            Purpose::Resume | Purpose::Undo => {
                // Another account of this browser may have a move as well.
                let moving = moving_of(visit, Some(did.to_string())).await?;
                // A later one may be from elsewhere.
                let moving = moving.filter(|moving| moving.seen.journal.from == from);
                let Some(moving) = moving else { return see(path::MOVE) };
                Some(moving)
            }
        };
        let origins = match &moving {
            Some(moving) => of_move(moving),
            None => match origins(visit, &did).await? {
                Ok(origins) => origins,
                Err(page) => return page,
            },
        };
        // Not before: what went wrong until here can be tried again with the same answer.
        let now_ms = visit.pds.clock.now_ms();
        let Some(away) = visit.pds.mover.elsewhere.take(&ticket, &query, now_ms) else {
            return too_old();
        };
        match (away.come_back(&visit.pds, &query).await, &moving) {
            (Ok(arrival), None) => arrived(visit, &origins, arrival).await,
            (Ok(arrival), Some(moving)) => go_on(visit, moving, purpose, &arrival).await,
            (Err(error), moving) => {
                let error = sorted(error)?;
                wrong(visit, moving.as_ref(), &origins, error).await
            }
        }
    })
    .await
}

/// Returns who has come back in this browser, and what is known of them.
fn expected(visit: &Visit, query: &str) -> Option<(Ticket, (Purpose, Did, Origin))> {
    let value = browser::came(&visit.pds, &visit.head.headers, ERRAND)?;
    let ticket: Ticket = HEXLOWER.decode(value.as_bytes()).ok()?.try_into().ok()?;
    let now_ms = visit.pds.clock.now_ms();
    Some((ticket, visit.pds.mover.elsewhere.expected(&ticket, query, now_ms)?))
}

/// Goes on with a move, or back, with the session that has begun.
async fn go_on(visit: &Visit, moving: &Moving, purpose: Purpose, arrival: &Arrival) -> Outcome {
    let session = &arrival.session.session;
    let order = match purpose {
        Purpose::Undo => mover::undo_with(&visit.pds, moving.did(), session).await,
        Purpose::Begin | Purpose::Resume => {
            mover::resume_with(&visit.pds, moving.did(), session).await
        }
    };
    // Nobody needs it.
    if !matches!(order, Ok(true)) {
        arrival.sign_out().await;
    }
    going::ordered(visit, moving, false, order.map(|_| ()))
}

/// Sorts what keeps somebody from being signed in.
fn sorted(error: ReturnError) -> Result<Refused, Stop> {
    Ok(match error {
        ReturnError::Stray(error) => {
            tracing::warn!(%error, "somebody came back with what nobody has asked for");
            Refused::Stray
        }
        ReturnError::Denied => Refused::NotLetIn,
        ReturnError::Says(text) => Refused::Says(text),
        ReturnError::Lacking(scopes) => Refused::TooLittle(scopes),
        ReturnError::Begin(BeginError::OtherAccount(did)) => Refused::OtherAccount(did),
        ReturnError::Begin(BeginError::Host(error)) => match Refused::of(&error, false) {
            Refused::Silent => Refused::Silent,
            _ => Refused::Says(error.to_string()),
        },
        ReturnError::Begin(error) => refused(error, false)?,
    })
}

/// `GET /oauth/mover-client-metadata.json`: who this server is as an app.
pub(super) async fn document(State(pds): State<Pds>) -> Response<Body> {
    let issuer = &pds.oauth.issuer;
    let own = mover::own_client(issuer);
    let document = serde_json::to_vec(&own.document(issuer, &pds.look.name));
    let mut response = Response::new(Body::from(document.expect("it is texts and lists")));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(AGE));
    response
}
