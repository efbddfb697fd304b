//! Another host, as the owner of an account there uses it.
//!
//! Any server of the protocol will do. What it says is not believed: bytes are checked by those who
//! ask for them.

mod arriving;
mod bound;
mod download;
mod errand;
mod error;
mod moving;
mod owner;
mod proving;
mod sending;
mod session;
mod visiting;

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use identity::Origin;
use identity::outbound::{self, Client, Limits, RequestBody, ResponseBody};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle, Tid};

pub use crate::host::arriving::{MissingPage, MissingRef, NewAccount, Status, Uploaded};
pub use crate::host::bound::Bound;
pub use crate::host::download::Download;
pub use crate::host::errand::Errand;
pub use crate::host::error::HostError;
pub use crate::host::owner::{BlobPage, Keeper, LatestCommit, Owner};
use crate::host::proving::DPOP;
pub use crate::host::proving::TimeSource;
use crate::host::session::Pass;
pub use crate::host::session::{Kept, Session, Tokens};

/// What an answer in JSON may take. Accounts have up to some megabytes of preferences.
const JSON: Limits = Limits::document(Duration::from_secs(60), 16 << 20);
/// What a download may take: as long as bytes come.
const STREAM: Limits = Limits {
    head_time_max: Duration::from_secs(120),
    idle_time_max: Duration::from_secs(60),
    total_time_max: Duration::from_secs(24 * 60 * 60),
    body_bytes_max: u64::MAX,
    redirects_max: 5,
};

/// A host.
#[derive(Clone)]
pub struct Host {
    client: Client,
    origin: Origin,
}

/// What a host says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Its DID.
    pub did: Did,
    /// Whether accounts are made with invite codes only.
    #[serde(default)]
    pub invite_code_required: bool,
    /// Whether accounts are made with a telephone number only.
    #[serde(default)]
    pub phone_verification_required: bool,
    /// The domains under which it gives handles.
    #[serde(default)]
    pub available_user_domains: Vec<String>,
}

/// How an account stands at a host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepoStatus {
    /// Whether it is active.
    pub active: bool,
    /// Why not, if it is not.
    pub status: Option<String>,
    /// The revision that the host has seen last.
    pub rev: Option<Tid>,
}

/// A session that was begun.
#[derive(Clone)]
pub struct SignedIn {
    /// Whose it is.
    pub did: Did,
    /// The account's handle there.
    pub handle: Option<Handle>,
    /// The account's e-mail address there.
    pub email: Option<String>,
    /// Whether the account is active there, if the host says so.
    pub active: Option<bool>,
    /// What the session consists of.
    pub session: Session,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    did: Did,
    handle: String,
    email: Option<String>,
    active: Option<bool>,
    access_jwt: String,
    refresh_jwt: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials<'a> {
    identifier: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_factor_token: Option<&'a str>,
}

impl Host {
    /// Makes a host that is spoken to with a client for strangers' addresses.
    pub fn new(client: Client, origin: Origin) -> Self {
        Self { client, origin }
    }

    /// Returns where it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Asks what the host says of itself.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not answer.
    pub async fn describe(&self) -> Result<Description, HostError> {
        self.json(self.request(Method::GET, "com.atproto.server.describeServer", &[])?, None).await
    }

    /// Asks how an account stands at the host, which may be a relay.
    ///
    /// # Errors
    ///
    /// [`HostError`] if it does not say.
    pub async fn repo_status(&self, did: &Did) -> Result<RepoStatus, HostError> {
        let params = [("did", did.as_str())];
        let nsid = "com.atproto.sync.getRepoStatus";
        self.json(self.request(Method::GET, nsid, &params)?, None).await
    }

    /// Signs in with the main password, and the code that the host has mailed if it wants one.
    ///
    /// # Errors
    ///
    /// [`HostError::FactorNeeded`] if it wants a code, [`HostError::Refused`] if the password is
    /// wrong.
    pub async fn sign_in(
        &self,
        identifier: &str,
        password: &str,
        factor: Option<&str>,
    ) -> Result<SignedIn, HostError> {
        let nsid = "com.atproto.server.createSession";
        let input = Credentials { identifier, password, auth_factor_token: factor };
        let request = with_json(self.request(Method::POST, nsid, &[])?, &input)?;
        let session: Begun = self.json(request, None).await?;
        Ok(SignedIn {
            did: session.did,
            handle: Handle::parse(&session.handle).ok(),
            email: session.email,
            active: session.active,
            session: Tokens::new(session.access_jwt, session.refresh_jwt).into(),
        })
    }

    /// Puts a request for a method together.
    fn request(
        &self,
        method: Method,
        nsid: &str,
        params: &[(&str, &str)],
    ) -> Result<Request<Vec<u8>>, HostError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params);
        let query = query.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        let path = format!("/xrpc/{nsid}{separator}{query}").parse();
        let url: Uri = self.origin.url(path.map_err(|_| HostError::Malformed("address"))?);
        let mut request = Request::new(Vec::new());
        (*request.method_mut(), *request.uri_mut()) = (method, url);
        Ok(request)
    }

    /// Sends a request and returns the answer, if it is a good one.
    async fn send(
        &self,
        request: Request<Vec<u8>>,
        pass: Option<&Pass>,
        limits: &Limits,
    ) -> Result<http::Response<ResponseBody>, HostError> {
        let full = |body: Vec<u8>| match body.is_empty() {
            true => outbound::empty(),
            false => outbound::full(body),
        };
        self.send_body(request.map(full), pass, limits).await
    }

    /// Sends a request whose body comes from wherever, and returns the answer, if it is a good one.
    async fn send_body(
        &self,
        mut request: Request<RequestBody>,
        pass: Option<&Pass>,
        limits: &Limits,
    ) -> Result<http::Response<ResponseBody>, HostError> {
        if let Some(pass) = pass {
            let (scheme, token) = match pass {
                Pass::Bearer(token) => ("Bearer", token),
                Pass::Bound(token, _) => ("DPoP", token),
            };
            let credentials = HeaderValue::from_str(&format!("{scheme} {}", **token));
            let mut credentials = credentials.map_err(|_| HostError::Malformed("token"))?;
            credentials.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, credentials);
        }
        let (url, mut prover) = (request.uri().clone(), None);
        if let Some(Pass::Bound(token, by)) = pass {
            let proof = by.prove(request.method(), &url, Some(token))?;
            request.headers_mut().insert(DPOP, proof);
            prover = Some(by);
        }
        let response = self.client.send(request, limits).await?;
        if let Some(prover) = prover {
            prover.learn(&url, response.headers());
        }
        if response.status().is_success() {
            return Ok(response);
        }
        Err(HostError::of(response).await)
    }

    async fn json<T: DeserializeOwned>(
        &self,
        request: Request<Vec<u8>>,
        pass: Option<&Pass>,
    ) -> Result<T, HostError> {
        let response = self.send(request, pass, &JSON).await?;
        let body = response.into_body().bytes().await?;
        serde_json::from_slice(&body).map_err(|_| HostError::Malformed("answer"))
    }
}

/// Adds a body in JSON to a request.
fn with_json(
    mut request: Request<Vec<u8>>,
    input: &impl Serialize,
) -> Result<Request<Vec<u8>>, HostError> {
    *request.body_mut() = serde_json::to_vec(input).map_err(|_| HostError::Malformed("input"))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    Ok(request)
}
