//! Browsers in which the owner is signed in, and sessions that began with a password.

use axum::body::Body;
use axum::extract::State;
use data_encoding::HEXLOWER;
use http::{Request, Response};
use pages::account::{Device, Devices, PasswordSession};
use pages::{When, path};
use sha2::{Digest as _, Sha256};

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at};
use crate::pds::Pds;
use crate::web::visit::{Outcome, Visit, page, see};

/// `GET …/devices`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own).await).await
}

async fn show(visit: &Visit, own: &Own) -> Outcome {
    let id = own.account.id;
    let found = visit
        .pds
        .store
        .read(|tx| Ok::<_, store::Error>((tx.devices_of(id)?, tx.refresh_tokens(id)?)));
    let (devices, tokens) = found.await?;
    let device_ids: Vec<String> =
        devices.iter().map(|device| HEXLOWER.encode(&device.id)).collect();
    let devices: Vec<Device<'_>> = devices
        .iter()
        .zip(&device_ids)
        .map(|(device, id)| Device {
            id,
            user_agent: &device.user_agent,
            address: (&device.ip).into(),
            seen: When(device.seen_at),
            is_this: device.id == *visit.browser.id(),
        })
        .collect();
    let session_ids: Vec<String> = tokens.iter().map(|token| session_id(&token.id)).collect();
    let sessions: Vec<PasswordSession<'_>> = tokens
        .iter()
        .zip(&session_ids)
        .map(|(token, id)| PasswordSession {
            id,
            app_password: token.app_password.as_deref().map(Into::into),
            began: token.began_at.map(When),
            ends: When(token.expires_at),
        })
        .collect();
    let told = done::told(visit);
    page(&Devices {
        frame: frame(visit),
        owner: own.owner(),
        devices: &devices,
        sessions: &sessions,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    })
}

/// Returns what a form knows a session by. What its token is known by is nobody's to see.
fn session_id(token_id: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token_id))
}

/// `POST …/devices/end`: signs one browser out.
pub(super) async fn end_device(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let given = HEXLOWER.decode(visit.field("id").as_bytes()).ok();
        let Some(device) = given.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) else {
            return see(&own.at(path::DEVICES));
        };
        let (pds, account) = (visit.pds.clone(), own.account.id);
        if device == *visit.browser.id() {
            visit.browser.sign_out(&pds, &visit.head, account).await?;
            visit.renew();
            return see(path::ACCOUNT);
        }
        pds.store.write(move |tx| tx.sign_out(account, &device)).await?;
        Done::SessionEnded.lead(visit, own, path::DEVICES)
    })
    .await
}

/// `POST …/devices/end-session`: ends one session of a password. Its access token lasts until it ends,
/// two hours at most.
pub(super) async fn end_session(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let (given, account) = (visit.field("id").to_owned(), own.account.id);
        let ended = visit.pds.store.write(move |tx| {
            let mut tokens = tx.refresh_tokens(account)?.into_iter();
            if let Some(token) = tokens.find(|token| session_id(&token.id) == given) {
                tx.delete_refresh_tokens_to(account, &token.id)?;
            }
            Ok::<_, store::Error>(())
        });
        ended.await?;
        Done::SessionEnded.lead(visit, own, path::DEVICES)
    })
    .await
}

/// `POST …/devices/end-others`: signs everything out but this browser, and apps that were let in.
pub(super) async fn end_others(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let (account, device) = (own.account.id, *visit.browser.id());
        let ended = visit.pds.store.write(move |tx| {
            tx.delete_refresh_tokens(account)?;
            tx.sign_out_everywhere(account, Some(&device))
        });
        ended.await?;
        Done::OthersEnded.lead(visit, own, path::DEVICES)
    })
    .await
}
