//! Who may moderate: the operator, and the moderation service that the settings name.

use identity::document::ATPROTO_KEY;
use syntax::Did;

use super::service::{check_signature, token_for, unauthorized};
use super::{Admin, Caller, Credentials, Request};
use crate::failure::Fault;

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
