//! Which repositories are here, and who may have them.

use std::fmt;

use http::StatusCode;
use store::repo::Head;
use store::{Account, Status, Tx};
use syntax::{AtIdentifier, Did};

use crate::failure::{Failure, Fault, Refusal};

/// A repository that whoever asks may have.
pub(crate) struct Hosted {
    /// Whose it is.
    pub(crate) account: Account,
    /// What it is at.
    pub(crate) head: Head,
}

/// Says why a repository cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unavailable {
    why: Why,
    /// What was asked for.
    repo: String,
}

/// Why a repository cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is not here.
    Missing,
    /// The host has taken the account down.
    TakenDown,
    /// The host has suspended the account.
    Suspended,
    /// The account's owner has left, or has not come yet.
    Deactivated,
}

/// Reads an account and the head of its repository. Those that are not active are had by their
/// owners and the operator only, which `sees_all` says.
pub(crate) fn load(tx: &mut Tx<'_>, did: &Did, sees_all: bool) -> Result<Hosted, Fault> {
    let account = tx.account(did)?;
    let account = available(account, did.as_str(), sees_all)?;
    let missing = || Unavailable { why: Why::Missing, repo: did.to_string() };
    let head = tx.head(account.id)?.ok_or_else(missing)?;
    Ok(Hosted { account, head })
}

/// Reads the account with a DID or handle.
pub(crate) fn account(
    tx: &mut Tx<'_>,
    repo: &AtIdentifier,
) -> Result<Option<Account>, store::Error> {
    match repo {
        AtIdentifier::Did(did) => tx.account(did),
        AtIdentifier::Handle(handle) => tx.account_by_handle(handle),
    }
}

/// Returns the account that was found, if whoever asks may have what is its.
pub(crate) fn available(
    found: Option<Account>,
    repo: &str,
    sees_all: bool,
) -> Result<Account, Unavailable> {
    let unavailable = |why| Unavailable { why, repo: repo.to_owned() };
    let account = found.ok_or_else(|| unavailable(Why::Missing))?;
    let why = match account.state.status() {
        _ if sees_all => return Ok(account),
        Status::Active => return Ok(account),
        Status::Deactivated => Why::Deactivated,
        Status::Suspended => Why::Suspended,
        Status::TakenDown => Why::TakenDown,
    };
    Err(unavailable(why))
}

impl Unavailable {
    /// Returns why.
    pub(crate) fn why(&self) -> Why {
        self.why
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repo = &self.repo;
        match self.why {
            Why::Missing => write!(f, "Could not find repo: {repo}"),
            Why::TakenDown => write!(f, "Repo has been takendown: {repo}"),
            Why::Suspended => write!(f, "Repo has been suspended: {repo}"),
            Why::Deactivated => write!(f, "Repo has been deactivated: {repo}"),
        }
    }
}

/// The names are those that all methods declare which are about one repository. A few do not,
/// and answer with them all the same.
impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        let name = match unavailable.why {
            Why::Missing => "RepoNotFound",
            Why::TakenDown => "RepoTakendown",
            Why::Suspended => "RepoSuspended",
            Why::Deactivated => "RepoDeactivated",
        };
        Self::new(StatusCode::BAD_REQUEST, name, unavailable.to_string())
    }
}

impl From<Unavailable> for Fault {
    fn from(unavailable: Unavailable) -> Self {
        Refusal::from(unavailable).into()
    }
}

impl<E> From<Unavailable> for Failure<E> {
    fn from(unavailable: Unavailable) -> Self {
        Refusal::from(unavailable).into()
    }
}
