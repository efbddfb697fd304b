//! `com.atproto.lexicon.resolveLexicon`: finds the published schema for an NSID through DNS and its
//! repo.
//!
//! Lexicon: `lexicons/com/atproto/lexicon/resolveLexicon.json`.

use http::StatusCode;
use identity::resolve::LookupError as _;
use lexicon::com::atproto::lexicon::resolve_lexicon::{Error, Output, Params};
use repo::data::json::Json;

use crate::caller::Public;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// Answers with what the authority publishes, which may be another version than records are held to
/// here where the binary carries one.
pub(super) async fn resolve_lexicon(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let published = pds.lexicons.published(&params.nsid).await.map_err(|error| {
        if error.is_answer() {
            return Failure::declared(Error::LexiconNotFound, "Lexicon not found");
        }
        // That nobody answers is not that there is none.
        Refusal::of_status(StatusCode::BAD_GATEWAY, error.to_string()).into()
    })?;
    let schema = Json(published.record.clone());
    Ok(Output { cid: published.cid, schema, uri: published.uri.clone() })
}
