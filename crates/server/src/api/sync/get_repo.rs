//! `com.atproto.sync.getRepo`: a repository as a CAR file, whole or from a revision on.
//!
//! Lexicon: `lexicons/com/atproto/sync/getRepo.json`.

use axum::body::Body;
use http::request::Parts;
use http::{Method, Response};
use lexicon::com::atproto::sync::get_repo::{Error, Params};
use store::repo::ExportError;
use syntax::{Did, Tid};
use tokio::sync::oneshot;

use super::car_file;
use crate::caller::{OrApp, OrTakenDown, Standard, Viewer};
use crate::failure::{Failure, Fault, chain};
use crate::hosted;
use crate::pds::Pds;
use crate::sending::PushError;

/// Answers with the blocks: the commit, then nodes and records in the order of the tree.
///
/// Owners may take theirs with them even when the account was taken down.
pub(super) async fn get_repo(
    pds: Pds,
    viewer: Viewer<OrApp<OrTakenDown<Standard>>>,
    params: Params,
    head: Parts,
) -> Result<Response<Body>, Failure<Error>> {
    let sees_all = viewer.is_owner_or_admin(&params.did);
    Ok(export(pds, params.did, params.since, sees_all, &head.method).await?)
}

/// Exports a repository.
///
/// It is read at once, in one snapshot, and sent from memory or a temporary file as fast as the
/// client takes it.
pub(crate) async fn export(
    pds: Pds,
    did: Did,
    since: Option<Tid>,
    sees_all: bool,
    method: &Method,
) -> Result<Response<Body>, Fault> {
    if method == Method::HEAD {
        pds.store.read(|tx| hosted::load(tx, &did, sees_all)).await?;
        return Ok(car_file(Body::empty()));
    }
    let (mut outflow, body, watch) = pds.outflows.begin()?;
    let (answer, found) = oneshot::channel();
    let tasks = pds.tasks.clone();
    tasks.spawn_until_stop(async move {
        let maker = pds.outflows.maker().await;
        let exported = pds.store.read_long(move |tx| {
            let hosted = match hosted::load(tx, &did, sees_all) {
                Ok(hosted) => hosted,
                // Whoever asked may have gone, who is all that wants to know it.
                Err(fault) => {
                    drop(answer.send(Err(fault)));
                    return Ok(());
                }
            };
            if answer.send(Ok(())).is_err() {
                return Err(ExportError::Sink(PushError::Gone));
            }
            tx.export_repo(&hosted.head, since, |piece| outflow.push(piece))?;
            outflow.finish();
            Ok(())
        });
        let exported = exported.await;
        drop(maker);
        match exported {
            Ok(()) => watch.run().await,
            Err(ExportError::Sink(PushError::Gone)) => tracing::debug!("nobody wants the export"),
            Err(error) => tracing::error!(error = chain(&error), "an export broke off"),
        }
    });
    // Without an answer the store failed, which the task has logged, or the server stops.
    found.await.map_err(|_| Fault::Internal("nothing could be exported".into()))??;
    Ok(car_file(Body::new(body)))
}
