//! Who may moderate: the operator, and the moderation service that the settings name.

use identity::document::ATPROTO_KEY;
use syntax::Did;

use super::service::{check_signature, token_for, unauthorized};
use super::{Access, Account, Admin, Caller, Credentials, Request, Standard};
use crate::failure::{Fault, Refusal};
use crate::token::ServiceToken;

/// The fragment that a service's issuer has when it speaks as a labeler.
const LABELER: &str = "atproto_labeler";
/// The fragment of the key that a labeler signs with.
const LABEL_KEY: &str = "atproto_label";

/// Somebody who may moderate.
#[derive(Debug, Clone)]
pub(crate) enum Moderator {
    /// The operator.
    Admin,
    /// The moderation service, with a token for this method.
    Service(Did),
}

/// The owner of an account, or the moderation service, which looks at one.
#[derive(Debug, Clone)]
pub(crate) enum OwnerOrModerator<A: Access = Standard> {
    /// The owner.
    Owner(Account<A>),
    /// The moderation service, and the account that it looks at.
    Moderator(Did),
}

impl<A: Access> Caller for OwnerOrModerator<A> {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        match request.credentials {
            Credentials::Bearer(token) if ServiceToken::is_one(token) => {
                Moderator::identify(request).await?;
                let mut params =
                    form_urlencoded::parse(request.head.uri.query().unwrap_or_default().as_bytes());
                let did = params.find_map(|(name, value)| (name == "did").then_some(value));
                let did = did.and_then(|did| Did::parse(&did).ok());
                let missing = || Refusal::invalid_request("did must be that of an account");
                Ok(Self::Moderator(did.ok_or_else(missing)?))
            }
            _ => Account::identify(request).await.map(Self::Owner),
        }
    }

    fn did(&self) -> Option<&Did> {
        match self {
            Self::Owner(owner) => Some(owner.did()),
            Self::Moderator(_) => None,
        }
    }
}

impl Moderator {
    /// Returns who it is, for the log.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Admin => "admin",
            Self::Service(did) => did.as_str(),
        }
    }
}

impl Caller for Moderator {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        let token = match request.credentials {
            Credentials::Bearer(token) => token,
            // Refused as tokens are that nobody can read.
            Credentials::Other | Credentials::Malformed => request.credentials.bearer()?,
            Credentials::None | Credentials::Basic(_) | Credentials::Dpop(_) => {
                return Admin::identify(request).await.map(|Admin| Self::Admin);
            }
        };
        let pds = request.pds;
        let untrusted = || unauthorized("UntrustedIss", "Untrusted issuer");
        let trusted = &pds.config.moderation.as_ref().ok_or_else(untrusted)?.did;
        let token = token_for(pds, token, request.method)?;
        // Which key of the service has to have signed, the issuer's fragment says.
        let key = match token.claims.iss.split_once('#') {
            None if *token.claims.iss == *trusted.as_str() => ATPROTO_KEY,
            Some((did, LABELER)) if did == trusted.as_str() => LABEL_KEY,
            _ => return Err(untrusted().into()),
        };
        check_signature(pds, &token, trusted, key).await?;
        Ok(Self::Service(trusted.clone()))
    }
}
