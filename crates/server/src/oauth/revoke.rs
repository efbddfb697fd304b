//! `/oauth/revoke`: a client has no more use for its tokens.
//!
//! Spec: RFC 7009

use ::oauth::dpop::Proof;
use ::oauth::exchange::Revocation;
use axum::body::Body;
use axum::extract::State;
use http::{Request, Response, StatusCode};
use serde_json::json;
use store::OauthSession;

use super::Asked;
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
    direct.parameters.required("client_id")?;
    if let Some(proof) = &proof {
        use_up(pds, proof)?;
    }
    let issuer = pds.oauth.issuer.as_str();
    let asking = pds.oauth.clients.asking(&direct.parameters, issuer, pds.clock.now_s());
    // Who could not prove to be the client is told no more than who has a token of another's.
    let Ok(asked) = asking.await else { return Ok(()) };
    let Some(session) = find(pds, &revocation).await? else { return Ok(()) };
    if !is_own(&session, &asked, proof.as_ref()) {
        return Ok(());
    }
    let assertion = asked.assertion;
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

/// Tells whether a session is of the client that wants to end it. For a client without keys that it
/// has the token is enough, as it cannot prove more, and nothing is gained by ending a session.
fn is_own(session: &OauthSession, asked: &Asked, proof: Option<&Proof>) -> bool {
    let auth = serde_json::from_str(&session.auth);
    let is_same = |auth: ::oauth::assertion::ClientAuth| auth.check_same(&asked.auth).is_ok();
    session.client_id == asked.client.id.as_str()
        && auth.is_ok_and(is_same)
        && proof.is_none_or(|proof| *proof.jkt().as_bytes() == session.jkt)
}
