//! Signing in on the pages of a host: whoever wants to is sent there, and comes back with a code.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, Uri};
use identity::Origin;
use identity::outbound::Limits;
use oauth::metadata::Issuer;
use oauth::outgoing::{
    AuthorizationServer, Callback, CallbackError, Grant, OwnClient, ProofKey, Pushed, issuer_of,
};
use oauth::pkce::CodeVerifier;
use serde::Deserialize;
use syntax::{Did, Handle};
use url::Url;

use super::bound::{Binding, Bound, ask};
use super::proving::Prover;
use super::{Host, HostError, Owner, Session, SignedIn, TimeSource};
use crate::random;

/// The most bytes of a document in which a server describes itself.
const DOCUMENT_BYTES_MAX: u64 = 64 << 10;

/// Somebody who was sent to the pages of a host, and has not come back.
pub struct Errand {
    host: Host,
    issuer: Issuer,
    did: Did,
    redirect_uri: String,
    state: String,
    verifier: CodeVerifier,
    binding: Arc<Binding>,
}

impl Host {
    /// Finds out who lets people in to the host.
    ///
    /// # Errors
    ///
    /// [`HostError`] if nobody does, by the rules of the protocol, or it does not say within that time.
    pub async fn authorization_server(
        &self,
        time_max: Duration,
    ) -> Result<AuthorizationServer, HostError> {
        let limits = Limits::document(time_max, DOCUMENT_BYTES_MAX);
        let resource = self.origin.to_string();
        let malformed = || HostError::Malformed("description of its authorization server");
        let body = self.document(&self.origin, "/.well-known/oauth-protected-resource", &limits);
        let issuer = issuer_of(&body.await?, &resource).map_err(|_| malformed())?;
        let origin: Origin = issuer.as_str().parse().map_err(|_| malformed())?;
        let body = self.document(&origin, "/.well-known/oauth-authorization-server", &limits);
        let server = AuthorizationServer::read(&body.await?, &issuer, &resource);
        let server = server.map_err(|_| malformed())?;
        // Where this server would not go, nobody is sent from here either.
        for url in [&server.authorize, &server.push, &server.token] {
            let url: Uri = url.as_str().parse().map_err(|_| malformed())?;
            let origin = Origin::of(&url).map_err(|_| malformed())?;
            self.client.check(&origin).map_err(identity::outbound::Error::from)?;
        }
        Ok(server)
    }

    /// Reads a document, which has to be there and nowhere else.
    async fn document(
        &self,
        origin: &Origin,
        path: &'static str,
        limits: &Limits,
    ) -> Result<bytes::Bytes, HostError> {
        let url = origin.url(http::uri::PathAndQuery::from_static(path));
        let response = self.client.get(url, "application/json", limits).await?;
        let kind = response.headers().get(http::header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_json = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        match response.status() {
            StatusCode::OK if is_json => Ok(response.into_body()),
            _ => Err(HostError::Malformed("document")),
        }
    }
}

impl Errand {
    /// Has the authorization server of a host prepare to let an account's owner in. Also returns where the
    /// owner's browser goes.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the server does not do it.
    pub async fn begin(
        host: Host,
        server: &AuthorizationServer,
        client: &OwnClient,
        did: &Did,
        time: TimeSource,
    ) -> Result<(Self, Url), HostError> {
        let state = data_encoding::BASE64URL_NOPAD.encode(&random::<32>());
        let verifier = CodeVerifier::from_random(random());
        let prover = Prover::new(ProofKey::generate(), time);
        let push: Uri =
            server.push.as_str().parse().map_err(|_| HostError::Malformed("address"))?;
        let challenge = verifier.challenge().to_string();
        let fields = [
            ("client_id", &*client.client_id),
            ("response_type", "code"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("redirect_uri", &client.redirect_uri),
            ("scope", &client.scope),
            ("state", &state),
            ("login_hint", did.as_str()),
        ];
        let body = ask(&host.client, &prover, &push, &fields).await?;
        let pushed: Result<Pushed, _> = serde_json::from_slice(&body);
        let pushed = pushed.map_err(|_| HostError::Malformed("answer"))?;
        let link = server.link(&client.client_id, &pushed.request_uri);
        let binding = Arc::new(Binding::new(prover, server, &client.client_id)?);
        let redirect_uri = client.redirect_uri.clone();
        let (issuer, did) = (server.issuer.clone(), did.clone());
        Ok((Self { host, issuer, did, redirect_uri, state, verifier, binding }, link))
    }

    /// Returns whose account it is about.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Returns the host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Tells whether an answer is for this.
    pub fn is_answered_by(&self, query: &str) -> bool {
        Callback::is_for(query, &self.state).unwrap_or(false)
    }

    /// Reads what the browser has come back with.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] if it is not the answer of who was asked.
    pub fn read(&self, query: &str) -> Result<Callback, CallbackError> {
        Callback::read(query, &self.state, self.issuer.as_str())
    }

    /// Gets a session for a code. Whose it is, is for the caller to look at: whoever has signed in there.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the server does not give one.
    pub async fn exchange(&self, code: &str) -> Result<(Did, Session), HostError> {
        let Binding { prover, token, client_id, .. } = &*self.binding;
        let fields = [
            ("client_id", &**client_id),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", self.verifier.as_str()),
        ];
        let body = ask(&self.host.client, prover, token, &fields).await?;
        let grant = Grant::read(&body).map_err(|_| HostError::Malformed("set of tokens"))?;
        let did = grant.sub.clone();
        Ok((did, Session::Bound(Bound::new(Arc::clone(&self.binding), grant))))
    }
}

impl Owner {
    /// Returns what the host says of the account and its session.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not say.
    pub async fn signed_in(&self) -> Result<SignedIn, HostError> {
        #[derive(Deserialize)]
        struct Output {
            did: Did,
            handle: String,
            email: Option<String>,
            active: Option<bool>,
        }
        let output: Output = self.query("com.atproto.server.getSession", &[]).await?;
        if output.did != *self.did() {
            return Err(HostError::Malformed("DID"));
        }
        Ok(SignedIn {
            did: output.did,
            handle: Handle::parse(&output.handle).ok(),
            email: output.email,
            active: output.active,
            session: self.session().await,
        })
    }
}
