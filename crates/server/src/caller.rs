//! Who may call a method: the second parameter of each handler says it, by its type.
//!
//! [`Public`] is anybody, [`Account`] the owner of an account here, [`Refresh`] who has a refresh
//! token, [`Service`] an account, of whatever host, that speaks through a service, [`Claimant`] who
//! proves that an identity is theirs, [`Admin`] the operator, [`Moderator`] the operator or the
//! moderation service; an `Option` of one lets anybody in who does not claim to be it. [`Viewer`] is
//! anybody who may be told to be the owner, [`AccountOrService`] the owner in person or through a
//! service.

mod account;
mod admin;
mod claimant;
mod header;
mod moderator;
mod refresh;
mod service;
mod viewer;

use http::request::Parts;
use syntax::Did;

pub(crate) use crate::caller::account::{
    Access, Account, Full, NotTakenDown, OrApp, OrTakenDown, Standard, standing as check_standing,
};
pub(crate) use crate::caller::admin::Admin;
pub(crate) use crate::caller::claimant::Claimant;
pub(crate) use crate::caller::header::Credentials;
pub(crate) use crate::caller::moderator::{Moderator, OwnerOrModerator};
pub(crate) use crate::caller::refresh::{Refresh, RefreshOfAnyAge};
pub(crate) use crate::caller::service::Service;
pub(crate) use crate::caller::viewer::{AccountOrService, Viewer};
use crate::failure::Fault;
use crate::pds::Pds;

/// Somebody who may call.
pub(crate) trait Caller: Sized + Send {
    /// Whether answers depend on who asks, so that caches must not share them.
    const IS_PRIVATE: bool = true;

    /// Finds out who calls.
    ///
    /// # Errors
    ///
    /// [`Fault`] with the refusal if it is nobody who may.
    fn identify(request: Request<'_>) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Returns whose account it is, by which rates are counted.
    fn did(&self) -> Option<&Did> {
        None
    }
}

/// What of a request says who calls.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) pds: &'a Pds,
    /// The method that is called.
    pub(crate) method: &'static str,
    pub(crate) credentials: Credentials<'a>,
    /// All that came before the body.
    pub(crate) head: &'a Parts,
}

/// Anybody, whose credentials are not even looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Public;

impl Caller for Public {
    const IS_PRIVATE: bool = false;

    async fn identify(_: Request<'_>) -> Result<Self, Fault> {
        Ok(Self)
    }
}

impl<C: Caller> Caller for Option<C> {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        match request.credentials {
            Credentials::None => Ok(None),
            _ => C::identify(request).await.map(Some),
        }
    }

    fn did(&self) -> Option<&Did> {
        self.as_ref()?.did()
    }
}
