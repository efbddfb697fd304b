//! Moving an account here, on five screens: where it is, what was found, the move, a look at what changes,
//! and what has become of it.
//!
//! Forms of an account that is known have a field `did`, and links to its pages a part `account` of the
//! query: a browser may have more than one account that moves.

mod found;
mod progress;
mod review;
mod state;

use askama::Template;

use crate::{Frame, Id, Problems};

pub use crate::moving::found::{BeginForm, Finding, Found, FoundStep, Level, Sizes};
pub use crate::moving::progress::{DonePage, MovingPage, Need, Note, Outcome, Progress, Setback};
pub use crate::moving::review::{Change, Difference, MissingBlob, Review, ReviewStep, WhyMissing};
pub use crate::moving::state::MoveState;

/// Which account moves, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Mover<'a> {
    /// The handle that it has, or will have.
    pub handle: Id<'a>,
    /// Its DID.
    pub did: Id<'a>,
    /// The old host, by its name.
    pub from: Id<'a>,
    /// This host, by its name.
    pub to: Id<'a>,
}

/// A screen of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Screen {
    Where,
    Found,
    Moving,
    Review,
    Done,
}

/// Where the account is now.
///
/// It is sent to [`FOUND`](crate::path::FOUND) with `identifier`: a handle or a DID.
#[derive(Debug, Clone, Template)]
#[template(path = "moving/where.html")]
pub struct Where<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// What was typed.
    pub identifier: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
}

impl Mover<'_> {
    /// Returns the query that says which account it is.
    pub(crate) fn query(&self) -> String {
        // All that a DID may have that means something else in a query.
        format!("account={}", self.did.to_string().replace('%', "%25"))
    }
}

impl Screen {
    pub(crate) const ALL: [Self; 5] =
        [Self::Where, Self::Found, Self::Moving, Self::Review, Self::Done];

    pub(crate) fn title(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::Where => lang.screen_where(),
            Self::Found => lang.screen_found(),
            Self::Moving => lang.screen_moving(),
            Self::Review => lang.screen_review(),
            Self::Done => lang.screen_done(),
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Where => "one",
            Self::Found => "two",
            Self::Moving => "three",
            Self::Review => "four",
            Self::Done => "five",
        }
    }
}

/// Makes views screens of the move: the struct, its title by the page, and which of the five it is.
macro_rules! screen {
    ($view:ident, $screen:ident, |$page:ident| $title:expr) => {
        crate::page!($view, |$page| $title);

        impl $view<'_> {
            fn screen(&self) -> crate::moving::Screen {
                crate::moving::Screen::$screen
            }
        }
    };
}
use screen;

screen!(Where, Where, |page| page.t().where_title());
