//! Which service is asked.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};
use identity::Origin;
use identity::dns::Dns;
use identity::outbound::{Client, Limits, Settings};
use serde::Deserialize;
use syntax::{AtUri, Did, Nsid};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::exchange::{DOCUMENT, refused};
use crate::config::{AppView, Config, Upstream};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;

/// The header by which a client names a service.
const HEADER: &str = "atproto-proxy";
/// What AppViews call themselves in their documents.
pub(super) const APPVIEW: &str = "bsky_appview";
/// What moderation services call themselves.
const LABELER: &str = "atproto_labeler";
/// What services call themselves that send notifications to devices.
pub(super) const PUSH: &str = "bsky_notif";
/// The methods of moderators' tools.
const MODERATION: &str = "tools.ozone.";
const CREATE_REPORT: &str = "com.atproto.moderation.createReport";
/// How many connections to a service of the settings are kept for the next request.
const IDLE_CONNECTIONS: usize = 256;

/// How many answers of the services of the settings are patched at a time, and how many of others.
const PATCHED_MAX: usize = 8;
const STRANGE_PATCHED_MAX: usize = 2;
/// How long an answer waits for that. It is passed on as it is then.
const PATCH_WAIT_MAX: Duration = Duration::from_secs(5);

/// The services that are asked.
pub(crate) struct Proxy {
    /// Goes to the services of the settings.
    upstreams: Client,
    /// Goes to all others.
    strangers: Client,
    appview: Option<Target>,
    moderation: Option<Target>,
    reports: Option<Target>,
    /// Where the AppView shows images.
    pub(super) cdn_url_pattern: Option<String>,
    /// Lets so many answers be patched at a time, of services of the settings and of others, who could
    /// be slow on purpose: each answer takes many times its size for that.
    patching: [Semaphore; 2],
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) did: Did,
    /// What it is called in the DID's document.
    pub(crate) service: Cow<'static, str>,
    pub(crate) origin: Origin,
    /// Whether it is one of the settings.
    pub(super) is_upstream: bool,
}

/// A service that may have to be looked up.
pub(super) enum Wanted {
    Known(Target),
    /// By its DID, and the name of the service in the DID's document.
    Named(Did, String),
}

impl Wanted {
    /// Returns what the service is called by those who may ask it.
    pub(super) fn audience(&self) -> String {
        match self {
            Self::Known(target) => format!("{}#{}", target.did, target.service),
            Self::Named(did, service) => format!("{did}#{service}"),
        }
    }
}

impl Proxy {
    /// Makes what asks the services of the settings. Those of Bluesky stand in for what is not set,
    /// but in development.
    pub(crate) fn new(config: &Config, dns: Arc<dyn Dns>, strangers: Client) -> Self {
        let target = |url: &Origin, did: &Did, service| Target {
            did: did.clone(),
            service: Cow::Borrowed(service),
            origin: url.clone(),
            is_upstream: true,
        };
        let of = |upstream: &Upstream| target(&upstream.url, &upstream.did, LABELER);
        let public = |host, did, service| {
            let origin = Origin::https(host).expect("it is a host");
            let did = Did::parse(did).expect("it is a DID");
            (!config.dev).then(|| target(&origin, &did, service))
        };
        let appview = config.appview.as_ref();
        let appview = appview.map(|AppView { url, did, .. }| target(url, did, APPVIEW));
        let appview = appview.or_else(|| public("api.bsky.app", "did:web:api.bsky.app", APPVIEW));
        let moderation = config.moderation.as_ref().map(of);
        let reports = config.reports.as_ref().map(of).or_else(|| moderation.clone());
        let reports =
            reports.or_else(|| public("mod.bsky.app", "did:plc:ar7c4by46qjdydhdevvrndac", LABELER));
        let known = [&appview, &moderation, &reports];
        let origins = known.into_iter().flatten().map(|target| target.origin.clone()).collect();
        let settings = Settings { idle_connections_max: IDLE_CONNECTIONS, ..Settings::default() };
        let cdn_url_pattern = config.appview.as_ref().and_then(|view| view.cdn_url_pattern.clone());
        Self {
            upstreams: Client::for_upstreams(dns, origins, settings),
            strangers,
            appview,
            moderation,
            reports,
            cdn_url_pattern,
            patching: [Semaphore::new(PATCHED_MAX), Semaphore::new(STRANGE_PATCHED_MAX)],
        }
    }

    /// Returns what the AppView of the settings is called by those who may ask it: its DID, and its
    /// name there. Methods that are answered here in its place need the same.
    pub(crate) fn appview_audience(&self) -> String {
        let view = self.appview.as_ref().map(|view| view.did.as_str());
        format!("{}#{APPVIEW}", view.unwrap_or("did:web:api.bsky.app"))
    }

    /// Waits until an answer of a service may be patched; `None` if that does not come soon.
    pub(super) async fn turn_to_patch(&self, target: &Target) -> Option<SemaphorePermit<'_>> {
        let patching = &self.patching[usize::from(!target.is_upstream)];
        timeout(PATCH_WAIT_MAX, patching.acquire()).await.ok()?.ok()
    }

    /// Returns the client that goes to a service.
    pub(super) fn client(&self, target: &Target) -> &Client {
        if target.is_upstream { &self.upstreams } else { &self.strangers }
    }

    /// Tells whether a request names a service, and not the AppView of the settings.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if what it names is not a service's name.
    pub(crate) fn is_elsewhere(&self, headers: &HeaderMap) -> Result<bool, Refusal> {
        Ok(match named(headers)? {
            None => false,
            Some((did, service)) => {
                service != APPVIEW || self.appview.as_ref().is_none_or(|view| view.did != did)
            }
        })
    }

    /// Returns the service that a request is for: the one that it names, or else the one of the
    /// settings; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if what it names is not a service's name.
    pub(super) fn wanted(
        &self,
        headers: &HeaderMap,
        method: &Nsid,
    ) -> Result<Option<Wanted>, Refusal> {
        if let Some((did, service)) = named(headers)? {
            let known = match service.as_str() {
                APPVIEW => [&self.appview, &None],
                LABELER => [&self.moderation, &self.reports],
                _ => [&None, &None],
            };
            let known = known.into_iter().flatten().find(|target| target.did == did);
            return Ok(Some(match known {
                Some(target) => Wanted::Known(target.clone()),
                None => Wanted::Named(did, service),
            }));
        }
        let usual = match method.as_str() {
            CREATE_REPORT => &self.reports,
            method if method.starts_with(MODERATION) => &self.moderation,
            _ => &self.appview,
        };
        Ok(usual.clone().map(Wanted::Known))
    }

    /// Looks up where a service is.
    ///
    /// # Errors
    ///
    /// [`Fault`] if its DID does not say.
    pub(super) async fn resolve(&self, pds: &Pds, wanted: Wanted) -> Result<Target, Fault> {
        let (did, service) = match wanted {
            Wanted::Known(target) => return Ok(target),
            Wanted::Named(did, service) => (did, service),
        };
        let origin = self.service_of(pds, &did, &service).await?;
        Ok(Target { did, service: service.into(), origin, is_upstream: false })
    }

    /// Returns where a DID's document says that a service is.
    pub(crate) async fn service_of(
        &self,
        pds: &Pds,
        did: &Did,
        service: &str,
    ) -> Result<Origin, Refusal> {
        let document = pds.resolver.document(did).await.map_err(|error| {
            tracing::debug!(%did, %error, "a service's DID does not resolve");
            Refusal::invalid_request("could not resolve proxy did")
        })?;
        let origin = document.service(service).and_then(identity::document::Service::origin);
        origin.ok_or_else(|| Refusal::invalid_request("could not resolve proxy did service url"))
    }

    /// Returns the service that sends notifications to devices for another one.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the DID does not say where that is.
    pub(super) async fn push_service(&self, pds: &Pds, did: Did) -> Result<Target, Fault> {
        if let Some(view) = self.appview.as_ref().filter(|view| view.did == did) {
            return Ok(view.clone());
        }
        self.resolve(pds, Wanted::Named(did, PUSH.to_owned())).await
    }

    /// Asks the AppView who makes a feed.
    pub(super) async fn feed_generator(&self, feed: &str) -> Result<Did, Fault> {
        #[derive(Deserialize)]
        struct Answer {
            value: Generator,
        }
        #[derive(Deserialize)]
        struct Generator {
            did: Did,
        }
        let unknown =
            |message: &'static str| Refusal::new(StatusCode::BAD_REQUEST, "UnknownFeed", message);
        let uri = AtUri::parse(feed).map_err(|_| {
            Refusal::invalid_request("Invalid app.bsky.feed.getFeed params: feed must be an AT URI")
        })?;
        let (Some(collection), Some(rkey)) = (uri.collection(), uri.rkey()) else {
            return Err(unknown("could not resolve feed generator").into());
        };
        let none = || Refusal::invalid_request("No service configured for app.bsky.feed.getFeed");
        let view = self.appview.as_ref().ok_or_else(none)?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("repo", &uri.authority().to_string())
            .append_pair("collection", collection.as_str())
            .append_pair("rkey", rkey.as_str())
            .finish();
        let path = format!("/xrpc/com.atproto.repo.getRecord?{query}");
        let path: PathAndQuery = path.parse().map_err(|_| none())?;
        let limits = Limits { redirects_max: 0, ..DOCUMENT };
        let answer = self.client(view).get(view.origin.url(path), "application/json", &limits);
        let answer = answer.await.map_err(|error| refused(view, &error))?;
        let answer: Option<Answer> = serde_json::from_slice(answer.body()).ok();
        let answer = answer.ok_or_else(|| unknown("could not resolve feed generator"))?;
        Ok(answer.value.did)
    }
}

/// Reads which service a request names: its DID, and its name there.
fn named(headers: &HeaderMap) -> Result<Option<(Did, String)>, Refusal> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let refuse = |message: &'static str| Err(Refusal::invalid_request(message));
    let value = value.to_str().unwrap_or("##");
    if value.is_empty() {
        return Ok(None);
    }
    let (did, service) = value.split_once('#').unwrap_or((value, ""));
    match (did, service) {
        ("", _) => refuse("no did specified in proxy header"),
        (_, "") => refuse("no service id specified in proxy header"),
        _ if service.contains('#') => refuse("invalid proxy header format"),
        _ if value.contains(' ') => refuse("proxy header cannot contain spaces"),
        _ => match Did::parse(did) {
            Ok(did) => Ok(Some((did, service.to_owned()))),
            Err(_) => refuse("could not resolve proxy did"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_by_a_did_and_a_fragment() {
        for (header, expected) in [
            ("did:web:a.test#bsky_appview", Ok(Some(("did:web:a.test", "bsky_appview")))),
            ("", Ok(None)),
            ("#a", Err("no did specified in proxy header")),
            ("did:web:a.test", Err("no service id specified in proxy header")),
            ("did:web:a.test#", Err("no service id specified in proxy header")),
            ("did:web:a.test#a#b", Err("invalid proxy header format")),
            ("did:web:a.test #a", Err("proxy header cannot contain spaces")),
            ("web:a.test#a", Err("could not resolve proxy did")),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(HEADER),
                header.parse().unwrap(),
            )]);
            let found = named(&headers);
            let found = found
                .as_ref()
                .map(|named| named.as_ref().map(|(did, service)| (did.as_str(), service.as_str())));
            assert_eq!(found.map_err(Refusal::message), expected, "{header}");
        }
    }
}
