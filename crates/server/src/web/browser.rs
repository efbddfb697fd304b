//! The browser that somebody sits at, which is known by a cookie.
//!
//! The cookie has an id and a secret. Whoever signs in or out gets another secret, so that a cookie
//! which somebody has put there, or has copied, is worth nothing afterwards.

use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use store::{AccountId, Device, DeviceAccount, DeviceId};

use crate::clock::millis;
use crate::oauth::{self, random};
use crate::pds::Pds;

/// How long browsers keep the cookie: as long as they keep any.
const COOKIE_TIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// For how long after a change of the secret somebody may come with the one before: pages that were on
/// their way. They are not recognised, but nothing is ended for it.
const CHANGE_TIME: Duration = Duration::from_secs(10);
/// After how long it is noted again that a browser was seen.
const SEEN_PAUSE: Duration = Duration::from_secs(60 * 60);
/// How long somebody stays signed in whom the browser is not to remember: to answer one app, or to look
/// after their account.
const REQUEST_TIME: Duration = Duration::from_secs(15 * 60);
const VISIT_TIME: Duration = Duration::from_secs(60 * 60);
/// The most characters of what a browser calls itself.
const USER_AGENT_CHARS_MAX: usize = 300;

/// A browser.
pub(super) struct Browser {
    id: DeviceId,
    secret: [u8; 32],
    /// What is known of it. Nothing before somebody has done something there.
    row: Option<Device>,
    /// Whether its cookie came with the request.
    pub(super) came: bool,
    /// Whether it has to be told its cookie.
    is_cookie_new: bool,
}

/// For how long somebody signs in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stay {
    /// Until they sign out.
    Remembered,
    /// To answer one app: the hash of its request's id.
    Request([u8; 32]),
    /// To look after their account.
    Visit,
}

fn hash(secret: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl Browser {
    /// Finds out which browser a request comes from.
    ///
    /// # Errors
    ///
    /// [`store::Error`] if the database failed.
    pub(super) async fn of(pds: &Pds, head: &Parts) -> Result<Self, store::Error> {
        let Some((id, secret)) = read(pds, &head.headers) else { return Ok(Self::new(false)) };
        let row = pds.store.read(|tx| tx.device(&id)).await?;
        let known = Self { id, secret, row: None, came: true, is_cookie_new: false };
        let Some(row) = row else { return Ok(known) };
        let now_ms = pds.clock.now_ms();
        if row.secret == hash(&secret) {
            let known = Self { row: Some(row), ..known };
            known.note_seen(pds, head).await?;
            return Ok(known);
        }
        let is_former = row.former_secret == Some(hash(&secret));
        if is_former && now_ms < row.changed_at + millis(CHANGE_TIME) {
            // What is shown is for nobody, and the browser keeps the cookie that it has just got.
            return Ok(Self { is_cookie_new: false, came: true, ..Self::new(false) });
        }
        // Two have the same cookie: it was copied, or put there.
        pds.store.write(move |tx| tx.delete_device(&id)).await?;
        Ok(Self::new(true))
    }

    fn new(came: bool) -> Self {
        Self { id: random(), secret: random(), row: None, came, is_cookie_new: true }
    }

    /// Returns which browser it is.
    pub(super) fn id(&self) -> &DeviceId {
        &self.id
    }

    /// Returns what forms have to bring along that are sent from this browser.
    pub(super) fn csrf(&self, pds: &Pds) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&pds.keys.jwt);
        let mac = mac.expect("a key of any length will do").chain_update(b"forms of a browser");
        let tag = mac.chain_update(self.id).chain_update(self.secret).finalize().into_bytes();
        HEXLOWER.encode(tag.first_chunk::<16>().map_or(&[], |tag| tag))
    }

    /// Returns the cookie that the browser has to be told, if it has.
    pub(super) fn cookie(&self, pds: &Pds) -> Option<HeaderValue> {
        if !self.is_cookie_new {
            return None;
        }
        let (id, secret) = (HEXLOWER.encode(&self.id), HEXLOWER.encode(&self.secret));
        Some(cookie(pds, DEVICE, &format!("{id}.{secret}")))
    }

    /// Returns who is signed in there: whom it remembers, and who is there for a request or a visit.
    ///
    /// # Errors
    ///
    /// [`store::Error`] if the database failed.
    pub(super) async fn accounts(
        &self,
        pds: &Pds,
        request: Option<[u8; 32]>,
    ) -> Result<Vec<DeviceAccount>, store::Error> {
        if self.row.is_none() {
            return Ok(Vec::new());
        }
        let id = self.id;
        let mut found = pds.store.read(|tx| tx.accounts_of_device(&id)).await?;
        found.retain(|one| one.request.is_none() || one.request == request);
        Ok(found)
    }

    /// Returns what has to be kept of the browser, if nothing is yet.
    pub(super) fn to_keep(&self, head: &Parts, now_ms: u64) -> Option<Device> {
        self.row.is_none().then(|| self.device(head, now_ms, None))
    }

    /// Signs somebody in, under another secret.
    ///
    /// # Errors
    ///
    /// [`store::Error`] if the database failed.
    pub(super) async fn sign_in(
        &mut self,
        pds: &Pds,
        head: &Parts,
        account: AccountId,
        stay: Stay,
    ) -> Result<(), store::Error> {
        let device = self.changed(pds, head);
        let kept = device.clone();
        pds.store
            .write(move |tx| {
                tx.put_device(&device)?;
                let now_ms = tx.now_ms();
                let (request, expires_at) = match stay {
                    Stay::Remembered => (None, None),
                    Stay::Request(id) => (Some(id), Some(now_ms + millis(REQUEST_TIME))),
                    Stay::Visit => (None, Some(now_ms + millis(VISIT_TIME))),
                };
                let entry = DeviceAccount {
                    account,
                    device: device.id,
                    signed_in_at: now_ms,
                    request,
                    expires_at,
                };
                // Who is remembered already stays so, though they have shown their password again.
                let before = tx.accounts_of_device(&device.id)?;
                let before = before.into_iter().find(|one| one.account == account);
                let entry = match before {
                    Some(before) if before.request.is_none() && before.expires_at.is_none() => {
                        DeviceAccount { signed_in_at: now_ms, ..before }
                    }
                    _ => entry,
                };
                tx.put_device_account(&entry)
            })
            .await?;
        self.row = Some(kept);
        Ok(())
    }

    /// Signs somebody out, under another secret.
    ///
    /// # Errors
    ///
    /// [`store::Error`] if the database failed.
    pub(super) async fn sign_out(
        &mut self,
        pds: &Pds,
        head: &Parts,
        account: AccountId,
    ) -> Result<(), store::Error> {
        let device = self.changed(pds, head);
        let kept = device.clone();
        pds.store
            .write(move |tx| {
                tx.put_device(&device)?;
                tx.sign_out(account, &device.id)
            })
            .await?;
        self.row = Some(kept);
        Ok(())
    }

    /// Takes another secret.
    fn changed(&mut self, pds: &Pds, head: &Parts) -> Device {
        let former = hash(&self.secret);
        self.secret = random();
        self.is_cookie_new = true;
        self.device(head, pds.clock.now_ms(), Some(former))
    }

    fn device(&self, head: &Parts, now_ms: u64, former_secret: Option<[u8; 32]>) -> Device {
        Device {
            id: self.id,
            secret: hash(&self.secret),
            former_secret,
            changed_at: now_ms,
            user_agent: user_agent(&head.headers),
            ip: oauth::ip(head).to_string(),
            created_at: self.row.as_ref().map_or(now_ms, |row| row.created_at),
            seen_at: now_ms,
        }
    }

    /// Notes now and then where the browser was seen.
    async fn note_seen(&self, pds: &Pds, head: &Parts) -> Result<(), store::Error> {
        let Some(row) = &self.row else { return Ok(()) };
        let (now_ms, ip) = (pds.clock.now_ms(), oauth::ip(head).to_string());
        if row.ip == ip && now_ms < row.seen_at + millis(SEEN_PAUSE) {
            return Ok(());
        }
        let user_agent = user_agent(&head.headers);
        let seen = Device { ip, user_agent, seen_at: now_ms, ..row.clone() };
        pds.store.write(move |tx| tx.put_device(&seen)).await
    }
}

/// The names of cookies, before what says that they are for this host alone.
const DEVICE: &str = "pagurus-browser";
pub(super) const LANGUAGE: &str = "pagurus-language";

/// Returns the value of `Set-Cookie`.
pub(super) fn cookie(pds: &Pds, name: &str, value: &str) -> HeaderValue {
    let (prefix, secure) = if is_secure(pds) { ("__Host-", "; Secure") } else { ("", "") };
    let time = COOKIE_TIME.as_secs();
    let text = format!(
        "{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={time}{secure}"
    );
    HeaderValue::try_from(text).expect("the value is letters and digits")
}

/// Returns the value of a cookie of ours that came with a request.
pub(super) fn came<'a>(pds: &Pds, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let prefix = if is_secure(pds) { "__Host-" } else { "" };
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).map(str::trim);
    pairs.find_map(|pair| pair.strip_prefix(prefix)?.strip_prefix(name)?.strip_prefix('='))
}

fn is_secure(pds: &Pds) -> bool {
    pds.url.scheme() == identity::Scheme::Https
}

fn read(pds: &Pds, headers: &HeaderMap) -> Option<(DeviceId, [u8; 32])> {
    let (id, secret) = came(pds, headers, DEVICE)?.split_once('.')?;
    let id = HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
    let secret = HEXLOWER.decode(secret.as_bytes()).ok()?.try_into().ok()?;
    Some((id, secret))
}

fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(USER_AGENT_CHARS_MAX).collect()
}
