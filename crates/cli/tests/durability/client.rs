//! A client of the methods that the test uses.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// A client of one server.
#[derive(Clone)]
pub(crate) struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    url: String,
}

/// An account, and a token that outlives the server.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) did: String,
    token: String,
}

/// The server did not answer: it has been killed.
#[derive(Debug)]
pub(crate) struct Gone;

impl Client {
    pub(crate) fn new(url: String) -> Self {
        let http = Http::builder(TokioExecutor::new()).build_http();
        Self { http, url }
    }

    pub(crate) async fn is_ready(&self) -> bool {
        matches!(self.send(Method::GET, "_health", None, None).await, Ok((StatusCode::OK, _)))
    }

    pub(crate) async fn create_account(&self, name: &str) -> Account {
        let input = json!({
            "handle": format!("{name}.test"),
            "email": format!("{name}@example.com"),
            "password": "correct horse",
        });
        let method = "com.atproto.server.createAccount";
        let (status, answer) = self.send(Method::POST, method, None, Some(input)).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Account { did: text("did"), token: text("accessJwt") }
    }

    /// Calls a procedure of `com.atproto.repo`. What is not answered with 200 fails the test.
    pub(crate) async fn write(
        &self,
        account: &Account,
        method: &str,
        input: Value,
    ) -> Result<Value, Gone> {
        let (status, answer) = self.try_write(account, method, input).await?;
        assert_eq!(status, StatusCode::OK, "{answer}");
        Ok(answer)
    }

    /// Calls a procedure of `com.atproto.repo`.
    pub(crate) async fn try_write(
        &self,
        account: &Account,
        method: &str,
        input: Value,
    ) -> Result<(StatusCode, Value), Gone> {
        let method = format!("com.atproto.repo.{method}");
        self.send(Method::POST, &method, Some(&account.token), Some(input)).await
    }

    /// Returns the CID of a record, if it is there.
    pub(crate) async fn record(&self, did: &str, collection: &str, rkey: &str) -> Option<String> {
        let path =
            format!("com.atproto.repo.getRecord?repo={did}&collection={collection}&rkey={rkey}");
        let (status, answer) = self.send(Method::GET, &path, None, None).await.unwrap();
        match status {
            StatusCode::OK => Some(answer["cid"].as_str().unwrap().to_owned()),
            _ => {
                assert_eq!(answer["error"], "RecordNotFound", "{answer}");
                None
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        input: Option<Value>,
    ) -> Result<(StatusCode, Value), Gone> {
        let mut request =
            Request::builder().method(method).uri(format!("{}/xrpc/{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match input {
            Some(input) => {
                request = request.header("content-type", "application/json");
                Bytes::from(serde_json::to_vec(&input).unwrap())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(body)).unwrap();
        let response = self.http.request(request).await.map_err(|_| Gone)?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|_| Gone)?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}
