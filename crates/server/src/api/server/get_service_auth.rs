//! `com.atproto.server.getServiceAuth`: issues a short-lived token that speaks for the caller
//! at another service.
//!
//! Lexicon: `lexicons/com/atproto/server/getServiceAuth.json`.

use std::time::Duration;

use ::oauth::scope::{Method, Need};
use lexicon::com::atproto::server::get_service_auth::{Error, Output, Params};
use store::Status;
use syntax::{Did, Nsid};

use crate::caller::{Account, OrApp, OrTakenDown, Standard};
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;
use crate::privilege::{self, CREATE_ACCOUNT};
use crate::token::{Scope, ServiceClaims, make_service_token};

/// How long a token is good for, if nothing is said of it, and how long at most without a method.
const TIME: Duration = Duration::from_secs(60);
/// How long a token for one method may be good for.
const TIME_MAX: Duration = Duration::from_secs(60 * 60);

/// Answers with a token signed with the account's key. A deactivated account gets one, too: it may
/// be on its way.
pub(super) async fn get_service_auth(
    pds: Pds,
    caller: Account<OrApp<OrTakenDown<Standard>>>,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let Params { aud, exp, lxm } = params;
    check_audience(&aud)?;
    let account = caller.row(&pds).await?;
    let is_down = caller.scope() == Scope::TakenDown
        || matches!(account.state.status(), Status::TakenDown | Status::Suspended);
    if is_down && lxm.as_ref().is_none_or(|lxm| *lxm != *CREATE_ACCOUNT) {
        return Err(Refusal::invalid_token("Bad token scope").into());
    }
    if let Some(lxm) = &lxm {
        check_method(lxm, is_down || caller.is_app() || caller.is_privileged())?;
    }
    let method = lxm.as_ref().map_or(Method::Any, Method::One);
    caller.check(&Need::Rpc { method, audience: &aud })?;
    let now_s = pds.clock.now_s();
    let exp = match exp {
        Some(exp) => check_expiration(exp, now_s, lxm.is_some())?,
        None => now_s + TIME.as_secs(),
    };
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let claims = ServiceClaims {
        iat: Some(now_s),
        iss: account.did.as_str().into(),
        aud: aud.into(),
        exp,
        lxm,
        jti: None,
    };
    Ok(Output { token: make_service_token(&key.map_err(Failure::internal)?, claims) })
}

/// Refuses what is neither a DID of a host nor one with the name of a service.
fn check_audience(aud: &str) -> Result<(), Refusal> {
    let (did, service) = aud.split_once('#').map_or((aud, None), |(did, id)| (did, Some(id)));
    let is_service = service.is_none_or(|id| !id.is_empty() && !id.contains('#'));
    match Did::parse(did) {
        Ok(did) if matches!(did.method(), "plc" | "web") && is_service => Ok(()),
        _ => Err(Refusal::invalid_request("aud must be a DID, or a DID with a service fragment")),
    }
}

fn check_method(lxm: &Nsid, is_privileged: bool) -> Result<(), Refusal> {
    if privilege::is_protected(lxm) {
        let message = format!(
            "cannot request a service auth token for the following protected method: {lxm}"
        );
        return Err(Refusal::invalid_request(message));
    }
    if privilege::is_privileged(lxm) && !is_privileged {
        let message =
            format!("insufficient access to request a service auth token for the method: {lxm}");
        return Err(Refusal::invalid_request(message));
    }
    Ok(())
}

fn check_expiration(exp: i64, now_s: u64, has_method: bool) -> Result<u64, Failure<Error>> {
    let bad = |message| Err(Failure::declared(Error::BadExpiration, message));
    let Ok(exp) = u64::try_from(exp) else {
        return bad("expiration is in past");
    };
    match exp.checked_sub(now_s) {
        None => bad("expiration is in past"),
        Some(time) if time > TIME_MAX.as_secs() => {
            bad("cannot request a token with an expiration more than an hour in the future")
        }
        Some(time) if time > TIME.as_secs() && !has_method => bad(
            "cannot request a method-less token with an expiration more than a minute in the future",
        ),
        Some(_) => Ok(exp),
    }
}
