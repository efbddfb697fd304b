//! An account, of whatever host, that calls with a token signed by its own key.

use http::StatusCode;
use identity::document::Document;
use syntax::Did;

use super::{Caller, Request};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;
use crate::token::{ServiceToken, ServiceTokenError};

/// The fragment by which a document names this server, which tokens may be for as well.
const PDS_FRAGMENT: &str = "#atproto_pds";

/// An account that calls with a token for this server and this method.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// Who signed it.
    pub(crate) did: Did,
}

impl Service {
    /// Finds out who has signed a token for this server and a method.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is for somebody or something else, or signed by nobody who is known.
    pub(crate) async fn of_token(pds: &Pds, token: &str, method: &str) -> Result<Self, Fault> {
        let token = ServiceToken::parse(token).map_err(|error| {
            let name = match error {
                ServiceTokenError::Form => "BadJwt",
                ServiceTokenError::Type => "BadJwtType",
            };
            unauthorized(name, "Token is not one by which an account speaks to a service")
        })?;
        let claims = &token.claims;
        if claims.exp <= pds.clock.now_s() {
            return Err(unauthorized("JwtExpired", "Token has expired").into());
        }
        let audience = claims.aud.strip_suffix(PDS_FRAGMENT).unwrap_or(&claims.aud);
        if audience != pds.did.as_str() {
            return Err(unauthorized("BadJwtAudience", "Token is for another service").into());
        }
        // Methods are compared without case, as the reference does.
        let lxm = claims.lxm.as_ref().map(|lxm| lxm.as_str());
        if !lxm.is_some_and(|lxm| lxm.eq_ignore_ascii_case(method)) {
            let message = "Token is not for this method";
            return Err(unauthorized("BadJwtLexiconMethod", message).into());
        }
        let issuer = claims.iss.split_once('#').map_or(&*claims.iss, |(did, _)| did);
        let did = Did::parse(issuer)
            .map_err(|_| unauthorized("BadJwtIss", "Token's issuer is not a DID"))?;
        let is_signed = |document: &Document| {
            document.signing_key().is_some_and(|key| token.is_signed_by(&key))
        };
        let unknown = |_| unauthorized("BadJwtIss", "Token's issuer could not be resolved");
        if is_signed(&*pds.resolver.document(&did).await.map_err(unknown)?) {
            return Ok(Self { did });
        }
        // The key may have changed since the document was looked up.
        if is_signed(&*pds.resolver.document_anew(&did).await.map_err(unknown)?) {
            return Ok(Self { did });
        }
        Err(unauthorized("BadJwtSignature", "Token is not signed by its issuer").into())
    }
}

impl Caller for Service {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        Self::of_token(request.pds, request.credentials.bearer()?, request.method).await
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.did)
    }
}

fn unauthorized(name: &'static str, message: &'static str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, name, message)
}
