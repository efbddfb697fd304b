//! The browser that somebody sits at, which is known by a cookie.
//!
//! The cookie has an id and a secret. Whoever signs in or out gets another secret, so that a cookie
//! which somebody has put there, or has copied, is worth nothing afterwards.

use std::collections::HashSet;
use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use store::{Account, AccountId, Device, DeviceAccount, DeviceId};

use crate::clock::millis;
use crate::failure::chain;
use crate::oauth::{self, random};
use crate::pds::Pds;

/// How long browsers keep the cookie: as long as they keep any.
pub(crate) const COOKIE_TIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// For how long after a change of the secret somebody may come with the one before: pages that were on
/// their way. They are not recognised, but nothing is ended for it.
const CHANGE_TIME: Duration = Duration::from_secs(10);
/// After how long it is noted again that a browser was seen, and, if it is elsewhere, where.
const SEEN_PAUSE: Duration = Duration::from_secs(60 * 60);
const MOVED_PAUSE: Duration = Duration::from_secs(60);
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
    /// Whether it comes with the secret of before a change that is a moment old: it has got another one,
    /// or is about to, so that nothing is decided for it or by it.
    pub(super) is_passing: bool,
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
        let Some((id, secret)) = read(pds, &head.headers) else { return Ok(Self::new()) };
        let row = pds.store.read(|tx| tx.device(&id)).await?;
        let known = Self { id, secret, row: None, came: true, ..Self::new() };
        let mut known = Self { is_cookie_new: false, ..known };
        let Some(row) = row else { return Ok(known) };
        let now_ms = pds.clock.now_ms();
        if row.secret == hash(&secret) {
            known.row = Some(row);
            known.note_seen(pds, head);
            return Ok(known);
        }
        let is_former = row.former_secret == Some(hash(&secret));
        let is_passing = is_former && now_ms < row.changed_at + millis(CHANGE_TIME);
        // A cookie from before, or one that somebody has made up, opens nothing. Nothing is ended for it
        // either: the answer with the next one may have got lost.
        Ok(Self { is_passing, is_cookie_new: !is_passing, came: true, ..Self::new() })
    }

    fn new() -> Self {
        Self {
            id: random(),
            secret: random(),
            row: None,
            came: false,
            is_cookie_new: true,
            is_passing: false,
        }
    }

    /// Tells the browser nothing. Other sites can have it ask for something without its cookie, and must
    /// not thereby have it get another one.
    pub(super) fn keep_quiet(&mut self) {
        self.is_cookie_new = false;
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

    /// Returns who is signed in there: whom it remembers, and who is there for a request or a visit. Of
    /// somebody who has signed in more than once, the last time counts.
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
        let mut seen = HashSet::new();
        found.retain(|one| {
            (one.request.is_none() || one.request == request) && seen.insert(one.account)
        });
        Ok(found)
    }

    /// Returns what has to be kept of the browser, if nothing is yet.
    pub(super) fn to_keep(&self, head: &Parts, now_ms: u64) -> Option<Device> {
        self.row.is_none().then(|| self.device(head, now_ms, &self.secret, None))
    }

    /// Signs somebody in, under another secret. Tells whether that was possible: not if they have another
    /// password since it was checked, or somebody else has signed in or out here.
    ///
    /// # Errors
    ///
    /// [`store::Error`] if the database failed.
    pub(super) async fn sign_in_with_password(
        &mut self,
        pds: &Pds,
        head: &Parts,
        account: &Account,
        stay: Stay,
    ) -> Result<bool, store::Error> {
        self.enter(pds, head, account.id, Some(account.password.clone()), stay).await
    }

    /// Signs somebody in, under another secret, who has shown otherwise that they are the owner.
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
        self.enter(pds, head, account, None, stay).await.map(|_| ())
    }

    async fn enter(
        &mut self,
        pds: &Pds,
        head: &Parts,
        account: AccountId,
        password: Option<Option<String>>,
        stay: Stay,
    ) -> Result<bool, store::Error> {
        let (next, shown) = self.next(pds, head);
        let device = next.1.clone();
        let is_done = pds
            .store
            .write(move |tx| {
                let is_current = match &password {
                    Some(password) => tx.account_by_id(account)?.password == *password,
                    None => true,
                };
                if !is_current || !tx.change_device(&device, &shown)? {
                    return Ok(false);
                }
                let now_ms = tx.now_ms();
                let before = tx.accounts_of_device(&device.id)?;
                let is_remembered =
                    before.iter().any(|one| one.account == account && one.is_remembered());
                let (request, expires_at) = match stay {
                    Stay::Remembered => (None, None),
                    Stay::Request(id) => (Some(id), Some(now_ms + millis(REQUEST_TIME))),
                    // Who is remembered stays so, though they have shown their password again.
                    Stay::Visit if is_remembered => (None, None),
                    Stay::Visit => (None, Some(now_ms + millis(VISIT_TIME))),
                };
                let entry = DeviceAccount {
                    account,
                    device: device.id,
                    signed_in_at: now_ms,
                    request,
                    expires_at,
                };
                tx.put_device_account(&entry)?;
                Ok::<_, store::Error>(true)
            })
            .await?;
        self.change(is_done, next);
        Ok(is_done)
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
        let (next, shown) = self.next(pds, head);
        let device = next.1.clone();
        let is_done = pds
            .store
            .write(move |tx| {
                tx.sign_out(account, &device.id)?;
                tx.change_device(&device, &shown)
            })
            .await?;
        self.change(is_done, next);
        Ok(())
    }

    /// Draws another secret, and returns it with what is to be kept of it, and the hash of the one that
    /// was shown.
    fn next(&self, pds: &Pds, head: &Parts) -> (([u8; 32], Device), [u8; 32]) {
        let (secret, shown) = (random(), hash(&self.secret));
        ((secret, self.device(head, pds.clock.now_ms(), &secret, Some(shown))), shown)
    }

    fn change(&mut self, is_done: bool, (secret, device): ([u8; 32], Device)) {
        if is_done {
            self.secret = secret;
            self.row = Some(device);
            self.is_cookie_new = true;
        }
    }

    fn device(
        &self,
        head: &Parts,
        now_ms: u64,
        secret: &[u8; 32],
        former_secret: Option<[u8; 32]>,
    ) -> Device {
        Device {
            id: self.id,
            secret: hash(secret),
            former_secret,
            changed_at: now_ms,
            user_agent: user_agent(&head.headers),
            ip: oauth::ip(head).to_string(),
            created_at: self.row.as_ref().map_or(now_ms, |row| row.created_at),
            seen_at: now_ms,
        }
    }

    /// Notes now and then where the browser was seen, and tells it its cookie again, so that it keeps it.
    fn note_seen(&mut self, pds: &Pds, head: &Parts) {
        let Some(row) = &self.row else { return };
        let ip = oauth::ip(head).to_string();
        let pause = if row.ip == ip { SEEN_PAUSE } else { MOVED_PAUSE };
        if pds.clock.now_ms() < row.seen_at + millis(pause) {
            return;
        }
        self.is_cookie_new = true;
        let (owned, id, user_agent) = (pds.clone(), self.id, user_agent(&head.headers));
        pds.tasks.spawn(async move {
            let noted = owned.store.write(move |tx| tx.note_device(&id, &user_agent, &ip)).await;
            if let Err(error) = noted {
                tracing::warn!(
                    error = chain(&error),
                    "it cannot be noted where a browser was seen"
                );
            }
        });
    }
}

/// The names of cookies, before what says that they are for this host alone.
const DEVICE: &str = "pagurus-browser";
pub(super) const LANGUAGE: &str = "pagurus-language";

/// Returns the value of `Set-Cookie`.
pub(super) fn cookie(pds: &Pds, name: &str, value: &str) -> HeaderValue {
    let (prefix, secure) = if is_secure(pds) { ("__Host-", "; Secure") } else { ("", "") };
    let time = COOKIE_TIME.as_secs();
    let text =
        format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={time}{secure}");
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
