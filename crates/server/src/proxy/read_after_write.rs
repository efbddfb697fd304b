//! What somebody has just written is in what they read, though the AppView has not seen it yet.
//!
//! An AppView says up to which revision it knows a repository. If there is more here, the posts and
//! the profile that are newer are put into its answer. Whatever is not as expected in that answer leaves
//! it as it came.

mod embed;
mod feed;
mod local;
mod profile;
mod thread;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use identity::outbound::ResponseBody;
use serde_json::Value;
use store::Account as Row;
use syntax::{Nsid, Tid};

use self::local::Local;
use super::Target;
use super::exchange::{ANSWERED_WITH, CONTENT_LABELERS, REPO_REV, copy, streamed, undone};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;

const UPSTREAM_LAG: HeaderName = HeaderName::from_static("atproto-upstream-lag");
/// The most bytes of an answer that is patched.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Which answers are patched, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Profile,
    Profiles,
    Timeline,
    AuthorFeed,
    Likes,
    Thread,
}

impl Kind {
    fn of(method: &Nsid) -> Option<Self> {
        Some(match method.as_str() {
            "app.bsky.actor.getProfile" => Self::Profile,
            "app.bsky.actor.getProfiles" => Self::Profiles,
            "app.bsky.feed.getTimeline" => Self::Timeline,
            "app.bsky.feed.getAuthorFeed" => Self::AuthorFeed,
            "app.bsky.feed.getActorLikes" => Self::Likes,
            "app.bsky.feed.getPostThread" => Self::Thread,
            _ => return None,
        })
    }
}

/// What is needed to show what is here as the AppView would.
struct View<'a> {
    pds: &'a Pds,
    account: &'a Row,
    /// The service that has answered, and is asked for what is quoted.
    target: &'a Target,
    /// The client's request, whose languages and labelers count for that, too.
    head: &'a Parts,
    local: Local,
}

/// Makes the response of a service's answer, with what is newer here.
///
/// # Errors
///
/// [`Fault`] with what the service refused, or if the database failed.
pub(super) async fn patched(
    pds: &Pds,
    head: &Parts,
    method: &Nsid,
    account: &Row,
    target: &Target,
    answer: Result<Response<ResponseBody>, Refusal>,
) -> Result<Response<Body>, Fault> {
    let Some(kind) = Kind::of(method) else { return Ok(streamed(answer?)) };
    let headers = match &answer {
        Ok(answer) => answer.headers(),
        Err(refusal) => refusal.headers(),
    };
    let Some(local) = newer(pds, account, headers).await? else { return Ok(streamed(answer?)) };
    let view = View { pds, account, target, head, local };
    match answer {
        Ok(answer) => Ok(view.patch(kind, answer).await),
        Err(refusal) if kind == Kind::Thread && refusal.name() == "NotFound" => {
            let thread = view.thread_of_own().await;
            Ok(view.response(refusal.headers(), &thread.ok_or(refusal.clone())?))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Returns what of an account is newer than what a service says that it knows.
async fn newer(pds: &Pds, account: &Row, headers: &HeaderMap) -> Result<Option<Local>, Fault> {
    let known = headers.get(REPO_REV).and_then(|rev| rev.to_str().ok());
    let Some(known) = known.and_then(|rev| Tid::parse(rev).ok()) else { return Ok(None) };
    Ok(pds.store.read(|tx| Local::newer_than(tx, account, known)).await?)
}

impl View<'_> {
    /// Patches an answer, or leaves it as it is.
    async fn patch(&self, kind: Kind, answer: Response<ResponseBody>) -> Response<Body> {
        let kind_of_body = answer.headers().get(CONTENT_TYPE);
        let is_json =
            kind_of_body.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        let length = http_body::Body::size_hint(answer.body()).lower();
        if !is_json || length > BYTES_MAX {
            return streamed(answer);
        }
        let (head, body) = answer.into_parts();
        let Ok(body) = body.limited(BYTES_MAX).bytes().await else {
            let message = "Upstream service broke off";
            return Refusal::of_status(http::StatusCode::BAD_GATEWAY, message).into_response();
        };
        let turn = self.pds.proxy.turn_to_patch(self.target).await;
        if turn.is_some()
            && let Some(value) = self.patched_value(kind, &head.headers, body.clone()).await
        {
            return self.response(&head.headers, &value);
        }
        let mut response = Response::new(Body::from(body));
        copy(&head.headers, response.headers_mut(), &ANSWERED_WITH);
        response
    }

    async fn patched_value(&self, kind: Kind, headers: &HeaderMap, body: Bytes) -> Option<Value> {
        let body = undone(headers, body, BYTES_MAX)?;
        let before: Value = serde_json::from_slice(&body).ok()?;
        let mut value = before.clone();
        match kind {
            Kind::Profile => self.patch_profile(&mut value),
            Kind::Profiles => {
                let profiles = value.get_mut("profiles")?.as_array_mut()?;
                profiles.iter_mut().for_each(|profile| self.patch_profile(profile));
            }
            Kind::Timeline => self.add_to_feed(&mut value).await?,
            Kind::AuthorFeed if self.is_own_feed() => self.add_to_feed(&mut value).await?,
            Kind::AuthorFeed | Kind::Likes => {}
            Kind::Thread => self.add_replies(value.get_mut("thread")?).await?,
        }
        self.patch_authors(&mut value);
        Some(value).filter(|value| *value != before)
    }

    /// Makes the response of a patched answer.
    fn response(&self, headers: &HeaderMap, value: &Value) -> Response<Body> {
        let body = serde_json::to_vec(value).expect("a value is JSON");
        let mut response = Response::new(Body::from(Bytes::from(body)));
        let answer = response.headers_mut();
        copy(headers, answer, &[REPO_REV, CONTENT_LABELERS]);
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        answer.insert(CONTENT_TYPE, json);
        let lag_ms = self.pds.clock.now_ms().saturating_sub(self.local.oldest_ms());
        answer.insert(UPSTREAM_LAG, lag_ms.into());
        response
    }

    /// Returns a parameter of the client's request.
    fn param(&self, name: &str) -> Option<String> {
        let query = self.head.uri.query().unwrap_or_default();
        let mut params = form_urlencoded::parse(query.as_bytes());
        params.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }

    /// Tells whether somebody is meant by a DID or handle who is the one that asks.
    fn is_own(&self, actor: &str) -> bool {
        let handle = self.account.handle.as_ref();
        actor == self.account.did.as_str()
            || handle.is_some_and(|handle| handle.as_str().eq_ignore_ascii_case(actor))
    }
}
