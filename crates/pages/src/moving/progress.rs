//! A move on its way, and at its end.

use askama::Template;

use crate::moving::{MoveState, Mover, screen};
use crate::{Frame, Id, Notice, Problems, Sentence, When};

/// How much has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// How many bytes of the repository.
    pub repo_bytes: u64,
    /// How many records are written.
    pub records: u64,
    /// How many blobs are here.
    pub blobs: u64,
    /// How many blobs records refer to.
    pub blobs_expected: u64,
    /// How many bytes of blobs.
    pub blob_bytes: u64,
}

/// A step that failed and is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Setback<'a> {
    /// Why. In English.
    pub why: Sentence<'a>,
    /// When it is tried again.
    pub again: Option<When>,
}

/// What a person has to do before the move goes on.
#[derive(Debug, Clone, Copy)]
pub enum Need<'a> {
    /// Sign in at the old host again.
    SignIn {
        /// Why.
        why: Sentence<'a>,
        /// Whether that can be done in its own pages.
        may_oauth: bool,
        /// Whether the old host has mailed a code that has to come along.
        needs_code: bool,
    },
    /// Decide: try again, or give up.
    Decide {
        /// What is wrong.
        why: Sentence<'a>,
    },
}

/// A sentence about what was done. In English.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// When.
    pub at: When,
    /// What.
    pub text: Sentence<'a>,
}

/// A move on its way. It looks at itself again every few seconds, by a script or without.
///
/// Forms: [`RESUME`](crate::path::RESUME) with `password` and, if one is needed, `code` where the old host
/// wants them, and without otherwise; [`CANCEL_MOVE`](crate::path::CANCEL_MOVE);
/// [`UNDO`](crate::path::UNDO) with `password` and, if one is needed, `code`. In place of a password,
/// [`SOURCE_OAUTH`](crate::path::SOURCE_OAUTH) with `purpose`: `resume` or `undo`.
#[derive(Debug, Clone, Template)]
#[template(path = "moving/progress.html")]
pub struct MovingPage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which account it is.
    pub mover: Mover<'a>,
    /// How far the move is.
    pub state: MoveState,
    /// How much has come.
    pub progress: Progress,
    /// What failed last.
    pub setback: Option<Setback<'a>>,
    /// What a person has to do.
    pub need: Option<Need<'a>>,
    /// Whether it can be cancelled without a trace.
    pub may_cancel: bool,
    /// Whether the account can be brought back.
    pub may_undo: bool,
    /// Whether the old host has mailed a code that has to come along for that.
    pub undo_needs_code: bool,
    /// Whether its own pages will do for that.
    pub undo_may_oauth: bool,
    /// What else the owner should know. In English.
    pub warnings: &'a [Sentence<'a>],
    /// What was done.
    pub notes: &'a [Note<'a>],
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// How a move has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The account is here.
    Done,
    /// The account is back at the old host.
    RolledBack,
    /// The account never left the old host.
    Cancelled,
}

/// What has become of a move.
///
/// Form: [`UNDO`](crate::path::UNDO) with `password` (of the old host) and, if one is needed, `code`; or
/// [`SOURCE_OAUTH`](crate::path::SOURCE_OAUTH) with `purpose`.
#[derive(Debug, Clone, Template)]
#[template(path = "moving/done.html")]
pub struct DonePage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which account it is.
    pub mover: Mover<'a>,
    /// How it has ended.
    pub outcome: Outcome,
    /// Where the account's pages are.
    pub account: &'a str,
    /// Whether there is a report to keep.
    pub has_report: bool,
    /// How many records are here.
    pub records: u64,
    /// How many files are here.
    pub files: u64,
    /// Whether the owner has a key of their own, if the identity has keys.
    pub has_own_key: bool,
    /// Until when it can be undone here.
    pub undo_until: Option<When>,
    /// Whether the old host has mailed a code that has to come along.
    pub needs_code: bool,
    /// Whether its own pages will do for that.
    pub undo_may_oauth: bool,
    /// Whether the owner has to close, or to open, the account at the old host, as it does not let apps.
    pub is_left_to_do: bool,
    /// Where the old account is, for a last look.
    pub old_host: Id<'a>,
    /// What else the owner should know. In English.
    pub warnings: &'a [Sentence<'a>],
    /// What was done.
    pub notes: &'a [Note<'a>],
    /// What was wrong.
    pub problems: Problems<'a>,
}

impl Outcome {
    fn title(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::Done => lang.done_title(),
            Self::RolledBack => lang.rolled_back_title(),
            Self::Cancelled => lang.cancelled_title(),
        }
    }
}

impl MovingPage<'_> {
    /// The page looks at itself only while nobody is needed.
    fn is_live(&self) -> bool {
        self.need.is_none() && self.problems.is_empty()
    }
}

screen!(MovingPage, Moving, |page| page.t().moving_title());
screen!(DonePage, Done, |page| page.outcome.title(page.t()));
