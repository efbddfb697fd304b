//! `/oauth/token`: tokens for a code, or for a refresh token.
//!
//! The order matters. First the proof and its nonce: clients send the same again with another nonce,
//! so that nothing may be used up by then. Then who the client is. Only then the code or token is
//! looked at, in one transaction with what is given out for it.

use ::oauth::access::{AccessClaims, Confirmation};
use ::oauth::assertion::ClientAuth;
use ::oauth::dpop::{Proof, ProofError};
use ::oauth::exchange::{ExchangeError, Holder, TokenRequest, check_scope};
use ::oauth::jose::Thumbprint;
use ::oauth::lifetime::{Held, Lifetimes, Refresh, RefreshError};
use ::oauth::request::AuthorizationRequest;
use ::oauth::scope::Scopes;
use ::oauth::token::{AuthorizationCode, RefreshToken, TokenHash, TokenId};
use axum::body::Body;
use axum::extract::State;
use http::{Request, Response, StatusCode};
use serde::Serialize;
use store::{Account, OauthSession, Status, Tx};
use syntax::Did;

use super::direct::{Direct, Refused, answer, use_up};
use super::{Asked, Sets, bytes, random};
use crate::pds::Pds;

/// How many apps an account may have let in at a time. Beyond that those go that were not used for
/// the longest time.
const SESSIONS_MAX: u64 = 200;

/// What a client gets.
#[derive(Serialize)]
struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
    sub: Did,
}

/// A client that has proven who it is and which key it has.
struct Client {
    asked: Asked,
    jkt: Thumbprint,
}

/// What was given out.
struct Issued {
    session: OauthSession,
    did: Did,
    refresh: RefreshToken,
}

/// Gives tokens out.
pub(super) async fn token(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    let outcome = exchange(&pds, request).await;
    answer(&pds, StatusCode::OK, outcome)
}

async fn exchange(pds: &Pds, request: Request<Body>) -> Result<Tokens, Refused> {
    let direct = Direct::read(pds, request).await?;
    let proof: Proof = direct.proof(pds)?.ok_or(ProofError::Missing)?;
    let wanted = TokenRequest::read(&direct.parameters)?;
    let issuer = pds.oauth.issuer.as_str();
    let asked = pds.oauth.clients.asking(&direct.parameters, issuer, pds.clock.now_s()).await?;
    wanted.check_announced(&asked.client)?;
    use_up(pds, &proof)?;
    let (jkt, refreshes) = (proof.jkt(), asked.client.refreshes);
    let client = Client { asked, jkt };
    let issued = match wanted {
        TokenRequest::Code { code, redirect_uri, code_verifier } => {
            begin(pds, client, code, redirect_uri, code_verifier).await?
        }
        TokenRequest::Refresh { token, scope } => go_on(pds, client, token, scope).await?,
    };
    Ok(tokens(pds, issued, refreshes))
}

/// Writes what a client gets.
fn tokens(pds: &Pds, issued: Issued, refreshes: bool) -> Tokens {
    let Issued { session, did, refresh } = issued;
    let now_s = pds.clock.now_s();
    let time_s = pds.oauth.lifetimes.access.as_secs();
    let exp = (session.ends_at / 1000).min(now_s + time_s);
    let claims = AccessClaims {
        jti: TokenId::from_random(session.access).expose(),
        sub: did.clone(),
        iss: pds.oauth.issuer.as_str().to_owned(),
        aud: pds.did.clone(),
        iat: now_s,
        exp,
        client_id: session.client_id,
        cnf: Confirmation { jkt: Thumbprint::from_bytes(session.jkt) },
    };
    Tokens {
        access_token: pds.oauth.access.make(&claims),
        token_type: "DPoP",
        expires_in: exp.saturating_sub(now_s),
        refresh_token: refreshes.then(|| refresh.expose()),
        scope: session.expanded,
        sub: did,
    }
}

/// Says why nothing is given out, after the transaction in which that was found.
type Verdict<T> = Result<Result<T, ExchangeError>, Refused>;

/// Begins a session with a code. The code is gone afterwards, whatever comes of it.
async fn begin(
    pds: &Pds,
    client: Client,
    code: AuthorizationCode,
    redirect_uri: String,
    verifier: Option<String>,
) -> Result<Issued, Refused> {
    let hash = bytes(&code.hash());
    let peeked = pds.store.read(|tx| tx.oauth_code(&hash)).await?;
    // Sets are looked up before the transaction, which cannot wait. What they grant is decided by the
    // scope that stays the same from here on.
    let scope = peeked.and_then(|request| request.granted).map(|granted| granted.scope);
    let scope = Scopes::parse(&scope.unwrap_or_default());
    let expanded = Sets::of(pds, &scope).await?.expand(&scope);
    let lifetimes = pds.oauth.lifetimes;
    let begun: Verdict<Issued> = pds
        .store
        .write(move |tx| {
            if let Err(replayed) = Asked::spend(client.asked.assertion, tx)? {
                return Ok(Err(replayed.into()));
            }
            let Some(request) = tx.take_oauth_code(&hash)? else {
                return replayed(tx, &client, &hash);
            };
            open(tx, &lifetimes, &client, &request, (&redirect_uri, verifier.as_deref()), expanded)
        })
        .await;
    Ok(begun??)
}

/// Ends what a code was used for that comes a second time: whoever has it may be a thief, or may have
/// been robbed. A stranger who has found it somewhere ends nothing.
fn replayed(tx: &mut Tx<'_>, client: &Client, code: &[u8; 32]) -> Verdict<Issued> {
    let Some(session) = tx.oauth_session_by_code(code)? else {
        return Ok(Err(ExchangeError::UnknownCode));
    };
    if client.check_same(&session)?.is_ok() {
        tx.delete_oauth_session(session.account, &session.id)?;
        tx.delete_oauth_agreements(session.account, Some(&session.client_id))?;
    }
    Ok(Err(ExchangeError::ReplayedCode))
}

/// Checks a code that was taken, and makes its session.
fn open(
    tx: &mut Tx<'_>,
    lifetimes: &Lifetimes,
    client: &Client,
    request: &store::OauthRequest,
    (redirect_uri, verifier): (&str, Option<&str>),
    expanded: Scopes,
) -> Verdict<Issued> {
    let granted = request.granted.as_ref().ok_or(store::Error::Malformed("code"))?;
    let now_ms = tx.now_ms();
    if request.expires_at <= now_ms {
        return Ok(Err(ExchangeError::ExpiredCode));
    }
    let asked: AuthorizationRequest =
        serde_json::from_str(&request.request).map_err(Refused::internal)?;
    if let Err(error) = asked.check_exchange(&client.holder(), redirect_uri, verifier) {
        return Ok(Err(error));
    }
    let account = tx.account_by_id(granted.account)?;
    if account.state.status() != Status::Active {
        return Ok(Err(ExchangeError::UnknownCode));
    }
    let id = random();
    let refresh = RefreshToken::first(id, random());
    let now_s = now_ms / 1000;
    let ends = lifetimes.ends(client.asked.client.is_confidential(), now_s, now_s);
    // One that is never refreshed is over with its first token.
    let refresh_ends_s = if client.asked.client.refreshes { ends.refresh_s } else { ends.access_s };
    let session = OauthSession {
        account: account.id,
        id,
        client_id: asked.client_id.as_str().to_owned(),
        auth: serde_json::to_string(&client.asked.auth).map_err(Refused::internal)?,
        jkt: *client.jkt.as_bytes(),
        scope: granted.scope.clone(),
        expanded: expanded.to_string(),
        device: request.device,
        code: granted.code,
        access: random(),
        refresh: bytes(&refresh.hash()),
        former_refresh: None,
        created_at: now_ms,
        refreshed_at: now_ms,
        refresh_ends_at: refresh_ends_s * 1000,
        ends_at: ends.session_s * 1000,
    };
    tx.put_oauth_session(&session)?;
    tx.limit_oauth_sessions(account.id, SESSIONS_MAX)?;
    Ok(Ok(Issued { session, did: account.did, refresh }))
}

/// Goes on with a session: gives its next tokens out, or the same again if their answer got lost.
async fn go_on(
    pds: &Pds,
    client: Client,
    token: RefreshToken,
    scope: Option<Scopes>,
) -> Result<Issued, Refused> {
    let id = token.session();
    let peeked = pds.store.read(|tx| tx.oauth_session(&id)).await?;
    let peeked = peeked.ok_or(RefreshError::Unknown)?;
    let granted = Scopes::parse(&peeked.scope);
    // Sets may have changed since. Of one that cannot be had, what it was goes on to be good.
    let expanded = Sets::of(pds, &granted).await.ok().map(|sets| sets.expand(&granted));
    let owned = pds.clone();
    let gone_on: Verdict<Issued> = pds
        .store
        .write(move |tx| {
            if let Err(replayed) = Asked::spend(client.asked.assertion, tx)? {
                return Ok(Err(replayed.into()));
            }
            let Some(session) = tx.oauth_session(&id)? else {
                return Ok(Err(RefreshError::Unknown.into()));
            };
            if let Err(error) = client.check_same(&session)?.and_then(|()| {
                // As it was asked for, or as it was given out.
                let agreed = Scopes::parse(&session.scope);
                check_scope(scope.as_ref(), &Scopes::parse(&session.expanded))
                    .or_else(|_| check_scope(scope.as_ref(), &agreed))
            }) {
                return Ok(Err(error));
            }
            let account = tx.account_by_id(session.account)?;
            renew(&owned, tx, (session, account), &client, &token, expanded)
        })
        .await;
    Ok(gone_on??)
}

/// Decides what a refresh token of a session gets, and notes it.
fn renew(
    pds: &Pds,
    tx: &mut Tx<'_>,
    (mut session, account): (OauthSession, Account),
    client: &Client,
    token: &RefreshToken,
    expanded: Option<Scopes>,
) -> Verdict<Issued> {
    let (lifetimes, now_ms) = (&pds.oauth.lifetimes, tx.now_ms());
    let held = Held {
        current: TokenHash::from_bytes(session.refresh),
        previous: session.former_refresh.map(TokenHash::from_bytes),
        rotated_s: session.refreshed_at / 1000,
        refresh_ends_s: session.refresh_ends_at / 1000,
        session_ends_s: session.ends_at / 1000,
    };
    if account.state.status() != Status::Active {
        return Ok(Err(RefreshError::Unknown.into()));
    }
    let next = pds.oauth.successors.refresh_token(token);
    match lifetimes.refresh(&held, &token.hash(), now_ms / 1000) {
        Refresh::Rotate => {}
        Refresh::ReissueSuccessor => {
            return Ok(Ok(Issued { session, did: account.did, refresh: next }));
        }
        Refresh::Expired => {
            tx.delete_oauth_session(session.account, &session.id)?;
            return Ok(Err(RefreshError::Expired.into()));
        }
        Refresh::Replayed => {
            tx.delete_oauth_session(session.account, &session.id)?;
            tracing::warn!(did = %account.did, client = session.client_id, "a refresh token came twice");
            return Ok(Err(RefreshError::Replayed.into()));
        }
    }
    let is_confidential = client.asked.client.is_confidential();
    let ends = lifetimes.ends(is_confidential, session.created_at / 1000, now_ms / 1000);
    session.former_refresh = Some(session.refresh);
    session.refresh = bytes(&next.hash());
    session.access = *pds.oauth.successors.token_id(token).as_bytes();
    session.auth = serde_json::to_string(&client.asked.auth).map_err(Refused::internal)?;
    session.refreshed_at = now_ms;
    session.refresh_ends_at = (ends.refresh_s * 1000).min(session.ends_at);
    if let Some(expanded) = expanded {
        session.expanded = expanded.to_string();
    }
    tx.put_oauth_session(&session)?;
    Ok(Ok(Issued { session, did: account.did, refresh: next }))
}

impl Client {
    fn holder(&self) -> Holder<'_> {
        Holder { client_id: &self.asked.client.id, auth: &self.asked.auth, jkt: self.jkt }
    }

    /// Checks that a session is this client's. If not, nothing is ended: anybody may have found a
    /// token.
    fn check_same(&self, session: &OauthSession) -> Verdict<()> {
        let auth: ClientAuth = serde_json::from_str(&session.auth).map_err(Refused::internal)?;
        let now = self.holder();
        if session.client_id != now.client_id.as_str() {
            return Ok(Err(ExchangeError::OtherClient));
        }
        let jkt = Thumbprint::from_bytes(session.jkt);
        Ok(Holder { client_id: now.client_id, auth: &auth, jkt }.check_same(&now))
    }
}
