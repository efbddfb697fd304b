//! What clients say of themselves, fetched from where they are.

use std::sync::Arc;
use std::time::Duration;

use ::oauth::assertion::{AssertionError, ClientAuth, Credentials};
use ::oauth::client::{
    AuthMethod, Client, ClientError, ClientId, ClientIdError, DOCUMENT_BYTES_MAX, Hosts, KeySource,
};
use ::oauth::error::{ErrorCode, Refusal as Rule};
use ::oauth::jose::{JwkSet, JwkSetError, SET_BYTES_MAX};
use ::oauth::parameters::Parameters;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};
use identity::outbound::{self, Client as HttpClient, Limits};
use identity::resolve::{Cache, Lookup, LookupError, Memory, Want};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// How long a client may take to answer.
const TIME_MAX: Duration = Duration::from_secs(10);
/// How long a document is used. When it is older it is renewed; while that fails, sessions go on with
/// what is remembered. What was wrong is not remembered, as its author may mend it.
const MEMORY: Memory = Memory {
    stale_after: Duration::from_secs(10 * 60),
    expire_after: Duration::from_secs(24 * 60 * 60),
    absence_time: Duration::ZERO,
    failure_time: Duration::ZERO,
    force_interval: Duration::from_secs(30),
    bytes_max: 16 * 1024 * 1024,
};

/// Says why it is not known what a client is.
#[derive(Debug, Clone, Error)]
pub(crate) enum ClientFault {
    /// There is no such client.
    #[error(transparent)]
    Id(#[from] ClientIdError),
    /// Its document is not one.
    #[error(transparent)]
    Document(#[from] ClientError),
    /// Its keys are none.
    #[error("keys behind jwks_uri of the client metadata")]
    Keys(#[from] JwkSetError),
    /// The document cannot be had.
    #[error("{what} cannot be fetched: {why}")]
    Unreachable {
        /// Which one.
        what: &'static str,
        /// What happened.
        why: String,
    },
    /// Something else is behind the address.
    #[error("{what} is answered with {found}")]
    Answer {
        /// Which one.
        what: &'static str,
        /// What came, and was not expected.
        found: String,
    },
    /// Too many others are looked at.
    #[error("too many clients are looked up at the moment")]
    Busy,
    /// It has not proven who it is.
    #[error(transparent)]
    Auth(#[from] AssertionError),
}

impl Rule for ClientFault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Busy => ErrorCode::TemporarilyUnavailable,
            Self::Auth(error) => error.code(),
            _ => ErrorCode::InvalidClient,
        }
    }
}

impl LookupError for ClientFault {
    fn is_answer(&self) -> bool {
        false
    }

    fn busy() -> Self {
        Self::Busy
    }
}

/// Finds clients, and remembers them.
pub(crate) struct Clients {
    hosts: Hosts,
    documents: Cache<String, Arc<Client>, ClientFault>,
    keys: Cache<String, Arc<JwkSet>, ClientFault>,
}

/// A client that has proven who it is, as far as it can.
pub(crate) struct Asked {
    pub(crate) client: Arc<Client>,
    pub(crate) auth: ClientAuth,
    /// What it has proven that with, which has to be used up: its hash, and when that can be forgotten,
    /// in seconds since 1970.
    pub(crate) assertion: Option<([u8; 32], u64)>,
}

impl Clients {
    /// Finds clients by a client for the addresses of strangers.
    pub(crate) fn new(http: HttpClient, dev: bool) -> Self {
        let hosts = if dev { Hosts::Any } else { Hosts::Public };
        let client = http.clone();
        let document = move |id: String, _| -> Lookup<Arc<Client>, ClientFault> {
            let http = client.clone();
            Box::pin(async move {
                let bytes = fetch(&http, &id, "client metadata", DOCUMENT_BYTES_MAX).await?;
                Ok(Arc::new(Client::parse(&ClientId::parse(&id, hosts)?, &bytes)?))
            })
        };
        let keys = move |url: String, _| -> Lookup<Arc<JwkSet>, ClientFault> {
            let http = http.clone();
            Box::pin(async move {
                let bytes = fetch(&http, &url, "jwks_uri", SET_BYTES_MAX).await?;
                Ok(Arc::new(JwkSet::parse(&bytes)?))
            })
        };
        Self {
            hosts,
            documents: Cache::new(MEMORY, document, |client| client.bytes()),
            keys: Cache::new(MEMORY, keys, |_| SET_BYTES_MAX),
        }
    }

    /// Returns what a client says of itself.
    ///
    /// # Errors
    ///
    /// [`ClientFault`] if it says nothing that can be used.
    pub(crate) async fn client(&self, id: &str) -> Result<Arc<Client>, ClientFault> {
        let id = ClientId::parse(id, self.hosts)?;
        match Client::in_development(&id) {
            Some(client) => Ok(Arc::new(client)),
            None => self.documents.value(&id.as_str().to_owned(), Want::Usual).await,
        }
    }

    /// Finds out which client it is that asks. What it proves that with is not used up yet.
    ///
    /// # Errors
    ///
    /// [`ClientFault`] if it has not proven that it is who it says.
    pub(crate) async fn asking(
        &self,
        parameters: &Parameters,
        issuer: &str,
        now_s: u64,
    ) -> Result<Asked, ClientFault> {
        let credentials = Credentials::read(parameters)?;
        let client = self.client(&credentials.client_id).await?;
        let Some(assertion) = credentials.assertion_of(&client)? else {
            return Ok(Asked { client, auth: ClientAuth::None, assertion: None });
        };
        let keys = self.keys_of(&client, Want::Usual).await?;
        let asserted = match assertion.verify(&client, &keys, issuer, now_s) {
            // It may have a new one. How often that is looked for, the memory limits.
            Err(AssertionError::UnknownKey(_)) => {
                let keys = self.keys_of(&client, Want::Anew).await?;
                assertion.verify(&client, &keys, issuer, now_s)?
            }
            outcome => outcome?,
        };
        let name = [client.id.as_str(), "\0", &asserted.jti].concat();
        let hash = Sha256::digest(name).into();
        let assertion = Some((hash, asserted.until_s));
        Ok(Asked { client, auth: asserted.auth, assertion })
    }

    async fn keys_of(&self, client: &Client, want: Want) -> Result<Arc<JwkSet>, ClientFault> {
        match &client.auth {
            AuthMethod::None => Err(AssertionError::Unexpected.into()),
            AuthMethod::PrivateKeyJwt { keys: KeySource::Inline(keys), .. } => {
                if want == Want::Usual {
                    return Ok(Arc::new(keys.clone()));
                }
                let anew = self.documents.value(&client.id.as_str().to_owned(), want).await?;
                match &anew.auth {
                    AuthMethod::PrivateKeyJwt { keys: KeySource::Inline(keys), .. } => {
                        Ok(Arc::new(keys.clone()))
                    }
                    _ => Err(AssertionError::Unexpected.into()),
                }
            }
            AuthMethod::PrivateKeyJwt { keys: KeySource::At(url), .. } => {
                self.keys.value(&url.as_str().to_owned(), want).await
            }
        }
    }
}

impl Asked {
    /// Uses up what the client has proven itself with, in the transaction of what it asks for.
    ///
    /// # Errors
    ///
    /// [`AssertionError::Replayed`] in the inner result if it was used before.
    pub(crate) fn spend(
        assertion: Option<([u8; 32], u64)>,
        tx: &mut store::Tx<'_>,
    ) -> Result<Result<(), AssertionError>, store::Error> {
        let Some((hash, until_s)) = assertion else { return Ok(Ok(())) };
        let is_new = tx.use_once(&hash, until_s * 1000)?;
        Ok(if is_new { Ok(()) } else { Err(AssertionError::Replayed) })
    }
}

/// Fetches a document of a client. Redirects are not followed: who it is, its address says.
async fn fetch(
    http: &HttpClient,
    url: &str,
    what: &'static str,
    bytes_max: usize,
) -> Result<bytes::Bytes, ClientFault> {
    let unreachable = |why: String| ClientFault::Unreachable { what, why };
    let uri: Uri = url.parse().map_err(|_| unreachable("its address is malformed".to_owned()))?;
    let limits = Limits::document(TIME_MAX, u64::try_from(bytes_max).unwrap_or(u64::MAX));
    let response = http.get(uri, "application/json", &limits).await;
    let response =
        response.map_err(|error: outbound::Error| unreachable(crate::failure::chain(&error)))?;
    let found = |found: String| ClientFault::Answer { what, found };
    if response.status() != http::StatusCode::OK {
        return Err(found(format!("status {}", response.status().as_u16())));
    }
    let kind = content_type(response.headers());
    if kind != "application/json" {
        return Err(found(format!("content type {kind:?}")));
    }
    Ok(response.into_body())
}

/// Returns the type of a body, without parameters.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
