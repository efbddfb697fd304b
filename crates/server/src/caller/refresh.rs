//! Who has a refresh token.

use http::StatusCode;
use syntax::Did;

use super::account::refusal;
use super::{Caller, Request};
use crate::failure::{Fault, Refusal};
use crate::token::{Scope, Use, verify_session_token};

/// Who has a refresh token that has not ended. Whether it was revoked, the database knows.
#[derive(Debug, Clone)]
pub(crate) struct Refresh {
    /// Whose it is.
    pub(crate) did: Did,
    /// Which one it is.
    pub(crate) id: String,
}

/// Who has a refresh token that may have ended: to end a session it still does.
#[derive(Debug, Clone)]
pub(crate) struct RefreshOfAnyAge(pub(crate) Refresh);

impl Caller for Refresh {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        let now_s = request.pds.clock.now_s();
        Ok(verify(request, Some(now_s))?)
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.did)
    }
}

impl Caller for RefreshOfAnyAge {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        Ok(Self(verify(request, None)?))
    }

    fn did(&self) -> Option<&Did> {
        Some(&self.0.did)
    }
}

fn verify(request: Request<'_>, now_s: Option<u64>) -> Result<Refresh, Refusal> {
    let token = request.credentials.bearer()?;
    let Request { pds, .. } = request;
    let claims = verify_session_token(&pds.keys.jwt, Use::Refresh, &pds.did, token, now_s)
        .map_err(refusal)?;
    if claims.scope != Scope::Refresh {
        return Err(Refusal::invalid_token("Bad token scope"));
    }
    let missing = || Refusal::new(StatusCode::UNAUTHORIZED, "MissingTokenId", "Token has no id");
    Ok(Refresh { did: claims.sub, id: claims.jti.ok_or_else(missing)? })
}
