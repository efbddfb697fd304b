//! Who reads what anybody may read: the owner and the operator see more of it.

use std::sync::Arc;

use syntax::Did;

use super::account::{not_found, standing};
use super::{Access, Account, Admin, Caller, Credentials, OrApp, Request, Service, Standard};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;
use crate::token::ServiceToken;

/// Anybody, with the owner and the operator told apart from others.
#[derive(Debug, Clone)]
pub(crate) enum Viewer<A: Access = OrApp<Standard>> {
    /// Somebody who does not say who they are.
    Stranger,
    /// The owner of an account here.
    Account(Account<A>),
    /// The operator.
    Admin,
}

/// The owner of an account here, in person or through a service.
#[derive(Debug, Clone)]
pub(crate) enum AccountOrService<A: Access = Standard> {
    /// In person.
    Account(Account<A>),
    /// Through a service, with a token for this method.
    Service(Service),
}

impl<A: Access> Viewer<A> {
    /// Tells whether this is the owner of the account, or the operator.
    pub(crate) fn is_owner_or_admin(&self, did: &Did) -> bool {
        match self {
            Self::Stranger => false,
            Self::Account(account) => account.did() == did,
            Self::Admin => true,
        }
    }
}

impl<A: Access> Caller for Viewer<A> {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        match request.credentials {
            Credentials::None => Ok(Self::Stranger),
            Credentials::Basic(_) => Admin::identify(request).await.map(|Admin| Self::Admin),
            Credentials::Bearer(_) | Credentials::Dpop(_) => {
                Account::identify(request).await.map(Self::Account)
            }
            Credentials::Other | Credentials::Malformed => {
                Err(Refusal::unauthenticated("Invalid authorization header").into())
            }
        }
    }

    fn did(&self) -> Option<&Did> {
        match self {
            Self::Account(account) => Some(account.did()),
            Self::Stranger | Self::Admin => None,
        }
    }
}

impl<A: Access> AccountOrService<A> {
    /// Returns whose account it is. One that came through a service may be of another host.
    pub(crate) fn did(&self) -> &Did {
        match self {
            Self::Account(account) => account.did(),
            Self::Service(service) => &service.did,
        }
    }

    /// Returns what the database says of the account.
    ///
    /// # Errors
    ///
    /// [`Fault`] with 403 `AccountNotFound` if it is not here, or 401 `AccountTakedown`.
    pub(crate) async fn row(&self, pds: &Pds) -> Result<Arc<store::Account>, Fault> {
        match self {
            Self::Account(account) => account.row(pds).await,
            Self::Service(service) => {
                let row = pds.store.account(&service.did).await?.ok_or_else(not_found)?;
                standing(row.state.status())?;
                Ok(row)
            }
        }
    }
}

impl<A: Access> Caller for AccountOrService<A> {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        match request.credentials {
            Credentials::Bearer(token) if ServiceToken::is_one(token) => {
                Service::identify(request).await.map(Self::Service)
            }
            _ => Account::identify(request).await.map(Self::Account),
        }
    }

    fn did(&self) -> Option<&Did> {
        Some(Self::did(self))
    }
}
