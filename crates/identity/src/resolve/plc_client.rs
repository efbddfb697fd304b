//! Speaking with directories of did:plc.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use syntax::Did;

use crate::document::Document;
use crate::origin::Origin;
use crate::outbound::{self, Limits};
use crate::plc::log::{AuditedLog, Entry};
use crate::plc::{self, Operation, State};
use crate::resolve::web::read_document;
use crate::resolve::{PlcError, ResolveError};

/// The most bytes of an operation, a state, or the answer to an operation.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// The most bytes of a log: thousands of operations.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A client of one directory, and of copies of it that are only read.
#[derive(Clone)]
pub struct PlcClient {
    http: outbound::Client,
    primary: Origin,
    copies: Vec<Origin>,
    time_max: Duration,
}

impl PlcClient {
    /// Makes a client of the directory at `primary`, with a time for each request.
    ///
    /// `http` has to let requests to all of these origins pass.
    pub fn new(http: outbound::Client, primary: Origin, time_max: Duration) -> Self {
        Self { http, primary, copies: Vec::new(), time_max }
    }

    /// Lets documents be read from copies first, in this order.
    ///
    /// Copies lag behind: that one has no such DID is not believed before the primary says so.
    #[must_use]
    pub fn with_copies(mut self, copies: Vec<Origin>) -> Self {
        self.copies = copies;
        self
    }

    /// Returns where the directory is.
    pub fn directory(&self) -> &Origin {
        &self.primary
    }

    /// Returns the document of a DID, from the first directory that has it.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if there is none, or no directory answers.
    pub async fn document(&self, did: &Did) -> Result<Document, ResolveError> {
        for copy in &self.copies {
            if let Ok(document) = self.document_from(copy, did).await {
                return Ok(document);
            }
        }
        self.document_from_primary(did).await
    }

    /// Returns the document of a DID as it is now, our own changes included.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if there is none, or the primary directory does not answer.
    pub async fn document_from_primary(&self, did: &Did) -> Result<Document, ResolveError> {
        self.document_from(&self.primary, did).await
    }

    /// Returns the state of a DID as it is now.
    ///
    /// # Errors
    ///
    /// [`PlcError`] if there is none, or the primary directory does not answer.
    pub async fn state(&self, did: &Did) -> Result<State, PlcError> {
        self.get(did, "/data", ANSWER_BYTES_MAX).await
    }

    /// Returns the operation that is in force: the one that the next has to follow.
    ///
    /// # Errors
    ///
    /// [`PlcError`] if there is none, or the primary directory does not answer.
    pub async fn last_operation(&self, did: &Did) -> Result<Operation, PlcError> {
        self.get(did, "/log/last", ANSWER_BYTES_MAX).await
    }

    /// Returns the whole log of a DID, checked.
    ///
    /// # Errors
    ///
    /// [`PlcError`] if there is none, the primary directory does not answer, or the log is false.
    pub async fn audited_log(&self, did: &Did) -> Result<AuditedLog, PlcError> {
        let entries: Vec<Entry> = self.get(did, "/log/audit", LOG_BYTES_MAX).await?;
        Ok(AuditedLog::check(did, entries)?)
    }

    /// Sends an operation to the primary directory.
    ///
    /// # Errors
    ///
    /// [`PlcError`] if the directory refuses it. After [`PlcError::Http`] and [`PlcError::Status`]
    /// it may have been accepted: compare the CID of [`PlcClient::last_operation`].
    pub async fn submit(&self, did: &Did, operation: &Operation) -> Result<(), PlcError> {
        let url = url(&self.primary, did, "").ok_or(PlcError::NotFound)?;
        let mut request = Request::new(outbound::full(operation.to_json()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);

        let limits = Limits::document(self.time_max, ANSWER_BYTES_MAX);
        let (head, body) = self.http.send(request, &limits).await?.into_parts();
        match head.status {
            status if status.is_success() => Ok(()),
            StatusCode::BAD_REQUEST => {
                Err(PlcError::Refused { message: message(&body.bytes().await?) })
            }
            StatusCode::CONFLICT => Err(PlcError::Conflict),
            status => Err(fault(status)),
        }
    }

    async fn document_from(&self, directory: &Origin, did: &Did) -> Result<Document, ResolveError> {
        // A directory would have to be asked for a path that anybody can choose.
        let url = url(directory, did, "").ok_or(ResolveError::NotFound)?;
        read_document(&self.http, did, url, self.time_max).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        did: &Did,
        what: &str,
        bytes_max: u64,
    ) -> Result<T, PlcError> {
        let url = url(&self.primary, did, what).ok_or(PlcError::NotFound)?;
        let limits = Limits::document(self.time_max, bytes_max);
        let response: Response<_> = self.http.get(url, "application/json", &limits).await?;
        match response.status() {
            StatusCode::OK => serde_json::from_slice(response.body())
                .map_err(|error| PlcError::Malformed(Arc::new(error))),
            status => Err(fault(status)),
        }
    }
}

fn fault(status: StatusCode) -> PlcError {
    match status {
        StatusCode::NOT_FOUND => PlcError::NotFound,
        StatusCode::GONE => PlcError::Ended,
        status => PlcError::Status(status.as_u16()),
    }
}

fn url(directory: &Origin, did: &Did, what: &str) -> Option<Uri> {
    let path = format!("/{did}{what}").parse().ok().filter(|_| plc::is_plc(did))?;
    Some(directory.url(path))
}

/// Returns what a directory says of a refusal.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body {
        message: String,
    }
    let read: Result<Body, _> = serde_json::from_slice(body);
    read.map_or_else(|_| String::from("no reason given"), |body| body.message)
}
