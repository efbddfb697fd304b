//! Screens three to five, as they are made of what a move has come to.

use migrate::job::{Need, State};
use migrate::report::Loss;
use pages::moving::{
    Change, DonePage, MissingBlob, MoveState, Mover, MovingPage, Note, Outcome as Ending, Progress,
    Review, ReviewStep, Setback, WhyMissing,
};
use pages::{Id, Json, Problem, Problems, Sentence, When};

use super::Moving;
use super::arriving::host_name;
use super::change::{Changed, Parts, ids};
use crate::mover::{self, Missing, Seen};
use crate::web::entry;
use crate::web::visit::{Outcome, Visit, again, page};

/// What was wrong with the form that a screen is shown again for.
#[derive(Default)]
pub(super) struct Wrong<'a> {
    pub(super) problems: &'a [Problem<'a>],
    /// Whether the old host has mailed a code that has to come along with its password.
    pub(super) needs_code: bool,
}

impl Wrong<'_> {
    fn is_nothing(&self) -> bool {
        self.problems.is_empty() && !self.needs_code
    }
}

/// The names of two hosts.
struct Hosts {
    from: String,
    to: String,
}

impl Hosts {
    fn of(visit: &Visit, seen: &Seen) -> Self {
        Self { from: host_name(&seen.journal.from), to: host_name(&visit.pds.url) }
    }

    fn mover<'a>(&'a self, seen: &'a Seen) -> Mover<'a> {
        Mover {
            handle: seen.journal.handle.as_str().into(),
            did: seen.did.as_str().into(),
            from: (&self.from).into(),
            to: (&self.to).into(),
        }
    }
}

/// Returns until when a move that is done can be undone, if it still can.
pub(super) fn undo_until(visit: &Visit, seen: &Seen) -> Option<When> {
    let until = seen.undo_until_ms.filter(|until| visit.pds.clock.now_ms() <= *until);
    until.filter(|_| seen.state.is_undoable()).map(When)
}

fn notes(seen: &Seen) -> Vec<Note<'_>> {
    seen.notes.iter().map(|note| Note { at: When(note.at), text: (&note.text).into() }).collect()
}

fn warnings(seen: &Seen) -> Vec<Sentence<'_>> {
    seen.journal.warnings.iter().map(Sentence::from).collect()
}

/// Shows how far a move is.
pub(super) fn progress(visit: &Visit, moving: &Moving, wrong: &Wrong<'_>) -> Outcome {
    let seen = &moving.seen;
    let hosts = Hosts::of(visit, seen);
    let need = match &seen.journal.need {
        Some(Need::SignIn { message }) => {
            let (why, may_oauth) = (message.into(), moving.has_pages);
            Some(pages::moving::Need::SignIn { why, may_oauth, needs_code: wrong.needs_code })
        }
        Some(Need::Decide { message }) => Some(pages::moving::Need::Decide { why: message.into() }),
        _ => None,
    };
    let error = seen.last_error.as_ref().filter(|_| need.is_none());
    let again_at = seen.retry_at_ms.map(When);
    let mover::Progress { repo_bytes, records, blobs, blobs_expected, blob_bytes } = seen.progress;
    let view = MovingPage {
        frame: visit.frame(visit.here().filter(|_| wrong.is_nothing())),
        mover: hosts.mover(seen),
        state: state(seen.state),
        progress: Progress { repo_bytes, records, blobs, blobs_expected, blob_bytes },
        setback: error.map(|error| Setback { why: error.into(), again: again_at }),
        need,
        may_cancel: seen.state.is_cancellable(),
        may_undo: undo_until(visit, seen).is_some(),
        undo_needs_code: wrong.needs_code,
        undo_may_oauth: moving.has_pages && seen.journal.is_let_in,
        warnings: &warnings(seen),
        notes: &notes(seen),
        problems: Problems(wrong.problems),
        notice: None,
    };
    if wrong.is_nothing() { page(&view) } else { again(&view) }
}

/// Shows what a move changes and loses, and asks for what it needs.
pub(super) fn review(visit: &Visit, moving: &Moving, wrong: &Wrong<'_>) -> Outcome {
    let seen = &moving.seen;
    let hosts = Hosts::of(visit, seen);
    let parts = Parts::of(seen);
    let lists: Vec<_> = parts.differences.iter().map(Changed::lists).collect();
    let differences = parts.differences.iter().zip(&lists);
    let differences: Vec<_> = differences.map(|(one, lists)| one.shown(lists)).collect();
    let (kept, dropped) = (ids(&parts.kept), ids(&parts.dropped));
    let may_undo = ids(&parts.may_undo);
    let change = parts.head.as_deref().map(|head| Change {
        head: Some(head),
        differences: &differences,
        keys_kept: &kept,
        keys_dropped: &dropped,
        may_undo: &may_undo,
    });
    let cids: Vec<String> = seen.missing.iter().map(|blob| blob.cid.to_string()).collect();
    let missing: Vec<_> =
        seen.missing.iter().zip(&cids).map(|(blob, cid)| missing(blob, cid)).collect();
    let paths = ids(&seen.journal.unreadable.paths);
    let at = document_place(&seen.did);
    let operation = Json::from(&parts.document);
    let step = match &seen.journal.need {
        Some(Need::Code { until_ms }) => {
            ReviewStep::Code { until: Some(When(*until_ms)), operation: Some(operation) }
        }
        Some(Need::NewCode { message }) => ReviewStep::NewCode { says: message.into() },
        Some(Need::OwnSignature { message }) => {
            ReviewStep::OwnSignature { says: message.into(), operation }
        }
        Some(Need::Document) => ReviewStep::Document { document: operation, at: (&at).into() },
        _ => ReviewStep::Agree,
    };
    let view = Review {
        frame: visit.frame(visit.here().filter(|_| wrong.is_nothing())),
        mover: hosts.mover(seen),
        change,
        missing: &missing,
        unreadable: seen.journal.unreadable.count,
        unreadable_paths: &paths,
        preferences_lost: seen.journal.preferences_lost.as_ref().map(Sentence::from),
        warnings: &warnings(seen),
        step,
        problems: Problems(wrong.problems),
        notice: None,
    };
    if wrong.is_nothing() { page(&view) } else { again(&view) }
}

/// Shows what has become of a move.
pub(super) fn done(visit: &Visit, moving: &Moving, wrong: &Wrong<'_>) -> Outcome {
    let seen = &moving.seen;
    let hosts = Hosts::of(visit, seen);
    let outcome = match seen.state {
        State::RolledBack => Ending::RolledBack,
        State::Cancelled => Ending::Cancelled,
        _ => Ending::Done,
    };
    let has_own_key = match &seen.change {
        Some(mover::Change::Plc { switch, .. }) => !switch.kept.is_empty(),
        // The owner of a did:web has its domain.
        Some(mover::Change::Web(_)) | None => true,
    };
    let view = DonePage {
        frame: visit.frame(visit.here().filter(|_| wrong.is_nothing())),
        mover: hosts.mover(seen),
        outcome,
        account: &entry::account_path(&moving.account),
        has_report: seen.journal.report.is_some(),
        records: seen.progress.records,
        files: seen.progress.blobs,
        has_own_key,
        undo_until: undo_until(visit, seen),
        needs_code: wrong.needs_code,
        undo_may_oauth: moving.has_pages && seen.journal.is_let_in,
        is_left_to_do: seen.journal.is_left_to_do,
        old_host: (&hosts.from).into(),
        warnings: &warnings(seen),
        notes: &notes(seen),
        problems: Problems(wrong.problems),
    };
    if wrong.is_nothing() { page(&view) } else { again(&view) }
}

/// Returns where the document of a did:web belongs.
fn document_place(did: &syntax::Did) -> String {
    let host = did.as_str().trim_start_matches("did:web:").replace("%3A", ":");
    format!("https://{host}/.well-known/did.json")
}

fn missing<'a>(blob: &'a Missing, cid: &'a str) -> MissingBlob<'a> {
    let why = match blob.loss {
        Loss::NotFound => WhyMissing::NotFound,
        Loss::Damaged => WhyMissing::Damaged,
        Loss::TooLarge => WhyMissing::TooLarge,
        Loss::NoAnswer => WhyMissing::NoAnswer,
        Loss::Unknown => WhyMissing::Unknown,
    };
    let (path, says) = (blob.path.as_ref(), blob.message.as_ref());
    MissingBlob { cid, path: path.map(Id::from), why, says: says.map(Sentence::from) }
}

fn state(state: State) -> MoveState {
    match state {
        State::Reserve => MoveState::Reserve,
        State::Import => MoveState::Import,
        State::Blobs => MoveState::Blobs,
        State::Private => MoveState::Private,
        State::CatchUp => MoveState::CatchUp,
        State::Ready => MoveState::Ready,
        State::Sign => MoveState::Sign,
        State::Submit => MoveState::Submit,
        State::Confirm => MoveState::Confirm,
        State::FinalCatchUp => MoveState::FinalCatchUp,
        State::Activate => MoveState::Activate,
        State::Network => MoveState::Network,
        State::Retire => MoveState::Retire,
        State::Report => MoveState::Report,
        State::Done => MoveState::Done,
        State::UndoClose => MoveState::UndoClose,
        State::UndoSubmit => MoveState::UndoSubmit,
        State::UndoOpen => MoveState::UndoOpen,
        State::RolledBack => MoveState::RolledBack,
        State::Cancel => MoveState::Cancel,
        State::Cancelled => MoveState::Cancelled,
    }
}
