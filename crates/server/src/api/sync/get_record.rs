//! `com.atproto.sync.getRecord`: the signed proof that a record is there, or is not.
//!
//! Lexicon: `lexicons/com/atproto/sync/getRecord.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use lexicon::com::atproto::sync::get_record::{Error, Params};
use repo::mst::Key;
use store::repo::ProofError;
use syntax::RecordPath;

use super::car_file;
use crate::caller::Viewer;
use crate::failure::{Failure, Fault};
use crate::hosted;
use crate::pds::Pds;

/// Answers with the commit, the nodes on the way to the record, and the record if there is one.
pub(super) async fn get_record(
    pds: Pds,
    viewer: Viewer,
    params: Params,
    _: Parts,
) -> Result<Response<Body>, Failure<Error>> {
    let Params { did, collection, rkey } = params;
    let sees_all = viewer.is_owner_or_admin(&did);
    let path = Key::from(&RecordPath::new(collection, rkey));
    let proof = pds.store.read(|tx| {
        let hosted = hosted::load(tx, &did, sees_all)?;
        tx.record_proof(&hosted.head, &path).map_err(|error| match error {
            ProofError::Store(error) => Fault::from(error),
            error @ ProofError::Tree(_) => Fault::Internal(error.into()),
        })
    });
    Ok(car_file(Body::from(proof.await?)))
}
