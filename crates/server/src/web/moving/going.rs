//! Screens three to five: a move on its way, what its owner is asked for, and its end.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::State;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use identity::plc::Operation;
use migrate::job::{Approval, Need};
use pages::{Input, Problem, path};
use store::MoveJob;
use syntax::Cid;
use tokio::time::sleep;

use super::arriving::host_name;
use super::screens::{self, Wrong};
use super::{Moving, Refused, Screen, count, moving, of_page, required, see_move, stop};
use crate::mover::{self, OrderError};
use crate::pds::Pds;
use crate::web::visit::{Outcome, Visit, act, download, look, see};

/// How long somebody who cancels waits to see that nothing is left.
const CANCEL_TIME: Duration = Duration::from_secs(10);
/// How often it is looked whether it is so.
const LOOK: Duration = Duration::from_millis(50);

/// `GET /move/progress`
pub(super) async fn progress(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    show(pds, request, Screen::Progress).await
}

/// `GET /move/review`
pub(super) async fn review(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    show(pds, request, Screen::Review).await
}

/// `GET /move/done`
pub(super) async fn done(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    show(pds, request, Screen::Done).await
}

/// Shows a screen, or leads to the one that the move is at.
async fn show(pds: Pds, request: Request<Body>, screen: Screen) -> Response<Body> {
    look(pds, of_page(request), async |visit| match moving(visit).await? {
        Some(moving) if Screen::of(&moving.seen) == screen => {
            shown(visit, &moving, &Wrong::default())
        }
        Some(moving) => moving.see(),
        None => see(path::MOVE),
    })
    .await
}

/// Shows the screen that a move is at, with why nobody was signed in at the old host.
pub(super) fn refused(visit: &Visit, moving: &Moving, refused: &Refused) -> Outcome {
    let host = host_name(&moving.seen.journal.from);
    let problems: Vec<Problem<'_>> = refused.problem(&host).into_iter().collect();
    let needs_code = refused.needs_code();
    shown(visit, moving, &Wrong { problems: &problems, needs_code })
}

/// Shows the screen that a move is at.
fn shown(visit: &Visit, moving: &Moving, wrong: &Wrong<'_>) -> Outcome {
    match Screen::of(&moving.seen) {
        Screen::Progress => screens::progress(visit, moving, wrong),
        Screen::Review => screens::review(visit, moving, wrong),
        Screen::Done => screens::done(visit, moving, wrong),
    }
}

/// Shows the screen that a move is at, with what was wrong with a form.
fn wrong(visit: &Visit, moving: &Moving, problem: Problem<'_>) -> Outcome {
    shown(visit, moving, &Wrong { problems: &[problem], needs_code: false })
}

/// Leads to where the move is after an order, or shows why it was not taken.
pub(super) fn ordered(
    visit: &Visit,
    moving: &Moving,
    has_code: bool,
    order: Result<(), OrderError>,
) -> Outcome {
    match order {
        // What is not wanted any more was wanted on a page from before.
        Ok(()) | Err(OrderError::NotWanted(_) | OrderError::NotFound) => {
            see(&moving.link(path::PROGRESS))
        }
        Err(OrderError::NotAgreed(_)) => wrong(visit, moving, Problem::Changed),
        Err(OrderError::Switch(_)) => wrong(visit, moving, Problem::OperationWrong),
        Err(OrderError::Host(error)) => refused(visit, moving, &Refused::of(&error, has_code)),
        Err(
            error @ (OrderError::OtherAccount(_)
            | OrderError::Job(_)
            | OrderError::Store(_)
            | OrderError::Plc(_)),
        ) => Err(stop(error)),
    }
}

/// `POST /move/review`: the owner agrees to what was shown.
pub(super) async fn agree(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let Some(approval) = approval(visit) else {
            return wrong(visit, &moving, Problem::Changed);
        };
        let is_ticked = |name: &str| visit.field(name) == "on";
        let is_agreed = is_ticked("agree")
            && (approval.blobs.is_empty() || is_ticked("agree_files"))
            && (approval.unreadable == 0 || is_ticked("agree_records"))
            && (!approval.preferences || is_ticked("agree_preferences"));
        if !is_agreed {
            return wrong(visit, &moving, Problem::NotAgreed);
        }
        let order = mover::approve(&visit.pds, moving.did(), approval).await;
        ordered(visit, &moving, false, order)
    })
    .await
}

/// Reads what was shown to the owner.
fn approval(visit: &Visit) -> Option<Approval> {
    let head = match visit.field("head") {
        "" => None,
        head => Some(Cid::parse(head).ok()?),
    };
    let blobs = visit.all("missing").map(|cid| Cid::parse(cid).ok());
    Some(Approval {
        at_ms: 0,
        head,
        blobs: blobs.collect::<Option<Vec<Cid>>>()?,
        unreadable: visit.field("unreadable").parse().unwrap_or_default(),
        preferences: visit.field("preferences") == "on",
    })
}

/// `POST /move/confirm`: takes the code that the old host has mailed, or the change as its owner has
/// signed it.
pub(super) async fn confirm(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let text = |name: &str| Some(visit.field(name).trim()).filter(|text| !text.is_empty());
        let (code, operation) = (text("code"), text("operation"));
        let operation = match operation.map(|text| Operation::parse(text.as_bytes())) {
            None if code.is_none() => {
                return wrong(visit, &moving, Problem::Missing(Input::Code));
            }
            Some(Err(_)) => return wrong(visit, &moving, Problem::OperationWrong),
            Some(Ok(operation)) => Some(operation),
            None => None,
        };
        let code = code.map(str::to_owned);
        let order = mover::confirm(&visit.pds, moving.did(), code, operation).await;
        ordered(visit, &moving, false, order)
    })
    .await
}

/// `POST /move/resume`: goes on at once, with another session at the old host if one is needed.
pub(super) async fn resume(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let (password, factor) = password(visit);
        if matches!(moving.seen.journal.need, Some(Need::SignIn { .. })) {
            if password.is_empty() {
                return wrong(visit, &moving, Problem::Missing(Input::Password));
            }
            count(visit)?;
        }
        let has_code = factor.is_some();
        let entered = Some((password, factor)).filter(|(password, _)| !password.is_empty());
        let order = mover::resume(&visit.pds, moving.did(), entered, false).await;
        ordered(visit, &moving, has_code, order)
    })
    .await
}

/// Returns the password of the old host that was entered, and the code that goes with it.
fn password(visit: &Visit) -> (String, Option<String>) {
    let code = Some(visit.field("code").trim().to_owned()).filter(|code| !code.is_empty());
    (visit.field("password").to_owned(), code)
}

/// `POST /move/ask-again`: asks again for files that did not come.
pub(super) async fn ask_again(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let order = mover::resume(&visit.pds, moving.did(), None, true).await;
        ordered(visit, &moving, false, order)
    })
    .await
}

/// `POST /move/cancel`: gives up. The account here goes, and with it the session, so that what has become
/// of the move is shown at once.
pub(super) async fn cancel(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let id = mover::current(&visit.pds, moving.did()).await.map_err(stop)?.id;
        match mover::cancel(&visit.pds, moving.did()).await {
            Ok(()) => {}
            Err(error) => return ordered(visit, &moving, false, Err(error)),
        }
        let until = Instant::now() + CANCEL_TIME;
        while Instant::now() < until {
            let row: MoveJob = visit.pds.store.read(|tx| tx.move_job(id)).await?;
            let seen = see_move(visit, row).await?;
            if seen.state.has_ended() {
                let ended = Moving { seen, has_pages: false, ..moving };
                return shown(visit, &ended, &Wrong::default());
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = visit.pds.tasks.stopping() => break,
            }
        }
        see(&moving.link(path::PROGRESS))
    })
    .await
}

/// `POST /move/undo`: begins to bring the account back.
pub(super) async fn undo(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act(pds, request, async |visit| {
        let moving = required(visit).await?;
        let (password, factor) = password(visit);
        if password.is_empty() {
            return wrong(visit, &moving, Problem::Missing(Input::Password));
        }
        count(visit)?;
        let order = mover::undo(&visit.pds, moving.did(), &password, factor.as_deref()).await;
        ordered(visit, &moving, factor.is_some(), order)
    })
    .await
}

/// `GET /move/report`: the report, as a file.
pub(super) async fn report(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    download(pds, request, async |visit| {
        let Some(moving) = moving(visit).await? else { return see(path::MOVE) };
        let report = match mover::report(&visit.pds, moving.did()).await {
            Ok(report) => report,
            Err(OrderError::NotFound) => return moving.see(),
            Err(error) => return Err(stop(error)),
        };
        let mut response = Response::new(Body::from(report));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let file = HeaderValue::from_static("attachment; filename=\"move-report.json\"");
        headers.insert(CONTENT_DISPOSITION, file);
        Ok(response)
    })
    .await
}
