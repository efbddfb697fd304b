//! Requests, and what came back.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::{ADMIN_PASSWORD, Pds, TestAccount};

pub(crate) type Client = legacy::Client<HttpConnector, Full<Bytes>>;

pub(crate) fn client() -> Client {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// A request that is being put together.
pub(crate) struct Ask<'a> {
    pds: &'a Pds,
    method: Method,
    path: String,
    params: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Pds {
    /// Asks a query, by its NSID, or anything else, by its path with a slash in front.
    pub(crate) fn get(&self, what: &str) -> Ask<'_> {
        self.ask(Method::GET, what)
    }

    /// Calls a procedure, by its NSID, or anything else, by its path with a slash in front.
    pub(crate) fn post(&self, what: &str) -> Ask<'_> {
        self.ask(Method::POST, what)
    }

    /// Sends any request.
    pub(crate) fn ask(&self, method: Method, what: &str) -> Ask<'_> {
        let path = if what.starts_with('/') { what.to_owned() } else { format!("/xrpc/{what}") };
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Ask { pds: self, method, path, params: Vec::new(), headers, body }
    }
}

impl Ask<'_> {
    /// Adds a parameter.
    #[must_use]
    pub(crate) fn param(mut self, name: &str, value: impl ToString) -> Self {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).expect("it is a header's value"));
        self
    }

    /// Asks as the owner of an account.
    #[must_use]
    pub(crate) fn by(self, account: &TestAccount) -> Self {
        self.token(&account.access)
    }

    /// Asks with a token.
    #[must_use]
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Asks as the operator.
    #[must_use]
    pub(crate) fn admin(self) -> Self {
        let encoded = data_encoding::BASE64.encode(format!("admin:{ADMIN_PASSWORD}").as_bytes());
        self.header("authorization", &format!("Basic {encoded}"))
    }

    /// Sends JSON along.
    #[must_use]
    pub(crate) fn json(self, input: &Value) -> Self {
        self.body("application/json", input.to_string())
    }

    /// Sends bytes along.
    #[must_use]
    pub(crate) fn body(mut self, mime_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", mime_type)
    }

    /// Sends the request and reads the whole answer.
    pub(crate) async fn send(self) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.params);
        let query = query.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{separator}{query}", self.pds.url(), self.path);
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = url.parse().expect("it is a URL");
        *request.headers_mut() = self.headers;
        let response = self.pds.client.request(request).await.expect("the server answers");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }
}

impl Answer {
    /// Returns the body of an answer that has to be a good one; null if it is empty.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.value() }
    }

    /// Returns status and name of an answer that has to be a refusal.
    #[track_caller]
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert!(!self.status.is_success(), "{}", self.text());
        let name = self.value()["error"].as_str().expect("errors have names").to_owned();
        (self.status.as_u16(), name)
    }

    /// Returns the sentence of an answer that has to be a refusal.
    #[track_caller]
    pub(crate) fn message(&self) -> String {
        assert!(!self.status.is_success(), "{}", self.text());
        self.value()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns a header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
