//! Telling crawlers that there is something to fetch here.
//!
//! They follow the firehose of every host they know, and give up those that are silent for long. So
//! they are told when something happens after a while in which they were not.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, StatusCode};
use identity::Origin;
use identity::outbound::{self, Client, Limits, full};
use serde_json::json;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::failure::chain;
use crate::tasks::Tasks;

/// How often crawlers are told at most.
const INTERVAL_MS: u64 = 20 * 60 * 1000;
/// How long it is waited before one that could not be told is told again.
const TELL_PAUSES: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(5 * 60)];
/// How long it is waited between two looks at whether something has happened.
const PAUSE: Duration = Duration::from_secs(1);
/// What a crawler may take to answer, and how much it may say.
const LIMITS: Limits = Limits::document(Duration::from_secs(30), 64 << 10);

/// The crawlers of a server, and what it takes to tell them.
#[derive(Clone)]
pub(crate) struct Crawlers {
    pub(crate) client: Client,
    pub(crate) origins: Vec<Origin>,
    /// Where this server is, for whoever hears of it.
    pub(crate) url: Origin,
    pub(crate) clock: Clock,
    pub(crate) tasks: Tasks,
}

/// Says why a crawler was not told.
#[derive(Debug, Error)]
enum NotifyError {
    /// It could not be reached.
    #[error("crawler cannot be reached")]
    Request(#[from] outbound::Error),
    /// It does not want to know.
    #[error("crawler answered with status {0}")]
    Status(StatusCode),
}

impl Crawlers {
    /// Tells them from now on when `grown` says that there are new events.
    pub(crate) fn start(self, grown: watch::Receiver<u64>) {
        if !self.origins.is_empty() {
            self.tasks.clone().spawn_until_stop(self.follow(grown));
        }
    }

    async fn follow(self, mut grown: watch::Receiver<u64>) {
        let mut told_at_ms = None;
        while grown.changed().await.is_ok() {
            let now_ms = self.clock.now_ms();
            if told_at_ms.is_none_or(|told| now_ms.saturating_sub(told) >= INTERVAL_MS) {
                told_at_ms = Some(now_ms);
                for origin in self.origins.clone() {
                    self.tasks.spawn_until_stop(self.clone().tell(origin));
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn tell(self, origin: Origin) {
        let mut pauses = TELL_PAUSES.into_iter();
        loop {
            match self.notify(&origin).await {
                Ok(()) => {
                    tracing::info!(crawler = %origin, "a crawler was told of new events");
                    return;
                }
                Err(error) => {
                    tracing::warn!(crawler = %origin, error = chain(&error), "a crawler was not told");
                }
            }
            let Some(pause) = pauses.next() else { return };
            sleep(pause).await;
        }
    }

    async fn notify(&self, origin: &Origin) -> Result<(), NotifyError> {
        let body = json!({ "hostname": host(&self.url) }).to_string();
        let mut request = Request::new(full(body));
        *request.method_mut() = Method::POST;
        let path = PathAndQuery::from_static("/xrpc/com.atproto.sync.requestCrawl");
        *request.uri_mut() = origin.url(path);
        let kind = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        let response = self.client.send(request, &LIMITS).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(NotifyError::Status(status)),
        }
    }
}

/// Returns the name of a host; with its port, if that is not the usual one.
fn host(url: &Origin) -> String {
    if url.port() == url.scheme().port() {
        return url.host().to_owned();
    }
    format!("{}:{}", url.host(), url.port())
}
