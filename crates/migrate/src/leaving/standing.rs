//! How an account stands at a host, and whether it should.

use super::identity::Named;
use crate::host::RepoStatus;
use crate::job::Finding;

/// How an account stands at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is open.
    Open,
    /// Its owner has closed it, or has not opened it yet.
    Closed,
    /// The host has closed it.
    Barred,
    /// The host has no such account.
    Gone,
    /// The host does not say.
    Unknown,
}

impl Standing {
    pub(super) fn of(status: &RepoStatus) -> Self {
        match status.status.as_deref() {
            _ if status.active => Self::Open,
            Some("deactivated") | None => Self::Closed,
            Some("deleted") => Self::Gone,
            Some(_) => Self::Barred,
        }
    }

    /// Judges how it stands at the new host.
    pub(super) fn at_new_host(self, named: &Named) -> Finding {
        let about = "new_account";
        match (self, named) {
            (Self::Open, _) => Finding::green(about, "the account is open at the new host"),
            (Self::Closed, Named::New) => Finding::yellow(
                about,
                "the identity names the new host, and the account is not open there yet",
            ),
            (Self::Closed, _) => Finding::green(
                about,
                "the account at the new host is closed, as it should be until the identity names it",
            ),
            (Self::Barred, _) => Finding::red(about, "the new host has barred the account"),
            (Self::Gone, _) => Finding::red(about, "the new host has no such account"),
            (Self::Unknown, _) => {
                Finding::red(about, "the new host does not say how the account stands")
            }
        }
    }

    /// Judges how it stands at the old host.
    pub(super) fn at_old_host(self, named: &Named) -> Finding {
        let about = "old_account";
        match (self, named) {
            (Self::Open, Named::New) => Finding::yellow(
                about,
                "the account is still open at the old host: what is written there is seen by nobody",
            ),
            (Self::Open, _) => Finding::green(about, "the account is open at the old host"),
            (Self::Closed, Named::Old) => Finding::yellow(
                about,
                "the account is closed at the old host, which the identity still names: nobody sees \
                 it",
            ),
            (Self::Closed, _) => Finding::green(about, "the account is closed at the old host"),
            (Self::Barred, _) => Finding::yellow(about, "the old host has barred the account"),
            (Self::Gone, Named::New) => Finding::green(
                about,
                "the old host has the account no more: nothing to compare with",
            ),
            (Self::Gone, _) => Finding::red(about, "the old host has no such account"),
            (Self::Unknown, _) => {
                Finding::yellow(about, "the old host does not say how the account stands")
            }
        }
    }
}
