//! `/oauth/revoke`: a client has no more use for its tokens.
//!
//! Spec: RFC 7009

use ::oauth::assertion::ClientAuth;
use ::oauth::exchange::Revocation;
use axum::body::Body;
use axum::extract::State;
use http::{Request, Response, StatusCode};
use serde_json::json;
use store::OauthSession;

use super::Asked;
use super::client::ClientFault;
use super::direct::{Direct, Refused, answer, use_up};
use crate::pds::Pds;

/// Ends the session that a token is of, if it is the client's own. Whether it was, nobody is told.
pub(super) async fn revoke(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    let outcome = end(&pds, request).await.map(|()| json!({}));
    answer(&pds, StatusCode::OK, outcome)
}

async fn end(pds: &Pds, request: Request<Body>) -> Result<(), Refused> {
    let direct = Direct::read(pds, request).await?;
    let proof = direct.proof(pds)?;
    let revocation = Revocation::read(&direct.parameters)?;
    let client_id = direct.parameters.required("client_id")?;
    if let Some(proof) = &proof {
        use_up(pds, proof)?;
    }
    let Some(session) = find(pds, &revocation).await? else { return Ok(()) };
    let auth: ClientAuth = serde_json::from_str(&session.auth).map_err(Refused::internal)?;
    let is_key = proof.as_ref().is_none_or(|proof| *proof.jkt().as_bytes() == session.jkt);
    if session.client_id != client_id || !is_key {
        return Ok(());
    }
    // For a client without keys that it has the token is enough: it cannot prove more, and nothing is
    // gained by ending a session. What it says of itself need not even be there any more.
    let assertion = match auth {
        ClientAuth::None => None,
        ClientAuth::PrivateKeyJwt { .. } => {
            let issuer = pds.oauth.issuer.as_str();
            let now_s = pds.clock.now_s();
            match pds.oauth.clients.asking(&direct.parameters, issuer, now_s).await {
                Ok(asked) if auth.check_same(&asked.auth).is_ok() => asked.assertion,
                Err(ClientFault::Busy) => return Err(ClientFault::Busy.into()),
                // Who could not prove to be the client is told no more than who has another's token.
                Ok(_) | Err(_) => return Ok(()),
            }
        }
    };
    let ended = pds.store.write(move |tx| {
        if Asked::spend(assertion, tx)?.is_ok() {
            tx.delete_oauth_session(session.account, &session.id)?;
        }
        Ok::<_, store::Error>(())
    });
    Ok(ended.await?)
}

/// Returns the session that a token is of.
async fn find(pds: &Pds, revocation: &Revocation) -> Result<Option<OauthSession>, Refused> {
    let found = match revocation {
        Revocation::Refresh(token) => {
            let id = token.session();
            pds.store.read(|tx| tx.oauth_session(&id)).await?
        }
        Revocation::Other(text) => {
            // One that has ended will do as well.
            let issuer = pds.oauth.issuer.as_str();
            let claims = pds.oauth.access.verify(text, issuer, &pds.did, None).ok();
            let Some(id) = claims.and_then(|claims| claims.id()) else { return Ok(None) };
            pds.store.read(|tx| tx.oauth_session_by_access(id.as_bytes())).await?
        }
    };
    Ok(found)
}
