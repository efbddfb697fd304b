//! What a move changes and loses, and agreeing to it.

use askama::Template;

use crate::moving::{Mover, screen};
use crate::{Frame, Id, Json, Notice, Problems, Sentence, When};

/// Something that changes in the identity.
#[derive(Debug, Clone, Copy)]
pub enum Difference<'a> {
    /// Who may change the identity, or in which order.
    Keys {
        /// The keys until now.
        before: &'a [Id<'a>],
        /// The keys from now on.
        after: &'a [Id<'a>],
    },
    /// The names.
    Names {
        /// The names until now.
        before: &'a [Id<'a>],
        /// The names from now on.
        after: &'a [Id<'a>],
    },
    /// A key that the identity signs with.
    Signing {
        /// Which one, such as `atproto`.
        fragment: Id<'a>,
        /// The key until now, if there was one.
        before: Option<Id<'a>>,
        /// The key from now on, if there is one.
        after: Option<Id<'a>>,
    },
    /// A service, such as the host.
    Service {
        /// Which one, such as `atproto_pds`.
        fragment: Id<'a>,
        /// Where it was until now, if anywhere.
        before: Option<Id<'a>>,
        /// Where it is from now on, if anywhere.
        after: Option<Id<'a>>,
    },
}

/// What a move changes in the identity.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The operation that it follows, for the form: an approval names what was shown.
    pub head: Option<&'a str>,
    /// What is different.
    pub differences: &'a [Difference<'a>],
    /// Keys of the owner's, which stay or come.
    pub keys_kept: &'a [Id<'a>],
    /// Keys of the old host, which go.
    pub keys_dropped: &'a [Id<'a>],
    /// Keys that can take the change back for 72 hours.
    pub may_undo: &'a [Id<'a>],
}

/// Why a file does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyMissing {
    /// The old host has none.
    NotFound,
    /// It is damaged there.
    Damaged,
    /// It is too large here.
    TooLarge,
    /// The old host does not answer.
    NoAnswer,
    /// It is not known.
    Unknown,
}

/// A file that does not come.
#[derive(Debug, Clone, Copy)]
pub struct MissingBlob<'a> {
    /// The file, as the form names it.
    pub cid: &'a str,
    /// The first of the records that refer to it.
    pub path: Option<Id<'a>>,
    /// What became of it.
    pub why: WhyMissing,
    /// What the old host says.
    pub says: Option<Sentence<'a>>,
}

/// What the owner is asked for.
#[derive(Debug, Clone, Copy)]
pub enum ReviewStep<'a> {
    /// To look and agree.
    Agree,
    /// For the code that the old host has mailed.
    Code {
        /// Until when codes usually last.
        until: Option<When>,
        /// The change, to be signed with a key of their own instead, as JSON.
        operation: Option<Json<'a>>,
    },
    /// To ask for another code: the old host did not take the one that was entered.
    NewCode {
        /// What the old host says.
        says: Sentence<'a>,
    },
    /// To sign the change with a key of their own: the old host signs nothing.
    OwnSignature {
        /// What the old host says.
        says: Sentence<'a>,
        /// The change, as JSON.
        operation: Json<'a>,
    },
    /// To publish the document of their did:web.
    Document {
        /// The document, as JSON.
        document: Json<'a>,
        /// Where it belongs.
        at: Id<'a>,
    },
}

/// What a move changes and loses, and what the owner is asked for.
///
/// Agreeing is sent to [`REVIEW`](crate::path::REVIEW) with what was shown: `head`, `missing` for each file,
/// `unreadable` (a number) and `preferences` (`on` if they are lost), and with `agree_files`,
/// `agree_records`, `agree_preferences` (each `on`, where there is something of the kind) and `agree`
/// (`on`). The code is sent to [`CONFIRM`](crate::path::CONFIRM) as `code`, a signed change as
/// `operation`; another code is asked for at [`RESUME`](crate::path::RESUME), files that are missing at
/// [`ASK_AGAIN`](crate::path::ASK_AGAIN). [`CANCEL_MOVE`](crate::path::CANCEL_MOVE) gives up.
#[derive(Debug, Clone, Template)]
#[template(path = "moving/review.html")]
pub struct Review<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which account it is.
    pub mover: Mover<'a>,
    /// What changes in the identity, if it is a did:plc.
    pub change: Option<Change<'a>>,
    /// Files that do not come.
    pub missing: &'a [MissingBlob<'a>],
    /// How many records cannot be read. They move as they are.
    pub unreadable: u64,
    /// The paths of the first of them.
    pub unreadable_paths: &'a [Id<'a>],
    /// Why preferences do not come, if they do not.
    pub preferences_lost: Option<Sentence<'a>>,
    /// What else the owner should know. In English.
    pub warnings: &'a [Sentence<'a>],
    /// What they are asked for.
    pub step: ReviewStep<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

impl<'a> Difference<'a> {
    pub(crate) fn title(&self, lang: crate::Lang) -> String {
        match self {
            Self::Keys { .. } => lang.differs_keys().to_owned(),
            Self::Names { .. } => lang.differs_names().to_owned(),
            Self::Signing { fragment, .. } => lang.differs_signing(fragment),
            Self::Service { fragment, .. } => lang.differs_service(fragment),
        }
    }

    pub(crate) fn before(&self) -> Vec<Id<'a>> {
        match self {
            Self::Keys { before, .. } | Self::Names { before, .. } => before.to_vec(),
            Self::Signing { before, .. } | Self::Service { before, .. } => {
                before.iter().copied().collect()
            }
        }
    }

    pub(crate) fn after(&self) -> Vec<Id<'a>> {
        match self {
            Self::Keys { after, .. } | Self::Names { after, .. } => after.to_vec(),
            Self::Signing { after, .. } | Self::Service { after, .. } => {
                after.iter().copied().collect()
            }
        }
    }
}

impl WhyMissing {
    pub(crate) fn words(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::NotFound => lang.missing_not_found(),
            Self::Damaged => lang.missing_damaged(),
            Self::TooLarge => lang.missing_too_large(),
            Self::NoAnswer => lang.missing_no_answer(),
            Self::Unknown => lang.missing_unknown(),
        }
    }
}

impl Review<'_> {
    fn missing_count(&self) -> u64 {
        u64::try_from(self.missing.len()).unwrap_or(u64::MAX)
    }

    fn loses_nothing(&self) -> bool {
        self.missing.is_empty() && self.unreadable == 0 && self.preferences_lost.is_none()
    }
}

screen!(Review, Review, |page| page.t().review_title());
