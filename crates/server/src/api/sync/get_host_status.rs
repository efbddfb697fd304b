//! `com.atproto.sync.getHostStatus`: tells how a relay gets on with one upstream host. The one host
//! that is known here is this one.
//!
//! Lexicon: `lexicons/com/atproto/sync/getHostStatus.json`.

use lexicon::com::atproto::sync::get_host_status::{Error, Output, Params};

use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the newest event's number and how many accounts there are.
pub(super) async fn get_host_status(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let own = pds.url.to_string();
    // Ports belong to the name, as in the host names of relays.
    let own = own.split_once("://").map_or(own.as_str(), |(_, name)| name);
    let asked = params.hostname.to_ascii_lowercase();
    if asked != own && asked != pds.url.host() {
        return Err(Failure::declared(Error::HostNotFound, "Host not found"));
    }
    let accounts = pds.store.read(|tx| tx.count_accounts()).await;
    let accounts = accounts.map_err(|error: store::Error| Failure::from(error))?;
    Ok(Output {
        account_count: i64::try_from(accounts).ok(),
        hostname: asked,
        seq: i64::try_from(pds.firehose.newest()).ok(),
        status: Some("active".to_owned()),
    })
}
