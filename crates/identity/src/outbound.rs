//! The one way out: an HTTP client for addresses that a stranger can choose.
//!
//! A name is resolved here, its addresses are checked, and the connection goes to a checked address
//! and nowhere else: a name that answers differently the next time gains nothing. Redirects are
//! requests like any other. Time and size are bounded while bytes come in. No proxy is used, no
//! cookie is kept, no body is decompressed.

mod address;
mod body;
mod connector;
mod error;
mod roots;
mod rules;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, HOST, LOCATION, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use crate::dns::Dns;
use crate::origin::Origin;
pub use crate::outbound::address::is_public;
pub use crate::outbound::body::{RequestBody, ResponseBody};
use crate::outbound::connector::{Connector, Dial};
pub use crate::outbound::error::{Error, Phase, Refusal, Unreachable};
pub use crate::outbound::roots::{Roots, RootsError};
use crate::outbound::rules::Rules;
pub use crate::outbound::rules::{Ports, Strangers};

/// How long a connection to an upstream is kept without a request.
const IDLE_UPSTREAM_TIME: Duration = Duration::from_secs(30);
/// How long one to a stranger is kept: each name that somebody makes up may cost us a socket.
const IDLE_STRANGER_TIME: Duration = Duration::from_secs(5);
/// The most bytes that the head of a response may have.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// An HTTP client with a pool of connections. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct Client {
    pool: legacy::Client<Connector, RequestBody>,
    rules: Arc<Rules>,
    user_agent: HeaderValue,
}

/// What all clients can be set to.
#[derive(Clone)]
pub struct Settings {
    /// The `User-Agent` of requests that have none.
    pub user_agent: HeaderValue,
    /// The longest that a connection may take to be made: DNS, TCP and TLS.
    pub connect_time_max: Duration,
    /// How many connections without a request are kept for each origin.
    pub idle_connections_max: usize,
    /// Who may vouch for servers.
    pub roots: Roots,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: HeaderValue::from_static(concat!("pagurus/", env!("CARGO_PKG_VERSION"))),
            connect_time_max: Duration::from_secs(5),
            idle_connections_max: 4,
            roots: Roots::public(),
        }
    }
}

/// What one request may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// From the start to the response's head: connecting and sending the request's body included.
    pub head_time_max: Duration,
    /// Between two pieces of the response's body.
    pub idle_time_max: Duration,
    /// From the start to the last byte of the response, over all redirects.
    pub total_time_max: Duration,
    /// The most bytes of the response's body.
    pub body_bytes_max: u64,
    /// How many redirects of a GET or HEAD are followed. With none, they are answers.
    pub redirects_max: u8,
}

impl Limits {
    /// Returns the limits for a small document: the time for all of it, and its size.
    ///
    /// Redirects are not followed.
    pub const fn document(time_max: Duration, bytes_max: u64) -> Self {
        Self {
            head_time_max: time_max,
            idle_time_max: time_max,
            total_time_max: time_max,
            body_bytes_max: bytes_max,
            redirects_max: 0,
        }
    }
}

impl Client {
    /// Makes a client for addresses that anybody can choose.
    pub fn for_strangers(dns: Arc<dyn Dns>, strangers: Strangers, settings: Settings) -> Self {
        Self::with(Rules::Strangers(strangers), dns, settings, connector::dial())
    }

    /// Makes a client for fixed origins that the operator chose, wherever they are.
    pub fn for_upstreams(dns: Arc<dyn Dns>, origins: Vec<Origin>, settings: Settings) -> Self {
        Self::with(Rules::Upstreams(origins), dns, settings, connector::dial())
    }

    fn with(rules: Rules, dns: Arc<dyn Dns>, settings: Settings, dial: Dial) -> Self {
        let idle_time = match rules {
            Rules::Strangers(_) => IDLE_STRANGER_TIME,
            Rules::Upstreams(_) => IDLE_UPSTREAM_TIME,
        };
        let rules = Arc::new(rules);
        let connector = Connector::new(Arc::clone(&rules), dns, &settings, dial);
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle_time)
            .pool_max_idle_per_host(settings.idle_connections_max)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(connector);
        Self { pool, rules, user_agent: settings.user_agent }
    }

    /// Tells whether a request to an origin would be tried, by what the URL alone says.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that a request would meet, if it would.
    pub fn check(&self, origin: &Origin) -> Result<(), Refusal> {
        self.rules.reach(origin).map(|_| ())
    }

    /// Sends a GET and reads the whole response.
    ///
    /// # Errors
    ///
    /// As those of [`Client::send`]. Whatever the status, a response is no error.
    pub async fn get(
        &self,
        url: Uri,
        accept: &'static str,
        limits: &Limits,
    ) -> Result<Response<Bytes>, Error> {
        let mut request = Request::new(empty());
        *request.uri_mut() = url;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        let (head, body) = self.send(request, limits).await?.into_parts();
        Ok(Response::from_parts(head, body.bytes().await?))
    }

    /// Sends a request and returns the response once its head is there.
    ///
    /// Headers that concern one connection only are the caller's to leave out. When a redirect
    /// leads to another origin, no header goes along but for what says which content is wanted.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is no response. A response of any status is none.
    pub async fn send(
        &self,
        request: Request<RequestBody>,
        limits: &Limits,
    ) -> Result<Response<ResponseBody>, Error> {
        let deadline = after(limits.total_time_max);
        let (mut head, mut body) = request.into_parts();
        head.version = Version::HTTP_11;
        head.headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        let follows = limits.redirects_max > 0 && matches!(head.method, Method::GET | Method::HEAD);
        let mut redirects: u8 = 0;
        loop {
            let origin = Origin::of(&head.uri).map_err(Refusal::Url)?;
            self.check(&origin)?;
            let again = follows.then(|| head.clone());
            let request = Request::from_parts(head, body);
            let response = self.exchange(request, limits, deadline).await?;
            let location = response
                .headers()
                .get(LOCATION)
                .filter(|_| matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308));
            let (Some(mut next), Some(location)) = (again, location) else {
                return Ok(response.map(|body| ResponseBody::new(body, limits, deadline)));
            };
            if redirects == limits.redirects_max {
                return Err(Error::TooManyRedirects);
            }
            redirects += 1;
            next.uri = target(&next.uri, location).ok_or(Error::BadRedirect)?;
            next.headers.remove(HOST);
            if Origin::of(&next.uri).ok() != Some(origin) {
                next.headers = without_credentials(&next.headers);
            }
            (head, body) = (next, empty());
        }
    }

    /// Sends one request, and returns what comes back once its head is there.
    async fn exchange(
        &self,
        request: Request<RequestBody>,
        limits: &Limits,
        deadline: Instant,
    ) -> Result<Response<Incoming>, Error> {
        let head_deadline = deadline.min(after(limits.head_time_max));
        let response = timeout_at(head_deadline, self.pool.request(request))
            .await
            .map_err(|_| Error::Timeout(Phase::Head))?
            .map_err(Error::of_pool)?;
        if response.body().size_hint().lower() > limits.body_bytes_max {
            return Err(Error::TooLarge { bytes_max: limits.body_bytes_max });
        }
        Ok(response)
    }
}

/// Returns the time after some time, as which "for ever" is a year.
fn after(time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    Instant::now() + time.min(YEAR)
}

/// Returns a request body of nothing.
pub fn empty() -> RequestBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Returns a request body of these bytes.
pub fn full(bytes: impl Into<Bytes>) -> RequestBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Keeps the headers that may go to another origin.
fn without_credentials(headers: &HeaderMap) -> HeaderMap {
    let harmless = [ACCEPT, ACCEPT_LANGUAGE, USER_AGENT];
    headers
        .iter()
        .filter(|(name, _)| harmless.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Returns the URL that a redirect leads to.
fn target(from: &Uri, location: &HeaderValue) -> Option<Uri> {
    let location = location.to_str().ok()?;
    let location = location.split_once('#').map_or(location, |(location, _)| location);
    let path = match location {
        // A colon before anything else ends a scheme.
        _ if location.split(['/', '?']).next()?.contains(':') => {
            return location.parse::<Uri>().ok().filter(|to| to.scheme().is_some());
        }
        _ if location.starts_with("//") => {
            return format!("{}:{location}", from.scheme_str()?).parse().ok();
        }
        _ if location.starts_with('/') => location.to_owned(),
        _ if location.starts_with('?') => format!("{}{location}", from.path()),
        _ => format!("{}/{location}", from.path().rsplit_once('/')?.0),
    };
    Some(Origin::of(from).ok()?.url(path.parse::<PathAndQuery>().ok()?))
}
