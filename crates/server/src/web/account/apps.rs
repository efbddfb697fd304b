//! Apps that were let in.

use ::oauth::client::{ClientId, Hosts};
use ::oauth::scope::Scopes;
use axum::body::Body;
use axum::extract::State;
use data_encoding::HEXLOWER;
use futures_util::future::join_all;
use http::{Request, Response};
use pages::account::{Apps, ConnectedApp};
use pages::authorize::AppKind;
use pages::permission::{Calls, Permission};
use pages::{When, path};
use store::OauthSession;

use super::done::{self, Done};
use super::{Own, act_on, frame, look_at};
use crate::oauth::Sets;
use crate::pds::Pds;
use crate::web::authorize::{Asked, Row};
use crate::web::visit::{Outcome, Stop, Visit, page, see};

/// An app that was let in, and what there is to be said of it.
struct Shown {
    id: String,
    session: OauthSession,
    kind: AppKind,
    /// What people know it by.
    host: String,
    name: Option<String>,
    /// What it may do, and the permission sets in it.
    scope: Scopes,
    sets: Sets,
}

impl Shown {
    async fn of(pds: &Pds, session: OauthSession) -> Self {
        // It was one when the app was let in, and the settings may have changed since.
        let client = ClientId::parse(&session.client_id, Hosts::Any);
        let (kind, host) = match &client {
            Ok(ClientId::Loopback(_)) => (AppKind::Local, session.client_id.clone()),
            Ok(client) => (AppKind::Web, client.display_name().to_owned()),
            Err(_) => (AppKind::Web, session.client_id.clone()),
        };
        let is_trusted = pds.config.trusted_apps.contains(&session.client_id);
        let name = match is_trusted {
            true => pds.oauth.clients.client(&session.client_id).await.ok(),
            false => None,
        };
        let name = name.and_then(|client| client.name.clone());
        let scope = Scopes::parse(&session.scope);
        let (scope, sets) = match Sets::of(pds, &scope).await {
            Ok(sets) => (scope, sets),
            // Without the names that were agreed to, but it is what the app may do.
            Err(_) => (Scopes::parse(&session.expanded), Sets::default()),
        };
        Self { id: HEXLOWER.encode(&session.id), session, kind, host, name, scope, sets }
    }

    fn app<'a>(&'a self, permissions: &'a [Permission<'a>]) -> ConnectedApp<'a> {
        ConnectedApp {
            id: &self.id,
            kind: self.kind,
            host: (&self.host).into(),
            client_id: (&self.session.client_id).into(),
            name: self.name.as_deref().map(Into::into),
            since: When(self.session.created_at),
            used: When(self.session.refreshed_at),
            permissions,
        }
    }
}

/// `GET …/apps`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own).await).await
}

async fn show(visit: &Visit, own: &Own) -> Outcome {
    let (pds, id) = (&visit.pds, own.account.id);
    let sessions = pds.store.read(|tx| tx.oauth_sessions(id)).await;
    let sessions: Vec<OauthSession> = sessions.map_err(|error: store::Error| Stop::from(error))?;
    let all = join_all(sessions.into_iter().map(|session| Shown::of(pds, session))).await;
    let asked: Vec<Asked<'_>> =
        all.iter().map(|shown| Asked::new(&shown.scope, &shown.sets, visit.lang)).collect();
    let rows: Vec<Vec<Row<'_>>> = asked.iter().map(Asked::rows).collect();
    let calls: Vec<Vec<Vec<Calls<'_>>>> =
        rows.iter().map(|rows| rows.iter().map(Row::calls).collect()).collect();
    let parts = asked.iter().zip(rows.iter().zip(&calls));
    let permissions: Vec<Vec<Permission<'_>>> =
        parts.map(|(asked, (rows, calls))| asked.permissions(rows, calls)).collect();
    let apps: Vec<ConnectedApp<'_>> =
        all.iter().zip(&permissions).map(|(shown, may)| shown.app(may)).collect();
    let told = done::told(visit);
    page(&Apps {
        frame: frame(visit),
        owner: own.owner(),
        apps: &apps,
        notice: told.as_ref().map(|told| told.notice(&own.account)),
    })
}

/// `POST …/apps/revoke`: ends an app's session. It has to ask anew if it comes again.
pub(super) async fn revoke(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    act_on(pds, request, async |visit, own| {
        let given = HEXLOWER.decode(visit.field("id").as_bytes()).ok();
        let Some(id) = given.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) else {
            return see(&own.at(path::APPS));
        };
        let account = own.account.id;
        let revoked = visit.pds.store.write(move |tx| {
            let found = tx.oauth_session(&id)?.filter(|session| session.account == account);
            let Some(session) = found else { return Ok(None) };
            tx.delete_oauth_session(account, &id)?;
            tx.delete_oauth_agreements(account, Some(&session.client_id))?;
            Ok::<_, store::Error>(Some(session.client_id))
        });
        let Some(client_id) = revoked.await? else { return see(&own.at(path::APPS)) };
        let client = ClientId::parse(&client_id, Hosts::Any);
        let host = client.as_ref().map_or(client_id.as_str(), ClientId::display_name);
        Done::AppRevoked.lead_with(visit, own, path::APPS, None, host)
    })
    .await
}
