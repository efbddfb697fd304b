//! The session of an app that an owner has let in: tokens that are bound to a key, and renewed at the
//! authorization server.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use identity::outbound::{self, Client, Limits};
use oauth::outgoing::{AuthorizationServer, Grant, ProofKey};
use oauth::scope::{Need, Scopes};
use serde::{Deserialize, Serialize};
use syntax::Did;
use zeroize::Zeroizing;

use super::HostError;
use super::proving::{DPOP, Prover, TimeSource};

/// What an answer of an authorization server may take.
const ANSWER: Limits = Limits::document(std::time::Duration::from_secs(30), 64 << 10);

/// What an app is granted that may close the account.
const CLOSE: &str = "account:status?action=manage";

/// A session that is bound to a key.
#[derive(Clone)]
pub struct Bound {
    pub(super) access: Zeroizing<String>,
    pub(super) refresh: Zeroizing<String>,
    scope: String,
    pub(super) binding: Arc<Binding>,
}

/// What a session is bound to, as long as it lasts.
pub(super) struct Binding {
    pub(super) prover: Prover,
    pub(super) token: Uri,
    revoke: Option<Uri>,
    pub(super) client_id: String,
}

/// What a session is bound to, in the form in which it is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptBinding {
    key: String,
    token: String,
    revoke: Option<String>,
    client_id: String,
    scope: String,
}

impl Binding {
    pub(super) fn new(
        prover: Prover,
        server: &AuthorizationServer,
        client_id: &str,
    ) -> Result<Self, HostError> {
        let uri =
            |url: &url::Url| url.as_str().parse().map_err(|_| HostError::Malformed("address"));
        Ok(Self {
            prover,
            token: uri(&server.token)?,
            revoke: server.revoke.as_ref().map(uri).transpose()?,
            client_id: client_id.to_owned(),
        })
    }
}

impl Bound {
    /// Begins the session that was granted.
    pub(super) fn new(binding: Arc<Binding>, grant: Grant) -> Self {
        let Grant { access_token: access, refresh_token: refresh, scope, sub: _ } = grant;
        Self { access, refresh, scope, binding }
    }

    pub(super) fn of(
        kept: &KeptBinding,
        (access, refresh): (Zeroizing<String>, Zeroizing<String>),
        time: &TimeSource,
    ) -> Option<Self> {
        let key = ProofKey::from_hex(&kept.key).ok()?;
        let revoke = kept.revoke.as_ref().map(|url| url.parse()).transpose();
        let binding = Binding {
            prover: Prover::new(key, Arc::clone(time)),
            token: kept.token.parse().ok()?,
            revoke: revoke.ok()?,
            client_id: kept.client_id.clone(),
        };
        Some(Self { access, refresh, scope: kept.scope.clone(), binding: Arc::new(binding) })
    }

    pub(super) fn keep(&self) -> KeptBinding {
        let Binding { prover, token, revoke, client_id } = &*self.binding;
        KeptBinding {
            key: prover.key.to_hex().to_string(),
            token: token.to_string(),
            revoke: revoke.as_ref().map(Uri::to_string),
            client_id: client_id.clone(),
            scope: self.scope.clone(),
        }
    }

    /// Returns what was granted, with spaces between.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Tells whether what was granted is enough for a call.
    pub fn allows(&self, need: &Need<'_>) -> bool {
        Scopes::parse(&self.scope).allows(need)
    }

    /// Tells whether the account may be closed. The specification has no scope for that; this is the one
    /// that the reference server has.
    pub fn may_close(&self) -> bool {
        self.scope.split(' ').any(|scope| scope == CLOSE)
    }

    /// Gets other tokens for those that have ended. The server takes the old ones no more.
    pub(super) async fn renewed(&self, client: &Client, did: &Did) -> Result<Self, HostError> {
        let Binding { prover, token, client_id, .. } = &*self.binding;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", self.refresh.as_str()),
            ("client_id", client_id.as_str()),
        ];
        let body = match ask(client, prover, token, &fields).await {
            Err(HostError::Refused { name, .. }) if name == "invalid_grant" => {
                return Err(HostError::SessionEnded);
            }
            outcome => outcome?,
        };
        let grant = Grant::read(&body).map_err(|_| HostError::Malformed("set of tokens"))?;
        if grant.sub != *did {
            return Err(HostError::SessionEnded);
        }
        Ok(Self::new(Arc::clone(&self.binding), grant))
    }

    /// Gives the tokens back.
    pub(super) async fn revoke(&self, client: &Client) -> Result<(), HostError> {
        let Binding { prover, revoke, client_id, .. } = &*self.binding;
        let Some(url) = revoke else { return Ok(()) };
        let fields = [
            ("token", self.refresh.as_str()),
            ("token_type_hint", "refresh_token"),
            ("client_id", client_id.as_str()),
        ];
        ask(client, prover, url, &fields).await.map(|_| ())
    }
}

/// Sends a form to an authorization server, and once more if it wants another nonce, which uses up nothing
/// there.
pub(super) async fn ask(
    client: &Client,
    prover: &Prover,
    url: &Uri,
    fields: &[(&str, &str)],
) -> Result<Bytes, HostError> {
    match ask_once(client, prover, url, fields).await {
        Err(error) if error.is_nonce_needed() => ask_once(client, prover, url, fields).await,
        outcome => outcome,
    }
}

async fn ask_once(
    client: &Client,
    prover: &Prover,
    url: &Uri,
    fields: &[(&str, &str)],
) -> Result<Bytes, HostError> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::new(outbound::full(form));
    (*request.method_mut(), *request.uri_mut()) = (Method::POST, url.clone());
    let headers = request.headers_mut();
    let is_form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, is_form);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(DPOP, prover.prove(&Method::POST, url, None)?);
    let response = client.send(request, &ANSWER).await?;
    prover.learn(url, response.headers());
    match response.status() {
        StatusCode::OK | StatusCode::CREATED => Ok(response.into_body().bytes().await?),
        _ => Err(HostError::of(response).await),
    }
}
