//! The account at a glance.

use axum::body::Body;
use axum::extract::State;
use http::{Request, Response};
use pages::account::Overview;
use pages::{Id, When};

use super::{Own, done, frame, key, look_at};
use crate::pds::Pds;
use crate::web::visit::{Outcome, Stop, Visit, page};

/// How much there is of what an account has.
struct Counts {
    apps: usize,
    devices: usize,
    app_passwords: usize,
    records: u64,
    files: u64,
    file_bytes: u64,
}

/// `GET /account/u/{did}`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own).await).await
}

async fn show(visit: &Visit, own: &Own) -> Outcome {
    let counts = count(visit, own).await?;
    let (own_keys, elsewhere) = tokio::join!(key::count_own(visit, own), elsewhere(visit, own));
    let (told, account) = (done::told(visit), &own.account);
    page(&Overview {
        frame: frame(visit),
        owner: own.owner(),
        since: When(account.created_at),
        email: account.email.as_deref().map(Id::from),
        is_email_confirmed: own.is_email_confirmed(),
        is_factor_on: account.email_auth_factor,
        is_plc: own.is_plc(),
        own_keys: own_keys.ok(),
        apps: number(counts.apps),
        devices: number(counts.devices),
        app_passwords: number(counts.app_passwords),
        records: counts.records,
        files: counts.files,
        file_bytes: counts.file_bytes,
        elsewhere: elsewhere.as_deref().map(Id::from),
        notice: told.as_ref().map(|told| told.notice(account)),
    })
}

async fn count(visit: &Visit, own: &Own) -> Result<Counts, Stop> {
    let id = own.account.id;
    let counts = visit.pds.store.read_long(move |tx| {
        let head = tx.head(id)?.ok_or(store::Error::Missing)?;
        let (_, files) = tx.count_blobs(id, head.repo)?;
        Ok::<_, store::Error>(Counts {
            apps: tx.oauth_sessions(id)?.len(),
            devices: tx.devices_of(id)?.len() + tx.refresh_tokens(id)?.len(),
            app_passwords: tx.app_passwords(id)?.len(),
            records: head.records,
            files,
            file_bytes: tx.blob_bytes(id)?,
        })
    });
    Ok(counts.await?)
}

/// Returns where the identity says that the account is, if that is known and not here.
async fn elsewhere(visit: &Visit, own: &Own) -> Option<String> {
    let document = visit.pds.resolver.document(&own.account.did).await.ok()?;
    let host = document.pds_endpoint().filter(|host| *host != visit.pds.url)?;
    Some(host.to_string())
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
