//! What an app asks for, while somebody decides.

use std::sync::Arc;

use ::oauth::client::{Client, ClientId, ClientKind};
use ::oauth::decision::{Circumstances, Decision, Question, SignedIn};
use ::oauth::error::Refusal as _;
use ::oauth::request::{Answer, AuthorizationRequest};
use ::oauth::scope::Scopes;
use ::oauth::token::RequestId;
use http::StatusCode;
use pages::authorize::{App, AppKind, Trouble};
use pages::{Image, Link, path};
use store::{Account, AccountId, DeviceAccount, DeviceId, Status};
use syntax::{AtIdentifier, Did};

use crate::clock::millis;
use crate::oauth::bytes;
use crate::pds::Pds;
use crate::web::entry;
use crate::web::visit::{Stop, Visit};

/// What an app asks for.
pub(in crate::web) struct Waiting {
    /// The hash of the request's id, by which the database knows it.
    pub(in crate::web) id: [u8; 32],
    /// What the browser knows it by.
    pub(in crate::web) uri: String,
    pub(in crate::web) request: AuthorizationRequest,
    pub(in crate::web) client: Arc<Client>,
    /// Whether the operator trusts the app to have the name that it says it has.
    is_trusted: bool,
    kind: AppKind,
    /// The browser that has come with it first, and when that was.
    device: Option<DeviceId>,
    opened_at: Option<u64>,
    /// When it ends, in milliseconds since 1970.
    expires_at: u64,
}

/// Accounts of a browser, and since when somebody is signed in.
type Accounts = Vec<(Account, DeviceAccount)>;

impl Waiting {
    /// Takes a request that a browser comes with, and binds it to that browser.
    ///
    /// # Errors
    ///
    /// [`Stop`] if it is over, or another client's, or another browser's, which ends it.
    pub(super) async fn bind(visit: &mut Visit, client_id: &str, uri: &str) -> Result<Self, Stop> {
        if visit.browser.is_passing {
            return Err(Stop::bad(Trouble::FormTooOld));
        }
        let waiting = Self::find(visit, uri).await?;
        if waiting.request.client_id.as_str() != client_id {
            return Err(Stop::bad(Trouble::OtherApp));
        }
        let (id, device, pds) = (waiting.id, *visit.browser.id(), visit.pds.clone());
        let expires_at = pds.clock.now_ms() + millis(pds.oauth.lifetimes.request);
        let row = visit.browser.to_keep(&visit.head, pds.clock.now_ms());
        let is_own = pds.store.write(move |tx| {
            let is_own = tx.bind_oauth_request(&id, &device, expires_at)?;
            match row {
                Some(row) if is_own => tx.create_device(&row)?,
                _ if is_own => {}
                _ => drop(tx.delete_oauth_request(&id)?),
            }
            Ok::<_, store::Error>(is_own)
        });
        if !is_own.await? {
            return Err(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::OtherBrowser));
        }
        visit.prefer(&waiting.request.ui_locales);
        let opened_at = waiting.opened_at.or(Some(visit.pds.clock.now_ms()));
        Ok(Self { opened_at, ..waiting })
    }

    /// Returns the request that a step is about, if it is one of letting an app in.
    ///
    /// # Errors
    ///
    /// [`Stop`] as [`Self::required`].
    pub(in crate::web) async fn of(visit: &mut Visit) -> Result<Option<Self>, Stop> {
        match visit.head.uri.path().starts_with(path::AUTHORIZE) {
            true => Self::required(visit).await.map(Some),
            false => Ok(None),
        }
    }

    /// Returns the request that a step is about.
    ///
    /// # Errors
    ///
    /// [`Stop`] if it is over, or not this browser's.
    pub(super) async fn required(visit: &mut Visit) -> Result<Self, Stop> {
        let uri = match visit.field("request") {
            "" => visit.query("request").map(std::borrow::Cow::into_owned).unwrap_or_default(),
            uri => uri.to_owned(),
        };
        let waiting = Self::find(visit, &uri).await?;
        if waiting.device.as_ref() != Some(visit.browser.id()) {
            // It may well be the one that has begun, and forgets who it is.
            if !visit.browser.came {
                return Err(Stop::bad(Trouble::CookiesOff));
            }
            return Err(Stop::Trouble(StatusCode::FORBIDDEN, Trouble::OtherBrowser));
        }
        waiting.go_on(visit).await?;
        visit.prefer(&waiting.request.ui_locales);
        Ok(waiting)
    }

    /// Lets the request last while somebody is at it.
    async fn go_on(&self, visit: &Visit) -> Result<(), Stop> {
        let (pds, time_ms) = (&visit.pds, millis(visit.pds.oauth.lifetimes.request));
        let now_ms = pds.clock.now_ms();
        if now_ms + time_ms / 2 < self.expires_at {
            return Ok(());
        }
        let (id, device) = (self.id, *visit.browser.id());
        let bound = pds
            .store
            .write(move |tx| tx.bind_oauth_request(&id, &device, now_ms + time_ms).map(|_| ()));
        Ok(bound.await?)
    }

    async fn find(visit: &Visit, uri: &str) -> Result<Self, Stop> {
        let expired = || Stop::bad(Trouble::RequestExpired);
        let id = bytes(&RequestId::from_uri(uri).ok_or_else(expired)?.hash());
        let pds = &visit.pds;
        let stored = pds.store.read(|tx| tx.oauth_request(&id)).await;
        let stored = stored.map_err(|error: store::Error| Stop::from(error))?;
        let stored = stored.ok_or_else(expired)?;
        let request: AuthorizationRequest = serde_json::from_str(&stored.request)
            .map_err(|error| crate::failure::Fault::Internal(error.into()))?;
        let client_id = request.client_id.as_str();
        let client = pds.oauth.clients.client(client_id).await.map_err(|fault| {
            Stop::Detailed(StatusCode::BAD_REQUEST, Trouble::UnknownApp, fault.explain())
        })?;
        if client.redirect_uri(&request.redirect_uri).is_none() {
            return Err(Stop::bad(Trouble::BadRedirect));
        }
        let is_trusted = pds.config.trusted_apps.iter().any(|trusted| trusted == client_id);
        let kind = match (&client.id, client.kind) {
            (ClientId::Loopback(_), _) => AppKind::Local,
            (ClientId::Discoverable(_), ClientKind::Web) => AppKind::Web,
            (ClientId::Discoverable(_), ClientKind::Native) => AppKind::Native,
        };
        let store::OauthRequest { device, opened_at, expires_at, granted, .. } = stored;
        let uri = uri.to_owned();
        let waiting =
            Self { id, uri, request, client, is_trusted, kind, device, opened_at, expires_at };
        if granted.is_none() {
            return Ok(waiting);
        }
        // Somebody has pressed the button twice, or come back: they are led on once more.
        if waiting.device.as_ref() != Some(visit.browser.id()) {
            return Err(expired());
        }
        let again = super::answer(visit, &waiting, &Answer::Code(pds.oauth.code(&id)))?;
        Err(Stop::Other(Box::new(again)))
    }

    /// Returns the link to the request, with an account if one was chosen.
    pub(in crate::web) fn link(&self, chosen: Option<&Did>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", self.request.client_id.as_str());
        query.append_pair("request_uri", &self.uri);
        if let Some(did) = chosen {
            query.append_pair("account", did.as_str());
        }
        format!("{}?{}", path::AUTHORIZE, query.finish())
    }

    /// Returns the app as people may see it.
    pub(in crate::web) fn app(&self) -> App<'_> {
        let client = &*self.client;
        let link = |url: &'_ Option<url::Url>| {
            url.as_ref().and_then(|url| Link::parse(url.as_str()).map(Link::into_owned))
        };
        App {
            kind: self.kind,
            client_id: client.id.as_str().into(),
            host: client.id.display_name().into(),
            name: client.name.as_deref().filter(|_| self.is_trusted).map(Into::into),
            logo: client
                .logo
                .as_ref()
                .filter(|_| self.is_trusted)
                .and_then(|url| Image::parse(url.as_str()).map(Image::into_owned)),
            website: link(&client.page),
            privacy: link(&client.policy),
            terms: link(&client.terms),
        }
    }

    /// Returns what the client has hinted at, as people know it.
    pub(in crate::web) async fn hint(&self, pds: &Pds) -> Result<Option<String>, Stop> {
        let Some(hint) = &self.request.login_hint else { return Ok(None) };
        let AtIdentifier::Did(did) = hint else { return Ok(Some(hint.to_string())) };
        let account = pds.store.account(did).await?;
        let handle = account.and_then(|account| account.handle.clone());
        Ok(Some(handle.map_or_else(|| did.to_string(), |handle| handle.to_string())))
    }

    /// Returns the DID of what the client has hinted at. One that is not here is nobody's.
    pub(super) async fn hinted(&self, pds: &Pds) -> Result<Option<Did>, Stop> {
        match &self.request.login_hint {
            None => Ok(None),
            Some(AtIdentifier::Did(did)) => Ok(Some(did.clone())),
            Some(AtIdentifier::Handle(handle)) => {
                let found = pds.store.read(|tx| tx.account_by_handle(handle)).await;
                let found = found.map_err(|error: store::Error| Stop::from(error))?;
                let nobody = || Did::parse("did:web:invalid").expect("it is a DID");
                Ok(Some(found.map_or_else(nobody, |account| account.did)))
            }
        }
    }

    /// Returns the accounts of this browser that can be chosen for the request.
    pub(super) async fn accounts(&self, visit: &Visit) -> Result<Accounts, Stop> {
        entry::accounts(visit, Some(self.id)).await
    }

    /// Returns what the owners of accounts have agreed to before that this client may do.
    pub(super) async fn agreed(
        &self,
        pds: &Pds,
        accounts: &Accounts,
    ) -> Result<Vec<(AccountId, Option<Scopes>)>, Stop> {
        let client_id = self.client.id.as_str();
        let agreed = pds.store.read(|tx| {
            let each = accounts
                .iter()
                .map(|(account, _)| Ok((account.id, tx.oauth_agreement(account.id, client_id)?)));
            each.collect::<Result<Vec<_>, store::Error>>()
        });
        let read =
            |(id, scope): (AccountId, Option<String>)| (id, scope.map(|text| Scopes::parse(&text)));
        Ok(agreed.await?.into_iter().map(read).collect())
    }

    /// Returns the accounts as decisions are made by them.
    pub(super) fn signed_in<'a>(
        &self,
        accounts: &'a Accounts,
        agreed: &'a [(AccountId, Option<Scopes>)],
    ) -> Vec<SignedIn<'a>> {
        let of = |id: AccountId| agreed.iter().find(|(one, _)| *one == id);
        let each = accounts.iter().map(|(account, entry)| SignedIn {
            did: &account.did,
            authenticated_s: entry.signed_in_at / 1000,
            for_this_request: self.is_for_this(entry),
            is_active: account.state.status() == Status::Active,
            agreed: of(account.id).and_then(|(_, scope)| scope.as_ref()),
        });
        each.collect()
    }

    /// Tells whether somebody has signed in since the browser has come with the request.
    fn is_for_this(&self, entry: &DeviceAccount) -> bool {
        self.opened_at.is_some_and(|opened_at| entry.signed_in_at >= opened_at)
    }

    /// Tells whether the password of an account of this browser is asked for once more.
    pub(in crate::web) fn needs_password(
        &self,
        pds: &Pds,
        account: &Account,
        entry: &DeviceAccount,
    ) -> bool {
        let signed_in = SignedIn {
            did: &account.did,
            authenticated_s: entry.signed_in_at / 1000,
            for_this_request: self.is_for_this(entry),
            is_active: true,
            agreed: None,
        };
        let next = self.circumstances(pds).step(&signed_in);
        matches!(next, Decision::Ask(Question::Password(_)))
    }

    /// Returns what decisions depend on.
    pub(super) fn circumstances(&self, pds: &Pds) -> Circumstances<'_> {
        Circumstances {
            client: &self.client,
            scope: &self.request.scope,
            prompt: self.request.prompt,
            max_age_s: self.request.max_age_s,
            has_hint: self.request.login_hint.is_some(),
            has_sign_up: true,
            now_s: pds.clock.now_s(),
        }
    }
}
