//! Copies of all that an account has.

use axum::body::Body;
use axum::extract::State;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use pages::account::{Download, Export};
use repo::data::{Map, Value, json};
use store::repo::RepoId;

use super::{Own, archive, frame, handle_of, look_at};
use crate::api::sync::get_repo;
use crate::failure::Fault;
use crate::oauth;
use crate::pds::Pds;
use crate::preferences::{self, Reach};
use crate::rate::{self, Key};
use crate::web::entry::take;
use crate::web::visit::{Outcome, Stop, Visit, download, page};

/// All records, as a CAR file.
pub(super) const RECORDS: &str = "/export/records.car";
/// All files in one.
pub(super) const FILES: &str = "/export/files.tar";
/// What files there are.
pub(super) const FILE_LIST: &str = "/export/files.json";
/// Preferences.
pub(super) const PREFERENCES: &str = "/export/preferences.json";

/// `GET …/export`
pub(super) async fn form(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look_at(pds, request, async |visit, own| show(visit, own).await).await
}

async fn show(visit: &Visit, own: &Own) -> Outcome {
    let id = own.account.id;
    let counted = visit.pds.store.read_long(move |tx| {
        let head = tx.head(id)?.ok_or(store::Error::Missing)?;
        let (_, files) = tx.count_blobs(id, head.repo)?;
        Ok::<_, store::Error>((head.records, files, tx.blob_bytes(id)?))
    });
    let (record_count, file_count, file_bytes) = counted.await?;
    let offer = |step: &str| (own.at(step), file_name(own, step));
    let (records, files) = (offer(RECORDS), offer(FILES));
    let (list, preferences) = (offer(FILE_LIST), offer(PREFERENCES));
    page(&Export {
        frame: frame(visit),
        owner: own.owner(),
        records: as_download(&records, None),
        record_count,
        files: (file_count > 0).then(|| as_download(&files, Some(file_bytes))),
        file_list: (file_count > 0).then(|| as_download(&list, None)),
        file_count,
        preferences: Some(as_download(&preferences, None)),
    })
}

fn as_download((path, name): &(String, String), bytes: Option<u64>) -> Download<'_> {
    Download { path, name: name.into(), bytes }
}

/// Returns the name that a file is saved under.
fn file_name(own: &Own, step: &str) -> String {
    let name = step.rsplit('/').next().unwrap_or_default();
    format!("{}-{name}", handle_of(&own.account))
}

/// Says that a response is a file to be kept.
fn as_file(response: &mut Response<Body>, own: &Own, step: &str, media_type: &'static str) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let name = format!("attachment; filename=\"{}\"", file_name(own, step));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
}

/// Answers the owner of an account with a file of it.
async fn give<F>(pds: Pds, request: Request<Body>, answer: F) -> Response<Body>
where
    F: AsyncFnOnce(&Visit, &Own) -> Outcome,
{
    download(pds, request, async |visit| {
        let own = Own::of(visit).await?;
        take(visit, &rate::GET_REPO, &Key::of_ip(oauth::ip(&visit.head)))?;
        answer(visit, &own).await
    })
    .await
}

/// `GET …/export/records.car`
pub(super) async fn records(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    give(pds, request, async |visit, own| {
        let (pds, did) = (visit.pds.clone(), own.account.did.clone());
        let mut response = get_repo::export(pds, did, None, true, &visit.head.method).await?;
        as_file(&mut response, own, RECORDS, repo::car::MIME_TYPE);
        Ok(response)
    })
    .await
}

/// `GET …/export/files.tar`
pub(super) async fn files(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    give(pds, request, async |visit, own| {
        let repo = repo_of(visit, own).await?;
        let mut response = Response::new(archive::archive(&visit.pds, &own.account, repo));
        as_file(&mut response, own, FILES, "application/x-tar");
        Ok(response)
    })
    .await
}

/// `GET …/export/files.json`
pub(super) async fn file_list(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    give(pds, request, async |visit, own| {
        let repo = repo_of(visit, own).await?;
        let mut response = Response::new(archive::list(&visit.pds, &own.account, repo));
        as_file(&mut response, own, FILE_LIST, "application/json");
        Ok(response)
    })
    .await
}

async fn repo_of(visit: &Visit, own: &Own) -> Result<RepoId, Stop> {
    let head = visit.pds.store.read(|tx| tx.head(own.account.id)).await;
    let head = head.map_err(|error: store::Error| Stop::from(error))?;
    Ok(head.ok_or(store::Error::Missing)?.repo)
}

/// `GET …/export/preferences.json`
pub(super) async fn preferences(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    give(pds, request, async |visit, own| {
        let stored = visit.pds.store.read(|tx| tx.preferences(own.account.id)).await;
        let stored = stored.map_err(|error: store::Error| Stop::from(error))?;
        let shown = preferences::shown(&stored, Reach::All, &visit.pds.clock.now());
        let shown = shown.map_err(|error| Fault::Internal(error.into()))?;
        let all = Value::Map(Map::from([("preferences", Value::List(shown))]));
        let mut response = Response::new(Body::from(json::encode(&all)));
        as_file(&mut response, own, PREFERENCES, "application/json");
        Ok(response)
    })
    .await
}
