//! A move as it is written down: how far it is, what was found, and what a person has to do next.
//!
//! The server at the new host carries it out, one step after the other. Each step can be done again:
//! the server may end at any moment. Up to [`State::Submit`] nothing has happened that cancelling the
//! move would not undo; after that the identity is what has to be changed back.

mod finding;

use identity::Origin;
use identity::plc::{DidKey, Operation, State as PlcState};
use serde::{Deserialize, Serialize};
use syntax::{Cid, Handle, Tid};

pub use crate::job::finding::{Finding, Level};
use crate::report::{Head, Leaves, Preferences};
use crate::switch::Switch;

/// How far a move is: the step that is being done, or that a person has to do something for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The account is made here, deactivated.
    Reserve,
    /// The repository comes.
    Import,
    /// The blobs come.
    Blobs,
    /// Preferences come.
    Private,
    /// What was written at the old host meanwhile comes.
    CatchUp,
    /// All is here. The owner looks at what will change, and agrees.
    Ready,
    /// The change of the identity gets its signature.
    Sign,
    /// The change of the identity is sent to the directory. From here on it may have happened.
    Submit,
    /// The identity is looked at from outside.
    Confirm,
    /// What was written at the old host until the identity changed comes.
    FinalCatchUp,
    /// The account opens here.
    Activate,
    /// Relays are seen to know.
    Network,
    /// The account closes at the old host.
    Retire,
    /// The report is written.
    Report,
    /// It is done.
    Done,
    /// The account closes here, as its owner wants to be back at the old host.
    UndoClose,
    /// The identity is changed back.
    UndoSubmit,
    /// The account opens at the old host.
    UndoOpen,
    /// The account is at the old host, as it was.
    RolledBack,
    /// What was here of the account goes.
    Cancel,
    /// The move was cancelled, and nothing is left of it.
    Cancelled,
}

/// What a person has to do before a move goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Need {
    /// Look at what will change and what is lost, and agree.
    Review,
    /// Enter the code that the old host has mailed, or sign the change with a key of one's own.
    Code {
        /// Until when codes usually last, in milliseconds since 1970.
        until_ms: u64,
    },
    /// Ask for another code: the old host did not take the one that was entered.
    NewCode {
        /// What the old host says.
        message: String,
    },
    /// Sign the change with a key of one's own: the old host signs nothing.
    OwnSignature {
        /// What the old host says.
        message: String,
    },
    /// Publish the DID document.
    Document,
    /// Sign in at the old host again.
    SignIn {
        /// Why.
        message: String,
    },
    /// Decide: try again or cancel.
    Decide {
        /// What is wrong.
        message: String,
    },
}

/// What a move was told to do, and what was found and done so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// The old host.
    pub from: Origin,
    /// The handle that the account will have.
    pub handle: Handle,
    /// Its e-mail address here.
    pub email: Option<String>,
    /// The code that invites it.
    pub invite_code: Option<String>,
    /// A new key of the owner's, to be added to those that they have.
    pub own_key: Option<DidKey>,
    /// After how many days the account is to be deleted at the old host, if at all.
    pub delete_after_days: Option<u32>,
    /// When it began, in milliseconds since 1970.
    pub began_at_ms: u64,
    /// Whether the account was here before, deactivated.
    pub was_here: bool,
    /// What was found before it began.
    pub findings: Vec<Finding>,
    /// What a person has to do next.
    pub need: Option<Need>,
    /// How often the step that is due has failed in a way that may be for good.
    #[serde(default)]
    pub doubts: u64,
    /// The commit of the old host that is here.
    pub source: Option<Head>,
    /// Records that cannot be read, some of them by name.
    pub unreadable: Unreadable,
    /// The preferences that the old host has given.
    pub preferences: Option<Preferences>,
    /// Why it has not.
    pub preferences_lost: Option<String>,
    /// What the owner agreed to.
    pub approval: Option<Approval>,
    /// The change of a did:plc identity.
    pub switch: Option<Planned>,
    /// When the old host was asked for a code.
    pub code_asked_at_ms: Option<u64>,
    /// The signed change. It is here before it is sent.
    pub operation: Option<Operation>,
    /// When the identity was seen to name this host.
    pub switched_at_ms: Option<u64>,
    /// The commit that the account opened with here.
    #[serde(default)]
    pub opened: Option<Opened>,
    /// The signed change back.
    pub undo_operation: Option<Operation>,
    /// Whether the owner has let this server in on the pages of the old host.
    #[serde(default)]
    pub is_let_in: bool,
    /// What the old host had when it was asked to close the account, if it cannot be asked afterwards.
    #[serde(default)]
    pub theirs: Option<Theirs>,
    /// Whether the owner has to close, or to open, the account at the old host, as that does not let apps.
    #[serde(default)]
    pub is_left_to_do: bool,
    /// What else the owner should know.
    pub warnings: Vec<String>,
    /// The signed report, as it is in its file.
    pub report: Option<String>,
}

/// The commit that an account opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The commit.
    pub commit: Cid,
    /// Its revision.
    pub rev: Tid,
    /// The root of its tree.
    pub data: Cid,
}

/// The records of the old host, as a report has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// The root of their tree.
    pub data: Cid,
    /// Their digests.
    pub leaves: Leaves,
}

/// Records that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unreadable {
    /// How many there are.
    pub count: u64,
    /// The paths of the first of them.
    pub paths: Vec<String>,
}

/// What an owner agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Approval {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The operation that the change follows.
    pub head: Option<Cid>,
    /// The blobs that may stay behind.
    pub blobs: Vec<Cid>,
    /// How many records that cannot be read may move as they are.
    pub unreadable: u64,
    /// Whether preferences may stay behind.
    pub preferences: bool,
}

/// The change of a did:plc identity that was shown to the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The operation that it follows.
    pub head: Cid,
    /// The state that the directory has.
    pub before: PlcState,
    /// The state that it will have.
    pub after: PlcState,
    /// Keys of the owner's, which stay.
    pub kept: Vec<DidKey>,
    /// Keys of the old host, which go.
    pub dropped: Vec<DidKey>,
}

/// Why an approval does not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAgreed {
    /// The identity has changed since.
    #[error("the identity has changed since: look at the differences again")]
    Head,
    /// Blobs are missing that were not named.
    #[error("blobs are missing that were not agreed to: {}", list(.0))]
    Blobs(Vec<Cid>),
    /// There are more records that cannot be read.
    #[error("{0} records cannot be read")]
    Unreadable(u64),
    /// Preferences are missing.
    #[error("the old host does not give the preferences")]
    Preferences,
}

impl State {
    /// The states on the way to [`State::Done`], in their order.
    pub const TO_DONE: [Self; 14] = [
        Self::Reserve,
        Self::Import,
        Self::Blobs,
        Self::Private,
        Self::CatchUp,
        Self::Ready,
        Self::Sign,
        Self::Submit,
        Self::Confirm,
        Self::FinalCatchUp,
        Self::Activate,
        Self::Network,
        Self::Retire,
        Self::Report,
    ];
    /// The states on the way back, in their order.
    pub const BACK: [Self; 3] = [Self::UndoClose, Self::UndoSubmit, Self::UndoOpen];

    /// Tells whether a move that is here can be cancelled without a trace.
    pub fn is_cancellable(self) -> bool {
        self < Self::Submit
    }

    /// Tells whether a move that is here can be undone: the identity may have changed.
    pub fn is_undoable(self) -> bool {
        (Self::Confirm..=Self::Done).contains(&self)
    }

    /// Tells whether nothing more happens.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::RolledBack | Self::Cancelled)
    }

    /// Returns the name that it is written with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Import => "import",
            Self::Blobs => "blobs",
            Self::Private => "private",
            Self::CatchUp => "catch_up",
            Self::Ready => "ready",
            Self::Sign => "sign",
            Self::Submit => "submit",
            Self::Confirm => "confirm",
            Self::FinalCatchUp => "final_catch_up",
            Self::Activate => "activate",
            Self::Network => "network",
            Self::Retire => "retire",
            Self::Report => "report",
            Self::Done => "done",
            Self::UndoClose => "undo_close",
            Self::UndoSubmit => "undo_submit",
            Self::UndoOpen => "undo_open",
            Self::RolledBack => "rolled_back",
            Self::Cancel => "cancel",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::from(name)).ok()
    }
}

impl Need {
    /// Returns what somebody says about it, if anybody does.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Review | Self::Code { .. } | Self::Document => None,
            Self::NewCode { message }
            | Self::OwnSignature { message }
            | Self::SignIn { message }
            | Self::Decide { message } => Some(message),
        }
    }
}

impl Planned {
    /// Notes a change that was planned.
    pub fn of(switch: &Switch, last: &Operation) -> Self {
        let Switch { before, after, kept, dropped } = switch.clone();
        Self { head: last.cid(), before, after, kept, dropped }
    }

    /// Returns the change as it was planned.
    pub fn switch(&self) -> Switch {
        let Self { before, after, kept, dropped, .. } = self.clone();
        Switch { before, after, kept, dropped }
    }
}

impl Journal {
    /// Begins the journal of a move from a host, under a handle. All else is still to be found, and
    /// what is particular about it to be noted.
    pub fn new(from: Origin, handle: Handle, began_at_ms: u64) -> Self {
        Self {
            from,
            handle,
            email: None,
            invite_code: None,
            own_key: None,
            delete_after_days: None,
            began_at_ms,
            was_here: false,
            findings: Vec::new(),
            need: None,
            doubts: 0,
            source: None,
            unreadable: Unreadable::default(),
            preferences: None,
            preferences_lost: None,
            approval: None,
            switch: None,
            code_asked_at_ms: None,
            operation: None,
            switched_at_ms: None,
            opened: None,
            undo_operation: None,
            is_let_in: false,
            theirs: None,
            is_left_to_do: false,
            warnings: Vec::new(),
            report: None,
        }
    }

    /// Checks that the owner agreed to what there is now: the change, and what is lost.
    ///
    /// # Errors
    ///
    /// [`NotAgreed`] with the first thing that they did not agree to.
    pub fn check_approval(&self, approval: &Approval, lost: &[Cid]) -> Result<(), NotAgreed> {
        if approval.head != self.switch.as_ref().map(|planned| planned.head) {
            return Err(NotAgreed::Head);
        }
        let others: Vec<Cid> =
            lost.iter().filter(|cid| !approval.blobs.contains(cid)).copied().collect();
        if !others.is_empty() {
            return Err(NotAgreed::Blobs(others));
        }
        if self.unreadable.count > approval.unreadable {
            return Err(NotAgreed::Unreadable(self.unreadable.count));
        }
        if self.preferences_lost.is_some() && !approval.preferences {
            return Err(NotAgreed::Preferences);
        }
        Ok(())
    }
}

fn list(cids: &[Cid]) -> String {
    let names: Vec<String> = cids.iter().map(Cid::to_string).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = State> {
        let ends = [State::Done, State::RolledBack, State::Cancel, State::Cancelled];
        State::TO_DONE.into_iter().chain(State::BACK).chain(ends)
    }

    #[test]
    fn a_state_is_read_by_the_name_it_is_written_with() {
        for state in all() {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("flying"), None);
    }

    #[test]
    fn no_state_can_be_both_cancelled_and_undone() {
        for state in all() {
            assert!(!(state.is_cancellable() && state.is_undoable()), "{state:?}");
        }
        // While the change is on its way nobody knows which of the two it would be.
        assert!(!State::Submit.is_cancellable() && !State::Submit.is_undoable());
    }

    #[test]
    fn an_approval_covers_what_was_named_and_nothing_else() {
        let (lost, other) = (Cid::of_raw(b"lost"), Cid::of_raw(b"other"));
        let from = Origin::parse("https://old.example.com").unwrap();
        let mut journal = Journal::new(from, Handle::parse("alice.example.com").unwrap(), 0);
        let mut approval = Approval { blobs: vec![lost], ..Approval::default() };
        assert_eq!(journal.check_approval(&approval, &[lost]), Ok(()));
        let refused = journal.check_approval(&approval, &[lost, other]);
        assert_eq!(refused, Err(NotAgreed::Blobs(vec![other])));
        journal.unreadable.count = 2;
        assert_eq!(journal.check_approval(&approval, &[]), Err(NotAgreed::Unreadable(2)));
        approval.unreadable = 2;
        journal.preferences_lost = Some("it has none".to_owned());
        assert_eq!(journal.check_approval(&approval, &[]), Err(NotAgreed::Preferences));
        approval.preferences = true;
        assert_eq!(journal.check_approval(&approval, &[]), Ok(()));
        approval.head = Some(other);
        assert_eq!(journal.check_approval(&approval, &[]), Err(NotAgreed::Head));
    }
}
