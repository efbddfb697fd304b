//! What an application asks for, and whether it gets it.

use askama::Template;

use crate::authorize::{App, Flow};
use crate::permission::Permission;
use crate::{Frame, Id, page};

/// The question whether an application may do what it asks for.
///
/// It is sent to [`CONSENT`](crate::path::CONSENT) with `request`, `did`, and `allow` for each permission
/// that was left ticked; those without a key are given in any case. "Deny" is sent to
/// [`CANCEL`](crate::path::CANCEL), "another account" to [`CHOOSE`](crate::path::CHOOSE) without `did`.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/consent.html")]
pub struct Consent<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Which request it is.
    pub request: &'a str,
    /// Who asks.
    pub app: &'a App<'a>,
    /// Whose account it is.
    pub handle: Id<'a>,
    /// Its DID.
    pub did: &'a str,
    /// What the application asks for.
    pub permissions: &'a [Permission<'a>],
    /// The same, as the application wrote it.
    pub scope: &'a str,
    /// Whether the application was let in before, and now asks for more.
    pub is_more: bool,
}

impl Consent<'_> {
    fn scopes(&self) -> impl Iterator<Item = Id<'_>> {
        self.scope.split_whitespace().take(SCOPES_MAX).map(Id::from)
    }

    fn only_identifies(&self) -> bool {
        self.permissions.iter().all(|permission| permission.area.is_identity())
    }

    fn may_untick(&self) -> bool {
        self.permissions.iter().any(|permission| permission.key.is_some())
    }

    fn flow(&self) -> Flow<'_> {
        Flow::Authorization { request: self.request, app: self.app }
    }
}

/// The most scopes that are listed as they came.
const SCOPES_MAX: usize = 200;

page!(Consent, |page| page.t().consent_title());
