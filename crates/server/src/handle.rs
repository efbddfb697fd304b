//! Handles: which ones accounts may have, and which DIDs they lead to.
//!
//! What is under the server's own domains is for the database to say; all else is resolved.

mod change;
mod proposal;
mod reserved;
mod slur;
mod update;

use http::StatusCode;
use identity::document::Document;
use identity::resolve::ResolveError;
use syntax::{Did, Handle};
use thiserror::Error;

use crate::failure::{Failure, Fault, Refusal};
pub(crate) use crate::handle::change::{GiveError, give};
pub(crate) use crate::handle::proposal::{is_free, suggestions};
pub(crate) use crate::handle::slur::is_slur;
pub(crate) use crate::handle::update::{UpdateError, update};
use crate::pds::Pds;

/// The fewest characters of a name under one of the server's domains.
const NAME_CHARS_MIN: usize = 3;
/// The most characters of a name under one of the server's domains.
const NAME_CHARS_MAX: usize = 18;
/// What clients are told of a domain that does not lead where it should.
const NOT_RESOLVED: &str = "External handle did not resolve to DID";

/// Whose a handle is to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// It is a name under one of the server's domains.
    Ours,
    /// Whoever has the domain.
    Other,
}

/// Says why no account may have a handle. `Display` is the message for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum HandleError {
    /// It is under a top-level domain where nothing is.
    #[error("Handle TLD is invalid or disallowed")]
    TopLevel,
    /// Its name is too short for the server's domains.
    #[error("Handle too short")]
    TooShort,
    /// Its name is too long for the server's domains.
    #[error("Handle too long")]
    TooLong,
    /// It has more names than one before the server's domain.
    #[error("Invalid characters in handle")]
    Nested,
    /// It could be taken for somebody with a say, or the operator keeps it back.
    #[error("Reserved handle")]
    Reserved,
    /// It insults people for what they are.
    #[error("Inappropriate language in handle")]
    Slur,
}

/// Says why a handle leads to no DID.
#[derive(Debug, Error)]
pub(crate) enum LeadError {
    /// It is under one of the server's domains, and no active account has it.
    #[error("no active account has the handle")]
    NoAccount,
    /// It is not found out there.
    #[error("handle cannot be resolved")]
    Resolve(#[from] ResolveError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Tells whose a handle is to give, if an account may have it.
///
/// # Errors
///
/// [`HandleError`] if none may.
pub(crate) fn check(pds: &Pds, handle: &Handle) -> Result<Domain, HandleError> {
    check_under(&pds.handle_domains, handle)
}

/// Tells whose a handle is to give, if the operator may give it to an account: reserved ones, too.
///
/// # Errors
///
/// [`HandleError`] if no account can have it.
pub(crate) fn check_for_operator(pds: &Pds, handle: &Handle) -> Result<Domain, HandleError> {
    check_form(&pds.handle_domains, handle)
}

fn check_under(domains: &[String], handle: &Handle) -> Result<Domain, HandleError> {
    if is_slur(handle.as_str()) {
        return Err(HandleError::Slur);
    }
    let domain = check_form(domains, handle)?;
    match name_under(domains, handle) {
        Some(name) if reserved::contains(name) => Err(HandleError::Reserved),
        _ => Ok(domain),
    }
}

fn check_form(domains: &[String], handle: &Handle) -> Result<Domain, HandleError> {
    if handle.has_disallowed_tld() {
        return Err(HandleError::TopLevel);
    }
    let Some(name) = name_under(domains, handle) else {
        return Ok(Domain::Other);
    };
    match name.len() {
        _ if name.contains('.') => Err(HandleError::Nested),
        ..NAME_CHARS_MIN => Err(HandleError::TooShort),
        NAME_CHARS_MIN..=NAME_CHARS_MAX => Ok(Domain::Ours),
        _ => Err(HandleError::TooLong),
    }
}

/// Returns what comes before one of the server's domains, which begin with a dot. Where one domain is
/// under another, the name is what is left before the longer one.
fn name_under<'a>(domains: &[String], handle: &'a Handle) -> Option<&'a str> {
    let names = domains.iter().filter_map(|domain| handle.as_str().strip_suffix(domain.as_str()));
    names.min_by_key(|name| name.len())
}

/// Tells whether a handle is under one of the server's domains, or is one.
pub(crate) fn is_at_home(pds: &Pds, handle: &Handle) -> bool {
    let is_domain = |domain: &String| domain.strip_prefix('.') == Some(handle.as_str());
    name_under(&pds.handle_domains, handle).is_some() || pds.handle_domains.iter().any(is_domain)
}

/// Returns the DID that a handle leads to: that of the active account here, or else where the
/// network says.
///
/// # Errors
///
/// [`LeadError`] if it leads to none.
pub(crate) async fn did_of(pds: &Pds, handle: &Handle) -> Result<Did, LeadError> {
    let account = pds.store.read(|tx| tx.account_by_handle(handle)).await?;
    match account.filter(|account| account.state.status().is_active()) {
        Some(account) => Ok(account.did),
        None if name_under(&pds.handle_domains, handle).is_some() => Err(LeadError::NoAccount),
        None => Ok(pds.resolver.did_of(handle).await?),
    }
}

/// Returns the handle that a document claims, if it leads back, or else `handle.invalid`.
///
/// # Errors
///
/// [`Fault`] if the database failed.
pub(crate) async fn proven_handle(pds: &Pds, document: &Document) -> Result<Handle, Fault> {
    let Some(handle) = document.handle() else { return Ok(Handle::invalid()) };
    match did_of(pds, &handle).await {
        Ok(did) if did == *document.did() => Ok(handle),
        Ok(_) | Err(LeadError::NoAccount | LeadError::Resolve(_)) => Ok(Handle::invalid()),
        Err(LeadError::Store(error)) => Err(error.into()),
    }
}

/// Refuses a handle that somebody else gives, and that does not lead to a DID now.
///
/// # Errors
///
/// [`Refusal`] if it does not.
pub(crate) async fn check_leads_to(pds: &Pds, handle: &Handle, did: &Did) -> Result<(), Refusal> {
    match led_to(pds, handle).await {
        Some(found) if found == *did => Ok(()),
        Some(_) | None => Err(Refusal::invalid_request(NOT_RESOLVED)),
    }
}

/// Returns the DID that a handle of somebody else's domain leads to now, if it does.
pub(crate) async fn led_to(pds: &Pds, handle: &Handle) -> Option<Did> {
    // Whoever asks may have set it up a moment ago.
    pds.resolver.forget_handle(handle);
    pds.resolver.did_of(handle).await.ok()
}

/// Refuses a handle that another account has.
pub(crate) fn taken(handle: &Handle) -> Refusal {
    Refusal::invalid_request(format!("Handle already taken: {handle}"))
}

impl From<HandleError> for Refusal {
    fn from(error: HandleError) -> Self {
        let name = match error {
            HandleError::Reserved => "HandleNotAvailable",
            HandleError::TopLevel
            | HandleError::Slur
            | HandleError::TooShort
            | HandleError::TooLong
            | HandleError::Nested => "InvalidHandle",
        };
        Self::new(StatusCode::BAD_REQUEST, name, error.to_string())
    }
}

impl<E> From<HandleError> for Failure<E> {
    fn from(error: HandleError) -> Self {
        Refusal::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_under_our_domains_have_rules() {
        let domains = [".example.com", ".test", ".sub.test"].map(str::to_owned);
        for (handle, expected) in [
            ("alice.example.com", Ok(Domain::Ours)),
            ("ALICE.Example.Com", Ok(Domain::Ours)),
            ("abc.test", Ok(Domain::Ours)),
            ("eighteen-character.test", Ok(Domain::Ours)),
            ("nineteen-characters.test", Err(HandleError::TooLong)),
            ("ab.test", Err(HandleError::TooShort)),
            ("a.b.example.com", Err(HandleError::Nested)),
            ("admin.example.com", Err(HandleError::Reserved)),
            ("alice.sub.test", Ok(Domain::Ours)),
            ("sub.test", Ok(Domain::Ours)),
            ("alice.other.com", Ok(Domain::Other)),
            ("admin.other.com", Ok(Domain::Other)),
            ("example.com", Ok(Domain::Other)),
            ("notexample.com", Ok(Domain::Other)),
            ("alice.local", Err(HandleError::TopLevel)),
            ("handle.invalid", Err(HandleError::TopLevel)),
        ] {
            assert_eq!(check_under(&domains, &handle.parse().unwrap()), expected, "{handle}");
        }
    }
}
