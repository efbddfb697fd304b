//! An account, of whatever host, that calls with a token signed by its own key.

use http::StatusCode;
use identity::document::{ATPROTO_KEY, Document};
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
        let token = token_for(pds, token, method)?;
        let issuer = token.claims.iss.split_once('#').map_or(&*token.claims.iss, |(did, _)| did);
        let did = Did::parse(issuer)
            .map_err(|_| unauthorized("BadJwtIss", "Token's issuer is not a DID"))?;
        check_signature(pds, &token, &did, ATPROTO_KEY).await?;
        Ok(Self { did })
    }
}

/// Reads a token that has to be for this server and a method, whoever it is from.
pub(super) fn token_for(pds: &Pds, token: &str, method: &str) -> Result<ServiceToken, Refusal> {
    let token = ServiceToken::parse(token).map_err(|error| match error {
        ServiceTokenError::Form => {
            unauthorized("BadJwt", "Token is not one by which an account speaks to a service")
        }
        ServiceTokenError::Type => unauthorized("BadJwtType", "Token is of another kind"),
    })?;
    let claims = &token.claims;
    if claims.exp <= pds.clock.now_s() {
        return Err(unauthorized("JwtExpired", "Token has expired"));
    }
    let audience = claims.aud.strip_suffix(PDS_FRAGMENT).unwrap_or(&claims.aud);
    if audience != pds.did.as_str() {
        return Err(unauthorized("BadJwtAudience", "Token is for another service"));
    }
    // Methods are compared without case, as the reference does.
    let lxm = claims.lxm.as_ref().map(|lxm| lxm.as_str());
    if !lxm.is_some_and(|lxm| lxm.eq_ignore_ascii_case(method)) {
        return Err(unauthorized("BadJwtLexiconMethod", "Token is not for this method"));
    }
    Ok(token)
}

/// Refuses a token that a key of an identity has not signed: the one with this fragment.
pub(super) async fn check_signature(
    pds: &Pds,
    token: &ServiceToken,
    did: &Did,
    fragment: &str,
) -> Result<(), Fault> {
    let is_signed = |document: &Document| {
        let key = document.verification_method(fragment).and_then(|key| key.public_key().ok());
        key.is_some_and(|key| token.is_signed_by(&key))
    };
    let unknown = |_| unauthorized("BadJwtIss", "Token's issuer could not be resolved");
    if is_signed(&*pds.resolver.document(did).await.map_err(unknown)?) {
        return Ok(());
    }
    // The key may have changed since the document was looked up.
    if is_signed(&*pds.resolver.document_anew(did).await.map_err(unknown)?) {
        return Ok(());
    }
    Err(unauthorized("BadJwtSignature", "Token is not signed by its issuer").into())
}

impl Caller for Service {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        Self::of_token(request.pds, request.credentials.bearer()?, request.method).await
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.did)
    }
}

pub(super) fn unauthorized(name: &'static str, message: &'static str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, name, message)
}
