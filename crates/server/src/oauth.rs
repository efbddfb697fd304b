//! The authorization server over HTTP: apps are let in here, and recognised when they come back.
//!
//! The rules are in the crate `oauth`, what is remembered is in the database. What people see of it is
//! in `web`.

mod client;
mod direct;
mod documents;
mod pushed;
mod revoke;
mod sets;
mod token;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use ::oauth::access::AccessTokens;
use ::oauth::dpop::{self, Nonces, Proof, Replays};
use ::oauth::error::{Face, Refusal as Rule};
use ::oauth::lifetime::Lifetimes;
use ::oauth::metadata::Issuer;
use ::oauth::scope::Scopes;
use ::oauth::token::{AuthorizationCode, Successors, TokenHash};
use axum::Router;
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use identity::outbound::Client as HttpClient;
use lru::LruCache;
use sha2::Sha256;
use store::{Account, AccountId, Status};
use tokio::sync::Semaphore;

use crate::caller::{Credentials, check_standing};
use crate::failure::{Fault, Refusal};
use crate::oauth::client::Asked;
use crate::oauth::client::Clients;
pub(crate) use crate::oauth::direct::ip;
pub(crate) use crate::oauth::sets::Sets;
use crate::pds::Pds;

/// The header that tells clients which nonce to use next.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// How many proofs of those who call are remembered: some 40 bytes each.
const PROOFS_MAX: usize = 500_000;
/// How many of those who come for tokens: some 240 bytes each, as most have a key of their own.
const ASKING_PROOFS_MAX: usize = 100_000;
/// How many clients are looked up at a time.
const ASKING_MAX: usize = 64;
/// How many sessions' scopes are kept as they were read: reading long ones takes longer than all else.
const READ_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not zero");

/// What the authorization server works with.
pub(crate) struct Oauth {
    pub(crate) issuer: Issuer,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) clients: Clients,
    nonces: Nonces,
    access: AccessTokens,
    successors: Successors,
    code_secret: [u8; 32],
    /// Lets so many clients be looked up at a time for what they ask.
    asking_turns: Semaphore,
    /// Proofs of those who come for tokens. Held for moments.
    asking: Mutex<Replays<AccountId>>,
    /// Proofs of those who have a token. Held for moments.
    calling: Mutex<Replays<AccountId>>,
    /// Scopes as they were read, by access token. Held for moments.
    read: Mutex<LruCache<[u8; 16], Arc<Scopes>>>,
}

/// An app that was let in, and calls.
pub(crate) struct App {
    pub(crate) account: Arc<Account>,
    /// What it may do.
    pub(crate) granted: Arc<Scopes>,
}

impl Oauth {
    /// Makes the authorization server of an issuer. `secret` is kept for the next run, `now_s` is when
    /// this one begins.
    pub(crate) fn new(
        issuer: Issuer,
        secret: &[u8],
        http: HttpClient,
        dev: bool,
        now_s: u64,
    ) -> Self {
        let mut run = [0; dpop::RUN_BYTES];
        getrandom::fill(&mut run).expect("the operating system gives random numbers");
        Self {
            issuer,
            lifetimes: Lifetimes::default(),
            clients: Clients::new(http, dev),
            nonces: Nonces::new(derived(secret, b"DPoP nonces"), run, now_s),
            access: AccessTokens::new(secret),
            code_secret: derived(secret, b"OAuth codes"),
            successors: Successors::new(derived(secret, b"OAuth refresh tokens")),
            asking_turns: Semaphore::new(ASKING_MAX),
            asking: Mutex::new(Replays::new(ASKING_PROOFS_MAX)),
            calling: Mutex::new(Replays::new(PROOFS_MAX)),
            read: Mutex::new(LruCache::new(READ_MAX)),
        }
    }

    /// Returns the code that a request is answered with. It follows from the request, so that somebody who
    /// presses the button twice is led back with the same.
    pub(crate) fn code(&self, request: &[u8; 32]) -> AuthorizationCode {
        AuthorizationCode::from_random(derived(&self.code_secret, request))
    }

    /// Returns the header with the nonce to use next.
    pub(crate) fn nonce(&self, now_s: u64) -> HeaderValue {
        HeaderValue::try_from(self.nonces.next(now_s)).expect("nonces are letters and digits")
    }

    /// Finds out which app it is that calls with an access token, and whether it still may.
    ///
    /// # Errors
    ///
    /// [`Fault`] with 401 and what clients need to go on: a nonce, or that they have to refresh.
    pub(crate) async fn app(&self, pds: &Pds, head: &Parts, token: &str) -> Result<App, Fault> {
        let now_s = pds.clock.now_s();
        let claims = self.access.verify(token, self.issuer.as_str(), &pds.did, Some(now_s));
        let claims = claims.map_err(|error| unauthorized(&error))?;
        let proof = self.proof(head, Some(token), now_s).map_err(|error| unauthorized(&error))?;
        claims.check_key(proof.jkt()).map_err(|error| unauthorized(&error))?;
        let gone = || unauthorized(&::oauth::access::AccessError::Unverified);
        let id = claims.id().ok_or_else(gone)?;
        let found = pds.store.read(|tx| tx.oauth_session_by_access(id.as_bytes())).await;
        let found = found.map_err(|error: store::Error| Fault::from(error))?;
        let is_over = |session: &store::OauthSession| {
            session.ends_at <= now_s * 1000 || session.jkt != *proof.jkt().as_bytes()
        };
        let session = found.filter(|session| !is_over(session)).ok_or_else(gone)?;
        take(&self.calling, &proof, Some(session.account), now_s)
            .map_err(|error| unauthorized(&error))?;
        let account = pds.store.account(&claims.sub).await?;
        let account = account.filter(|account| account.id == session.account).ok_or_else(gone)?;
        check_standing(account.state.status())?;
        if account.state.status() == Status::Deactivated {
            let (status, name) = (StatusCode::UNAUTHORIZED, "AccountDeactivated");
            return Err(Refusal::new(status, name, "Account is deactivated").into());
        }
        let granted = self.read(&session);
        if !granted.has_atproto() {
            return Err(scope_missing("atproto").into());
        }
        Ok(App { account, granted })
    }

    /// Checks the proof that came with a request. That it did not come before is not checked.
    fn proof(
        &self,
        head: &Parts,
        token: Option<&str>,
        now_s: u64,
    ) -> Result<Proof, dpop::ProofError> {
        let url = self.issuer.url(head.uri.path());
        let request =
            dpop::Request { method: head.method.as_str(), url: &url, access_token: token, now_s };
        let headers = head.headers.get_all(DPOP).iter().map(HeaderValue::as_bytes);
        Proof::verify(headers, &request, &self.nonces)
    }

    /// Returns what a session may do.
    fn read(&self, session: &store::OauthSession) -> Arc<Scopes> {
        let read = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scopes) = read().get(&session.access) {
            return Arc::clone(scopes);
        }
        let scopes = Arc::new(Scopes::parse(&session.expanded));
        read().put(session.access, Arc::clone(&scopes));
        scopes
    }
}

/// Takes a proof, once.
fn take(
    replays: &Mutex<Replays<AccountId>>,
    proof: &Proof,
    owner: Option<AccountId>,
    now_s: u64,
) -> Result<(), dpop::ReplayError> {
    // A panic leaves no half of an entry.
    replays.lock().unwrap_or_else(PoisonError::into_inner).take(proof, owner, now_s)
}

/// Derives a secret for one purpose.
fn derived(secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.chain_update(purpose).finalize().into_bytes().into()
}

/// Draws bytes for a token.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

/// Returns the hash of a token as the database has it.
pub(crate) fn bytes(hash: &TokenHash) -> [u8; 32] {
    *hash.as_bytes()
}

/// Refuses a call for what a rule says, so that clients know how to go on.
fn unauthorized(error: &impl Rule) -> Refusal {
    let code = error.code();
    let status = code.status(Face::Resource);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED);
    let refusal = Refusal::new(status, code.as_str(), error.explain());
    let mut headers = HeaderMap::new();
    if status == StatusCode::UNAUTHORIZED
        && let Ok(challenge) = HeaderValue::try_from(dpop::challenge_of(error))
    {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    refusal.with_headers(headers)
}

/// Refuses an app that lacks a scope: 403 `ScopeMissingError`.
pub(crate) fn scope_missing(scope: &str) -> Refusal {
    let message = format!("Missing required scope \"{scope}\"");
    Refusal::new(StatusCode::FORBIDDEN, "ScopeMissingError", message)
}

/// Tells whether a request comes from an app, which wants to know the nonce to use next: with a proof,
/// or with a token that needs one.
pub(crate) fn is_from_app(headers: &HeaderMap) -> bool {
    headers.contains_key(DPOP) || matches!(Credentials::of(headers), Credentials::Dpop(_))
}

/// Tells whether it is apps that ask for what is at a path, and not people.
pub(crate) fn is_direct(path: &str) -> bool {
    use ::oauth::metadata::{JWKS_PATH, PUSHED_REQUEST_PATH, REVOKE_PATH, TOKEN_PATH};

    [JWKS_PATH, PUSHED_REQUEST_PATH, TOKEN_PATH, REVOKE_PATH].contains(&path)
}

/// Makes the router of what apps ask for.
pub(crate) fn router() -> Router<Pds> {
    Router::new()
        .route("/.well-known/oauth-protected-resource", get(documents::resource))
        .route("/.well-known/oauth-authorization-server", get(documents::server))
        .route(::oauth::metadata::JWKS_PATH, get(documents::keys))
        .route(::oauth::metadata::PUSHED_REQUEST_PATH, post(pushed::pushed))
        .route(::oauth::metadata::TOKEN_PATH, post(token::token))
        .route(::oauth::metadata::REVOKE_PATH, post(revoke::revoke))
}
