//! `/oauth/par`: what a client wants to ask the owner of an account.
//!
//! Spec: RFC 9126, <https://atproto.com/specs/oauth#authorization-requests>

use ::oauth::pkce::{self, PkceError};
use ::oauth::request::AuthorizationRequest;
use ::oauth::token::RequestId;
use axum::body::Body;
use axum::extract::State;
use http::{Request, Response, StatusCode};
use serde::Serialize;

use super::client::ClientFault;
use super::direct::{Direct, Refused, answer, use_up};
use super::{Asked, Sets, bytes, random};
use crate::clock::millis;
use crate::pds::Pds;

#[derive(Serialize)]
struct Pushed {
    request_uri: String,
    expires_in: u64,
}

/// Keeps what a client asks for until somebody comes with it.
pub(super) async fn pushed(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    let outcome = keep(&pds, request).await;
    answer(&pds, StatusCode::CREATED, outcome)
}

async fn keep(pds: &Pds, request: Request<Body>) -> Result<Pushed, Refused> {
    let direct = Direct::read(pds, request).await?;
    let proof = direct.proof(pds)?;
    // Strangers can have much looked up here, and others wait for the same look-ups.
    let _turn = pds.oauth.asking_turns.try_acquire().map_err(|_| ClientFault::Busy)?;
    let issuer = pds.oauth.issuer.as_str();
    let asked = pds.oauth.clients.asking(&direct.parameters, issuer, pds.clock.now_s()).await?;
    let jkt = proof.as_ref().map(|proof| proof.jkt());
    let request = AuthorizationRequest::new(&direct.parameters, &asked.client, asked.auth, jkt)?;
    Sets::of(pds, &request.scope).await?;
    if let Some(proof) = &proof {
        use_up(pds, proof)?;
    }
    let id = RequestId::from_random(random());
    let (hash, json) = (bytes(&id.hash()), serde_json::to_string(&request));
    let json = json.map_err(Refused::internal)?;
    let time = pds.oauth.lifetimes.request;
    let (assertion, now_ms) = (asked.assertion, pds.clock.now_ms());
    let challenge = request.code_challenge.hash();
    let kept = pds.store.write(move |tx| {
        if let Err(replayed) = Asked::spend(assertion, tx)? {
            return Ok(Err(Refused::from(replayed)));
        }
        if !tx.use_once(&challenge, now_ms + millis(pkce::REMEMBERED))? {
            return Ok(Err(Refused::from(PkceError::Used)));
        }
        tx.create_oauth_request(&hash, &json, now_ms + millis(time))?;
        Ok::<_, store::Error>(Ok(()))
    });
    kept.await.map_err(Refused::internal)??;
    Ok(Pushed { request_uri: id.to_uri(), expires_in: time.as_secs() })
}
