//! The owner of an account here, by an access token.

use std::marker::PhantomData;
use std::sync::Arc;

use ::oauth::scope::{Need, Scopes};
use http::StatusCode;
use store::Status;
use syntax::{AtIdentifier, Did};

use super::{Caller, Credentials, Request};
use crate::failure::{Fault, Refusal};
use crate::oauth::{self, App};
use crate::pds::Pds;
use crate::token::{Scope, SessionTokenError, Use, verify_session_token};

/// The owner of an account here. `A` says which of their sessions will do; what most methods take
/// is [`Standard`].
#[derive(Debug, Clone)]
pub(crate) struct Account<A: Access = Standard> {
    did: Did,
    scope: Scope,
    /// The refresh token that the access token was made with; tokens of old do not say it.
    session_id: Option<String>,
    /// What the database said of the account, if it was asked.
    row: Option<Arc<store::Account>>,
    /// What the app may do that was let in by OAuth; `None` if the session is the owner's own.
    granted: Option<Arc<Scopes>>,
    access: PhantomData<fn() -> A>,
}

/// Which sessions a method takes.
pub(crate) trait Access: 'static {
    /// What the session may be good for.
    const SCOPES: &'static [Scope];
    /// Whether an account that was taken down is refused although its token still lasts.
    const IS_STANDING_CHECKED: bool = false;
    /// Whether apps that were let in by OAuth may call. Each method that lets them says what they
    /// need for it: [`Account::check`].
    const IS_OPEN_TO_APPS: bool = false;
}

/// Sessions by password or app password.
#[derive(Debug, Clone)]
pub(crate) enum Standard {}

/// Sessions by password only.
#[derive(Debug, Clone)]
pub(crate) enum Full {}

/// Those of `A`, if the account has not been taken down since.
#[derive(Debug, Clone)]
pub(crate) struct NotTakenDown<A>(PhantomData<A>);

/// Those of `A`, and those of apps that were let in by OAuth.
#[derive(Debug, Clone)]
pub(crate) struct OrApp<A>(PhantomData<A>);

/// Those of `A`, and those of accounts that were taken down.
#[derive(Debug, Clone)]
pub(crate) struct OrTakenDown<A>(PhantomData<A>);

impl Access for Standard {
    const SCOPES: &'static [Scope] =
        &[Scope::Access, Scope::AppPassword, Scope::PrivilegedAppPassword];
}

impl Access for Full {
    const SCOPES: &'static [Scope] = &[Scope::Access];
}

impl<A: Access> Access for NotTakenDown<A> {
    const SCOPES: &'static [Scope] = A::SCOPES;
    const IS_STANDING_CHECKED: bool = true;
}

impl<A: Access> Access for OrApp<A> {
    const SCOPES: &'static [Scope] = A::SCOPES;
    const IS_STANDING_CHECKED: bool = A::IS_STANDING_CHECKED;
    const IS_OPEN_TO_APPS: bool = true;
}

impl Access for OrTakenDown<Standard> {
    const SCOPES: &'static [Scope] =
        &[Scope::Access, Scope::AppPassword, Scope::PrivilegedAppPassword, Scope::TakenDown];
}

impl Access for OrTakenDown<Full> {
    const SCOPES: &'static [Scope] = &[Scope::Access, Scope::TakenDown];
}

impl<A: Access> Caller for Account<A> {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        let pds = request.pds;
        if let Credentials::Dpop(token) = request.credentials {
            return Self::of_app(pds.oauth.app(pds, request.head, token).await?);
        }
        let token = request.credentials.bearer()?;
        let now_s = Some(pds.clock.now_s());
        let claims = verify_session_token(&pds.keys.jwt, Use::Access, &pds.did, token, now_s)
            .map_err(refusal)?;
        if !A::SCOPES.contains(&claims.scope) {
            return Err(Refusal::invalid_token("Bad token scope").into());
        }
        let mut account = Self {
            did: claims.sub,
            scope: claims.scope,
            session_id: claims.jti,
            row: None,
            granted: None,
            access: PhantomData,
        };
        if A::IS_STANDING_CHECKED {
            let row = pds.store.account(&account.did).await?.ok_or_else(not_found)?;
            standing(row.state.status())?;
            account.row = Some(row);
        }
        Ok(account)
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.did)
    }
}

impl<A: Access> Account<A> {
    fn of_app(app: App) -> Result<Self, Fault> {
        if !A::IS_OPEN_TO_APPS {
            let message = "OAuth credentials are not supported for this endpoint";
            return Err(Refusal::of_status(StatusCode::FORBIDDEN, message).into());
        }
        Ok(Self {
            did: app.account.did.clone(),
            scope: Scope::AppPassword,
            session_id: None,
            row: Some(app.account),
            granted: Some(app.granted),
            access: PhantomData,
        })
    }

    /// Refuses an app that was let in by OAuth and lacks what a call needs.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with 403 `ScopeMissingError`.
    pub(crate) fn check(&self, need: &Need<'_>) -> Result<(), Refusal> {
        match self.granted.as_ref().and_then(|granted| granted.missing(need)) {
            None => Ok(()),
            Some(scope) => Err(oauth::scope_missing(&scope)),
        }
    }

    /// Returns what an app may do that was let in by OAuth; `None` if the session is the owner's own.
    pub(crate) fn granted(&self) -> Option<&Arc<Scopes>> {
        self.granted.as_ref()
    }

    /// Tells whether the caller is an app that was let in by OAuth.
    pub(crate) fn is_app(&self) -> bool {
        self.granted.is_some()
    }

    /// Returns the account's DID.
    pub(crate) fn did(&self) -> &Did {
        &self.did
    }

    /// Returns what the session is good for.
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Returns the refresh token that the session had when its access token was made.
    pub(crate) fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Tells whether the session may do what ordinary app passwords may not.
    pub(crate) fn is_privileged(&self) -> bool {
        matches!(self.scope, Scope::Access | Scope::PrivilegedAppPassword)
    }

    /// Returns what the database says of the account.
    ///
    /// # Errors
    ///
    /// [`Fault`] with 403 `AccountNotFound` if it is gone.
    pub(crate) async fn row(&self, pds: &Pds) -> Result<Arc<store::Account>, Fault> {
        match &self.row {
            Some(row) => Ok(Arc::clone(row)),
            None => Ok(pds.store.account(&self.did).await?.ok_or_else(not_found)?),
        }
    }

    /// Returns the account, if `repo` is its own and it may write to it.
    ///
    /// # Errors
    ///
    /// [`Fault`] with 403 `AccountNotFound`, 401 `AccountTakedown`, 401 `AccountDeactivated` or 401
    /// `AuthenticationRequired`, in this order.
    pub(crate) async fn own_repo(
        &self,
        pds: &Pds,
        repo: &AtIdentifier,
    ) -> Result<Arc<store::Account>, Fault> {
        let row = match repo {
            AtIdentifier::Did(did) => pds.store.account(did).await?,
            AtIdentifier::Handle(handle) => {
                pds.store.read(|tx| tx.account_by_handle(handle)).await?.map(Arc::new)
            }
        };
        let row = row.ok_or_else(not_found)?;
        standing(row.state.status())?;
        if row.state.status() == Status::Deactivated {
            let name = "AccountDeactivated";
            let refusal = Refusal::new(StatusCode::UNAUTHORIZED, name, "Account is deactivated");
            return Err(refusal.into());
        }
        if row.did != self.did {
            return Err(Refusal::unauthenticated("This repository is another account's").into());
        }
        Ok(row)
    }
}

/// Refuses accounts that the host has taken down or suspended.
pub(crate) fn standing(status: Status) -> Result<(), Refusal> {
    match status {
        Status::Active | Status::Deactivated => Ok(()),
        Status::TakenDown | Status::Suspended => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "AccountTakedown",
            "Account has been taken down",
        )),
    }
}

pub(super) fn not_found() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "AccountNotFound", "Account not found")
}

/// Says why a token is refused, in the words that clients act on. An ended token has to be 400
/// `ExpiredToken`: clients refresh on exactly that.
pub(super) fn refusal(error: SessionTokenError) -> Refusal {
    match error {
        SessionTokenError::Expired => {
            Refusal::new(StatusCode::BAD_REQUEST, "ExpiredToken", "Token has expired")
        }
        SessionTokenError::Malformed => Refusal::invalid_token("Malformed token"),
        SessionTokenError::Unverified => Refusal::invalid_token("Token could not be verified"),
    }
}
