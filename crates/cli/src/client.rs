//! A client of a server's methods, for commands that need one that runs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use identity::Origin;
use identity::dns::{Dns, DnsTable, Nameservers};
use identity::outbound::{self, Limits, Settings};
use identity::resolve::PlcClient;
use serde_json::Value;

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// How long an answer may take.
const TIME_MAX: Duration = Duration::from_secs(60);

/// How long a directory may take to answer.
const DIRECTORY_TIME_MAX: Duration = Duration::from_secs(30);

/// Returns the system's DNS. Without nameservers, addresses and localhost can still be reached.
pub(crate) fn dns() -> Arc<dyn Dns> {
    match Nameservers::of_system() {
        Ok(nameservers) => Arc::new(nameservers),
        Err(_) => Arc::new(DnsTable::new()),
    }
}

/// Makes a client of servers that whoever runs the program has chosen.
pub(crate) fn http(origins: Vec<Origin>) -> outbound::Client {
    outbound::Client::for_upstreams(dns(), origins, Settings::default())
}

/// Makes a client of a directory of did:plc.
pub(crate) fn directory(plc: &Origin) -> PlcClient {
    PlcClient::new(http(vec![plc.clone()]), plc.clone(), DIRECTORY_TIME_MAX)
}

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Client {
    http: outbound::Client,
    origin: Origin,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Makes a client of the server at an origin.
    pub(crate) fn new(origin: Origin) -> anyhow::Result<Self> {
        let http = http(vec![origin.clone()]);
        Ok(Self { http, origin, authorization: None })
    }

    /// Makes the client speak as the operator.
    pub(crate) fn with_admin(self, password: &str) -> Self {
        let credentials = BASE64.encode(format!("admin:{password}").as_bytes());
        self.with(&format!("Basic {credentials}"))
    }

    /// Makes the client speak with a session's token.
    pub(crate) fn with_token(self, token: &str) -> Self {
        self.with(&format!("Bearer {token}"))
    }

    fn with(self, authorization: &str) -> Self {
        Self { authorization: HeaderValue::try_from(authorization).ok(), ..self }
    }

    /// Calls a query that answers with JSON.
    pub(crate) async fn query(&self, path: &str) -> anyhow::Result<Value> {
        self.page(&format!("/xrpc/{path}")).await
    }

    /// Gets a page that is JSON.
    pub(crate) async fn page(&self, path: &str) -> anyhow::Result<Value> {
        let body = self.send(Method::GET, path, None).await?;
        serde_json::from_slice(&body).with_context(|| format!("{path} did not answer with JSON"))
    }

    /// Calls a query and returns the bytes that it answers with.
    pub(crate) async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.send(Method::GET, &format!("/xrpc/{path}"), None).await
    }

    /// Calls a procedure.
    pub(crate) async fn procedure(&self, method: &str, input: &Value) -> anyhow::Result<Value> {
        let body = self.send(Method::POST, &format!("/xrpc/{method}"), Some(input)).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).with_context(|| format!("{method} did not answer with JSON"))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        input: Option<&Value>,
    ) -> anyhow::Result<Vec<u8>> {
        let path_and_query = path.parse().with_context(|| format!("{path} is no path"))?;
        let mut request = Request::new(match input {
            Some(input) => outbound::full(serde_json::to_vec(input)?),
            None => outbound::empty(),
        });
        *request.method_mut() = method;
        *request.uri_mut() = self.origin.url(path_and_query);
        if input.is_some() {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let limits = Limits::document(TIME_MAX, ANSWER_BYTES_MAX);
        let failed = || format!("{path} at {} failed", self.origin);
        let response = self.http.send(request, &limits).await.with_context(failed)?;
        let status = response.status();
        let body = response.into_body().bytes().await.with_context(failed)?;
        if !status.is_success() {
            let error: Value = serde_json::from_slice(&body).unwrap_or_default();
            let (name, message) = (error["error"].as_str(), error["message"].as_str());
            bail!(
                "{path}: {status} {}: {}",
                name.unwrap_or("no name"),
                message.unwrap_or_default()
            );
        }
        Ok(body.to_vec())
    }
}
