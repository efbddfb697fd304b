//! What this server does not answer itself: it asks a service for the caller, with a token that speaks
//! for their account, and passes the answer on.
//!
//! Bodies stream in both directions. What clients read in the answers is patched only where their own
//! new records are missing: see [`read_after_write`].

mod exchange;
mod outgoing;
mod read_after_write;
mod target;

use std::sync::Arc;

use ::oauth::scope::{Method as Asked, Need, Scopes};
use axum::body::Body;
use http::request::Parts;
use http::{Method as Verb, Response, StatusCode};
use lexicon::app::bsky::notification::register_push::RegisterPush;
use lexicon::app::bsky::notification::unregister_push::UnregisterPush;
use lexicon::com::atproto::moderation::create_report::CreateReport;
use lexicon::{Check, Method, decode_input};
use serde::de::DeserializeOwned;
use store::Account as Row;
use syntax::{Did, Nsid};

use crate::caller::{
    self, Access, Account, Caller as _, Credentials, OrApp, OrTakenDown, Standard,
};
use crate::failure::{Fault, Refusal};
use crate::oauth;
use crate::pds::Pds;
use crate::privilege;
pub(crate) use crate::proxy::exchange::Passed;
use crate::proxy::exchange::{Question, ask, streamed};
use crate::proxy::outgoing::Outgoing;
use crate::proxy::target::PUSH;
pub(crate) use crate::proxy::target::{Proxy, Target};
use crate::token::{ServiceClaims, make_service_token};
use crate::xrpc::{self, Call};

/// How long a token is good for with which a service is asked, in seconds.
const TOKEN_TIME_S: u64 = 60;
/// What a feed's generator is asked for, when somebody reads the feed.
const GET_FEED_SKELETON: &str = "app.bsky.feed.getFeedSkeleton";
const GET_FEED: &str = "app.bsky.feed.getFeed";

/// What feed generators are called in their documents.
const FEED_GENERATOR: &str = "bsky_fg";

/// Who asks.
struct Asker {
    account: Arc<Row>,
    is_privileged: bool,
    /// What an app may do that was let in by OAuth.
    granted: Option<Arc<Scopes>>,
}

/// Answers a request for a method that is not this server's own.
pub(crate) async fn answer(pds: &Pds, mut call: Call, name: &str) -> Response<Body> {
    if !matches!(call.head.method, Verb::GET | Verb::HEAD | Verb::POST) {
        let message = "XRPC requests only supports GET and POST";
        return Refusal::invalid_request(message).into_response();
    }
    let Ok(nsid) = Nsid::parse(name) else {
        return Refusal::invalid_request("invalid xrpc path").into_response();
    };
    call.be_private();
    if let Err(refusal) = call.count_globally(pds) {
        return call.finish(refusal.into_response());
    }
    let response = pass(pds, &mut call, &nsid).await.unwrap_or_else(Fault::into_response);
    call.finish(response)
}

/// Asks a service what nobody has to sign in for, and passes the answer on; `None` if there is no
/// service to ask.
///
/// # Errors
///
/// [`Fault`] if the service cannot be asked, or refuses.
pub(crate) async fn ask_openly(
    pds: &Pds,
    head: &Parts,
    method: &Nsid,
) -> Result<Option<Response<Body>>, Fault> {
    let Some(wanted) = pds.proxy.wanted(&head.headers, method)? else { return Ok(None) };
    let target = pds.proxy.resolve(pds, wanted).await?;
    let question = Question { head, body: Outgoing::empty(), token: None };
    Ok(Some(streamed(ask(pds, &target, question).await?)))
}

async fn pass(pds: &Pds, call: &mut Call, method: &Nsid) -> Result<Response<Body>, Fault> {
    if privilege::is_protected(method) {
        return Err(Refusal::invalid_token("Bad token method").into());
    }
    let wanted = pds.proxy.wanted(&call.head.headers, method)?;
    let is_push = matches!(method.as_str(), RegisterPush::NSID | UnregisterPush::NSID);
    let nobody = || {
        let message = format!("No service configured for {method}");
        Refusal::of_status(StatusCode::NOT_IMPLEMENTED, message)
    };
    if wanted.is_none() && !is_push {
        return Err(nobody().into());
    }
    let asker = asker(pds, &call.head, method).await?;
    if privilege::is_privileged(method) && !asker.is_privileged {
        return Err(Refusal::invalid_token("Bad token method").into());
    }
    if let Some(wanted) = wanted.as_ref().filter(|_| !is_push) {
        asker.check(method, &wanted.audience())?;
    }
    let body = Outgoing::of(call).await?;
    // Only for those who have signed in: DIDs that strangers name would be looked up for them.
    let target = match (method.as_str(), wanted) {
        (RegisterPush::NSID, _) => {
            let input = checked::<RegisterPush>(&body)?;
            asker.check(method, &format!("{}#{PUSH}", input.service_did))?;
            pds.proxy.push_service(pds, input.service_did).await?
        }
        (UnregisterPush::NSID, _) => {
            let input = checked::<UnregisterPush>(&body)?;
            asker.check(method, &format!("{}#{PUSH}", input.service_did))?;
            pds.proxy.push_service(pds, input.service_did).await?
        }
        (CreateReport::NSID, Some(wanted)) => {
            checked::<CreateReport>(&body)?;
            pds.proxy.resolve(pds, wanted).await?
        }
        (_, Some(wanted)) => pds.proxy.resolve(pds, wanted).await?,
        (_, None) => return Err(nobody().into()),
    };
    let token = if method.as_str() == GET_FEED {
        let generator = feed_generator(pds, &call.head).await?;
        let skeleton = Nsid::parse(GET_FEED_SKELETON).expect("it is an NSID");
        // Apps ask for it of the AppView, as for the feed itself, or of who makes the feed.
        let of_view = asker.check(&skeleton, &format!("{}#{}", target.did, target.service));
        let of_maker = || asker.check(&skeleton, &format!("{generator}#{FEED_GENERATOR}"));
        of_view.or_else(|refusal| of_maker().map_err(|_| refusal))?;
        token_for(pds, &asker.account, &generator, skeleton)?
    } else {
        token_for(pds, &asker.account, &target.did, method.clone())?
    };
    let question = Question { head: &call.head, body, token: Some(token) };
    let answer = ask(pds, &target, question).await;
    read_after_write::patched(pds, &call.head, method, &asker.account, &target, answer).await
}

/// Finds out who asks. The owner of an account that was taken down may complain, and nothing else.
async fn asker(pds: &Pds, head: &Parts, method: &Nsid) -> Result<Asker, Fault> {
    let credentials = Credentials::of(&head.headers);
    let is_report = method.as_str() == CreateReport::NSID;
    // The name only matters to tokens of services, which are not for here.
    let request = caller::Request { pds, method: "", credentials, head };
    if is_report {
        let account = Account::<OrApp<OrTakenDown<Standard>>>::identify(request).await?;
        return Asker::new(pds, account).await;
    }
    let account = Account::<OrApp<Standard>>::identify(request).await?;
    let asker = Asker::new(pds, account).await?;
    caller::check_standing(asker.account.state.status())?;
    Ok(asker)
}

impl Asker {
    async fn new<A: Access>(pds: &Pds, caller: Account<A>) -> Result<Self, Fault> {
        let account = caller.row(pds).await?;
        // What an app may ask for, its scopes say.
        let is_privileged = caller.is_app() || caller.is_privileged();
        Ok(Self { account, is_privileged, granted: caller.granted().cloned() })
    }

    /// Refuses an app that may not have a service asked for something.
    fn check(&self, method: &Nsid, audience: &str) -> Result<(), Refusal> {
        let need = Need::Rpc { method: Asked::One(method), audience };
        match self.granted.as_ref().and_then(|granted| granted.missing(&need)) {
            None => Ok(()),
            Some(scope) => Err(oauth::scope_missing(&scope)),
        }
    }
}

/// Makes a token with which a service is asked one thing for an account.
fn token_for(pds: &Pds, account: &Row, audience: &Did, method: Nsid) -> Result<String, Fault> {
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let key = key.map_err(|error| Fault::Internal(error.into()))?;
    let now_s = pds.clock.now_s();
    let claims = ServiceClaims {
        iat: Some(now_s),
        iss: account.did.as_str().into(),
        aud: audience.as_str().into(),
        exp: now_s + TOKEN_TIME_S,
        lxm: Some(method),
        jti: None,
    };
    Ok(make_service_token(&key, claims))
}

/// Refuses what is not the input of a method before it is sent away.
fn checked<M>(body: &Outgoing) -> Result<M::Input, Refusal>
where
    M: Method<Input: DeserializeOwned + Check>,
{
    let bytes = body.bytes().ok_or_else(xrpc::too_large)?;
    decode_input::<M>(bytes)
        .map_err(|error| Refusal::invalid_request(format!("Invalid {} input: {error}", M::NSID)))
}

/// Returns who makes the feed that a request is about, by the feed's record.
async fn feed_generator(pds: &Pds, head: &Parts) -> Result<Did, Fault> {
    let query = head.uri.query().unwrap_or_default();
    let feed = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "feed");
    let feed = feed.map(|(_, feed)| feed).ok_or_else(|| {
        Refusal::invalid_request(format!("Invalid {GET_FEED} params: feed is missing"))
    })?;
    pds.proxy.feed_generator(&feed).await
}
