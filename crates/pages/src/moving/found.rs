//! What was found about an account that wants to move here, and beginning the move.

use askama::Template;

use crate::moving::{Mover, screen};
use crate::{Frame, Id, Name, Problems, Sentence};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The move cannot begin.
    Red,
    /// The owner should know.
    Yellow,
    /// All is well.
    Green,
}

/// Something that was found. In English, as the server that looked says it.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// How much it matters.
    pub level: Level,
    /// What was found, in a sentence.
    pub text: Sentence<'a>,
}

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// How many records, if that is known.
    pub records: Option<u64>,
    /// How many files, if that is known.
    pub files: Option<u64>,
    /// How many bytes in all, if that is known.
    pub bytes: Option<u64>,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub enum FoundStep<'a> {
    /// The owner signs in at the old host.
    SignIn {
        /// Whether that can be done in its own pages.
        may_oauth: bool,
        /// Whether it has mailed a code that has to come along.
        needs_code: bool,
    },
    /// The owner says how the account will be here.
    Begin(BeginForm<'a>),
    /// Something keeps the move from beginning.
    Stuck,
}

/// How the account will be here.
#[derive(Debug, Clone, Copy)]
pub struct BeginForm<'a> {
    /// The handle that it can keep, as it is under a domain of the owner's.
    pub keeps: Option<Id<'a>>,
    /// Whether it does.
    pub is_kept: bool,
    /// The name that was typed.
    pub handle: Name<'a>,
    /// The domains that handles are under, such as `.example.com`.
    pub domains: &'a [String],
    /// Which of them was picked.
    pub domain: &'a str,
    /// The e-mail address.
    pub email: Id<'a>,
    /// Whether a code is needed that invites.
    pub needs_invite: bool,
    /// The code that was typed.
    pub invite_code: Name<'a>,
    /// The recovery key that was typed or made.
    pub key: Id<'a>,
    /// Whether a recovery key can be added: the identity is a did:plc.
    pub may_add_key: bool,
}

/// What was found, and what comes next.
///
/// Signing in is sent to [`SOURCE`](crate::path::SOURCE) with `password` and, if one is needed, `code`; or to
/// [`SOURCE_OAUTH`](crate::path::SOURCE_OAUTH) with `purpose`. The move begins at [`BEGIN`](crate::path::BEGIN) with
/// `keep` (`yes` or `no`, if there is a handle to keep), `handle`, `domain`, `email`, `new_password`,
/// `invite_code` if one is needed, `key` (a `did:key`, or empty) and `delete_after_days` (a number, or
/// empty).
#[derive(Debug, Clone, Template)]
#[template(path = "moving/found.html")]
pub struct Found<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which account it is.
    pub mover: Mover<'a>,
    /// What was found.
    pub findings: &'a [Finding<'a>],
    /// How much there is.
    pub sizes: Option<Sizes>,
    /// What comes next.
    pub step: FoundStep<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
}

impl Level {
    pub(crate) const ALL: [Self; 3] = [Self::Red, Self::Yellow, Self::Green];

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        }
    }

    pub(crate) fn title(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::Red => lang.level_red(),
            Self::Yellow => lang.level_yellow(),
            Self::Green => lang.level_green(),
        }
    }
}

impl Found<'_> {
    fn of(&self, level: &Level) -> Vec<&Finding<'_>> {
        self.findings.iter().filter(|finding| finding.level == *level).collect()
    }
}

screen!(Found, Found, |page| page.t().found_title());
