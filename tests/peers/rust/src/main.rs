//! Goes through the life of OAuth sessions with `atrium-oauth`, and says line by line, as JSON, what it
//! found. What only somebody with a browser can do, and what has to be published, it asks of whoever
//! has started it, who answers a visit with the query that came back.

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atrium_api::agent::Agent;
use atrium_api::com::atproto::repo::create_record;
use atrium_api::types::TryIntoUnknown as _;
use atrium_api::types::string::{Datetime, Did};
use atrium_common::store::Store;
use atrium_identity::did::{CommonDidResolver, CommonDidResolverConfig};
use atrium_identity::handle::{AppViewHandleResolver, AppViewHandleResolverConfig};
use atrium_oauth::store::session::{Session, SessionStore};
use atrium_oauth::store::state::MemoryStateStore;
use atrium_oauth::{
    AtprotoClientMetadata, AtprotoLocalhostClientMetadata, AuthMethod, AuthorizeOptions,
    CallbackParams, GrantType, KnownScope, OAuthClient, OAuthClientConfig, OAuthResolverConfig,
    OAuthSession, Scope,
};
use atrium_xrpc::HttpClient;
use atrium_xrpc::http::{Request, Response};
use jose_jwk::Jwk;
use p256::SecretKey;
use p256::elliptic_curve::rand_core::OsRng;
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;
type Dids = CommonDidResolver<Wire>;
type Handles = AppViewHandleResolver<Wire>;
type Held = OAuthSession<Wire, Dids, Handles, Sessions>;

const COLLECTION: &str = "com.example.shells.shell";
const CALLBACK: &str = "http://127.0.0.1/callback";
const WEB_CALLBACK: &str = "https://app.shells.social/rust/callback";
/// How the server says that there has to be another nonce.
const NONCE_WANTED: &str = "use_dpop_nonce";

/// What goes between an app and the server: counted, and lost when a check wants it to be.
#[derive(Clone, Default)]
struct Wire(Arc<WireState>);

#[derive(Default)]
struct WireState {
    client: reqwest::Client,
    is_losing: AtomicBool,
    nonces_wanted: AtomicUsize,
}

impl HttpClient for Wire {
    async fn send_http(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failure> {
        let is_for_tokens = request.uri().path() == "/oauth/token";
        let answer = self.0.client.execute(request.try_into()?).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?.to_vec();
        if status.is_client_error() && String::from_utf8_lossy(&body).contains(NONCE_WANTED) {
            self.0.nonces_wanted.fetch_add(1, Ordering::Relaxed);
        }
        if is_for_tokens && status.is_success() && self.0.is_losing.swap(false, Ordering::Relaxed) {
            return Err("the connection is gone".into());
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The sessions of an app, which can be copied, as if the app ran twice.
#[derive(Clone, Default)]
struct Sessions(Arc<Mutex<HashMap<Did, Session>>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<Did, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.all().clone())))
    }

    /// Makes the app believe that its token has ended, and the server not know it.
    fn expire(&self, did: &Did) {
        if let Some(session) = self.all().get_mut(did) {
            session.token_set.access_token = "of yesterday".to_owned();
            session.token_set.expires_at = "2000-01-01T00:00:00Z".parse::<Datetime>().ok();
        }
    }
}

impl Store<Did, Session> for Sessions {
    type Error = Infallible;

    async fn get(&self, key: &Did) -> Result<Option<Session>, Infallible> {
        Ok(self.all().get(key).cloned())
    }

    async fn set(&self, key: Did, value: Session) -> Result<(), Infallible> {
        self.all().insert(key, value);
        Ok(())
    }

    async fn del(&self, key: &Did) -> Result<(), Infallible> {
        self.all().remove(key);
        Ok(())
    }

    async fn clear(&self) -> Result<(), Infallible> {
        self.all().clear();
        Ok(())
    }
}

impl SessionStore for Sessions {}

/// What this program is told when it is started.
struct Given {
    host: String,
    plc: String,
    apps: String,
    handle: String,
    did: Did,
}

/// Says what was found, and remembers whether all was well.
#[derive(Default)]
struct Report {
    has_failed: bool,
}

impl Report {
    fn check(&mut self, holds: bool, claim: &str, found: impl std::fmt::Debug) {
        self.has_failed |= !holds;
        tell(&json!({ "claim": claim, "holds": holds, "found": format!("{found:?}") }));
    }
}

fn tell(line: &Value) {
    let mut out = io::stdout().lock();
    // Nobody who would miss a line is there any more when it cannot be written.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Lets somebody decide, and returns what the app is answered.
fn visit(link: &str, deny: bool) -> Result<HashMap<String, String>, Failure> {
    tell(&json!({ "visit": link, "deny": deny }));
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let url = reqwest::Url::parse(&format!("{CALLBACK}?{}", line.trim()))?;
    Ok(url.query_pairs().into_owned().collect())
}

fn scopes() -> Vec<Scope> {
    let create = format!("repo:{COLLECTION}?action=create");
    vec![Scope::Known(KnownScope::Atproto), Scope::Unknown(create)]
}

/// How an app shows that it is itself.
#[derive(Clone)]
enum Proof {
    None,
    Key(Box<Jwk>),
}

/// An app.
struct App {
    client: OAuthClient<MemoryStateStore, Sessions, Dids, Handles, Wire>,
    sessions: Sessions,
    wire: Wire,
}

impl App {
    fn open(given: &Given, proof: &Proof, sessions: Sessions) -> Result<Self, Failure> {
        let wire = Wire::default();
        let http_client = Arc::new(wire.clone());
        let resolver = OAuthResolverConfig {
            did_resolver: CommonDidResolver::new(CommonDidResolverConfig {
                plc_directory_url: given.plc.clone(),
                http_client: Arc::clone(&http_client),
            }),
            handle_resolver: AppViewHandleResolver::new(AppViewHandleResolverConfig {
                service_url: given.host.clone(),
                http_client,
            }),
            authorization_server_metadata: Default::default(),
            protected_resource_metadata: Default::default(),
        };
        let (state_store, session_store) = (MemoryStateStore::default(), sessions.clone());
        let http_client = wire.clone();
        let client = match proof {
            Proof::None => {
                let redirect_uris = Some(vec![CALLBACK.to_owned()]);
                let client_metadata =
                    AtprotoLocalhostClientMetadata { redirect_uris, scopes: Some(scopes()) };
                let keys = None;
                OAuthClient::new(OAuthClientConfig {
                    client_metadata,
                    keys,
                    state_store,
                    session_store,
                    resolver,
                    http_client,
                })
            }
            Proof::Key(key) => {
                let client_metadata = AtprotoClientMetadata {
                    client_id: format!("{}/rust.json", given.apps),
                    client_uri: None,
                    redirect_uris: vec![WEB_CALLBACK.to_owned()],
                    token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
                    grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
                    scopes: scopes(),
                    jwks_uri: None,
                    token_endpoint_auth_signing_alg: Some("ES256".to_owned()),
                };
                let keys = Some(vec![Jwk::clone(key)]);
                OAuthClient::new(OAuthClientConfig {
                    client_metadata,
                    keys,
                    state_store,
                    session_store,
                    resolver,
                    http_client,
                })
            }
        };
        Ok(Self { client: client?, sessions, wire })
    }

    async fn ask(&self, given: &Given, deny: bool) -> Result<HashMap<String, String>, Failure> {
        let options = AuthorizeOptions { scopes: scopes(), ..Default::default() };
        visit(&self.client.authorize(&given.handle, options).await?, deny)
    }

    async fn sign_in(&self, given: &Given) -> Result<Held, Failure> {
        let mut answer = self.ask(given, false).await?;
        let code = answer.remove("code").ok_or("there is no code")?;
        let (state, iss) = (answer.remove("state"), answer.remove("iss"));
        let (session, _) = self.client.callback(CallbackParams { code, state, iss }).await?;
        Ok(session)
    }
}

/// Asks the server whose session it is.
async fn call(agent: &Agent<Held>) -> Result<Did, Failure> {
    Ok(agent.api.com.atproto.server.get_session().await?.data.did)
}

async fn create(agent: &Agent<Held>, did: &Did, collection: &str) -> Result<(), Failure> {
    let record = json!({ "$type": collection, "text": "from Rust" }).try_into_unknown()?;
    let input = create_record::InputData {
        collection: collection.parse()?,
        record,
        repo: did.clone().into(),
        rkey: None,
        swap_commit: None,
        validate: None,
    };
    agent.api.com.atproto.repo.create_record(input.into()).await?;
    Ok(())
}

/// Whether the call of a session is answered.
fn is_ours(given: &Given, found: &Result<Did, Failure>) -> bool {
    found.as_ref().is_ok_and(|did| *did == given.did)
}

async fn signing(report: &mut Report, given: &Given, app: &App) -> Result<(), Failure> {
    let agent = Agent::new(app.sign_in(given).await?);
    let kept = app.sessions.all().get(&given.did).cloned();
    let kept = kept.ok_or("there is no session")?.token_set;
    report.check(kept.sub == given.did, "it gets whom it has asked for", &kept.sub);
    report.check(kept.aud == given.host && kept.iss == given.host, "at their host", &kept.aud);
    let granted: Vec<&str> = kept.scope.as_deref().unwrap_or_default().split(' ').collect();
    let is_all = scopes().iter().all(|scope| granted.contains(&scope.as_ref()));
    report.check(is_all && granted.len() == 2, "with what it has asked for", &granted);
    let before = app.wire.0.nonces_wanted.load(Ordering::Relaxed);
    let found = call(&agent).await;
    report.check(is_ours(given, &found), "it calls", found);
    let wanted = app.wire.0.nonces_wanted.load(Ordering::Relaxed) - before;
    report.check(wanted == 1, "after it was given a nonce", wanted);
    let written = create(&agent, &given.did, COLLECTION).await;
    report.check(written.is_ok(), "it writes what it may", written);
    let refused = create(&agent, &given.did, "com.example.stones.stone").await;
    let is_refused = format!("{refused:?}").contains("ScopeMissingError");
    report.check(refused.is_err() && is_refused, "it writes nothing else", refused);
    Ok(())
}

async fn lasting(
    report: &mut Report,
    given: &Given,
    proof: &Proof,
    app: &App,
) -> Result<(), Failure> {
    let did = &given.did;
    app.sign_in(given).await?;
    let refresh =
        |app: &App| app.sessions.all().get(did).and_then(|s| s.token_set.refresh_token.clone());
    let first = refresh(app);
    app.sessions.expire(did);
    let agent = Agent::new(app.client.restore(did).await?);
    let found = call(&agent).await;
    report.check(is_ours(given, &found), "a token that is refused is refreshed", found);
    report.check(refresh(app) != first, "the refresh token is new", ());

    let other = App::open(given, proof, app.sessions.copy())?;
    app.sessions.expire(did);
    other.sessions.expire(did);
    let one = Agent::new(app.client.restore(did).await?);
    let two = Agent::new(other.client.restore(did).await?);
    let (left, right) = tokio::join!(call(&one), call(&two));
    report.check(is_ours(given, &left), "of two who refresh at once the one goes on", left);
    report.check(is_ours(given, &right), "and the other", right);
    for agent in [&one, &two] {
        let found = call(agent).await;
        report.check(is_ours(given, &found), "which ends nothing", found);
    }

    app.sessions.expire(did);
    let agent = Agent::new(app.client.restore(did).await?);
    app.wire.0.is_losing.store(true, Ordering::Relaxed);
    let lost = call(&agent).await;
    report.check(lost.is_err(), "an answer to a refresh is lost", lost);
    let found = call(&agent).await;
    report.check(is_ours(given, &found), "the next one gets what was lost", found);

    let copy = App::open(given, proof, app.sessions.copy())?;
    let left = Agent::new(copy.client.restore(did).await?);
    // This client waits for 204, where RFC 7009 has 200. The session is over all the same.
    let revoked = app.client.revoke(did).await.map_err(|error| error.to_string());
    let is_done = revoked.as_ref().err().is_none_or(|error| error == "http status: 200 OK");
    report.check(is_done, "the app gives its session back", revoked);
    let found = call(&left).await;
    report.check(found.is_err(), "it is over for whoever has copied it", found);
    Ok(())
}

async fn denied(report: &mut Report, given: &Given, app: &App) -> Result<(), Failure> {
    let answer = app.ask(given, true).await?;
    let is_told = answer.get("error").is_some_and(|error| error == "access_denied");
    let is_whole = answer.get("iss") == Some(&given.host) && answer.contains_key("state");
    report.check(is_told && is_whole, "the app is told that it was refused", answer);
    Ok(())
}

async fn run(report: &mut Report) -> Result<(), Failure> {
    let text = std::env::args().nth(1).ok_or("there are no settings")?;
    let settings: HashMap<String, String> = serde_json::from_str(&text)?;
    let setting = |name: &str| settings.get(name).cloned().ok_or(format!("{name} is missing"));
    let given = Given {
        host: setting("host")?,
        plc: setting("plc")?,
        apps: setting("apps")?,
        handle: setting("handle")?,
        did: setting("did")?.parse()?,
    };
    let mut key: Value = serde_json::from_str(&SecretKey::random(&mut OsRng).to_jwk_string())?;
    key["kid"] = json!("rust-1");
    let keyed = Proof::Key(Box::new(serde_json::from_value(key)?));
    let document = App::open(&given, &keyed, Sessions::default())?.client.client_metadata;
    tell(&json!({ "publish": "/rust.json", "document": document }));
    for proof in [Proof::None, keyed] {
        let open = || App::open(&given, &proof, Sessions::default());
        signing(report, &given, &open()?).await?;
        lasting(report, &given, &proof, &open()?).await?;
        denied(report, &given, &open()?).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut report = Report::default();
    if let Err(error) = run(&mut report).await {
        report.check(false, "it comes to its end", error);
    }
    if report.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
