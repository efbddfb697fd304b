//! What moderators speak of: records by their addresses.

use store::{Account, Tx};
use syntax::{AtUri, RecordPath};

use super::not_found;
use crate::failure::{Fault, Refusal};
use crate::hosted;

/// Finds whose record an address names, which need not be there.
pub(super) fn record(tx: &mut Tx<'_>, uri: &AtUri) -> Result<(Account, RecordPath), Fault> {
    let malformed = || Refusal::invalid_request(format!("Not the address of a record: {uri}"));
    let path = uri.record_path().ok_or_else(malformed)?;
    let found = hosted::account(tx, &uri.authority())?;
    let account = found.ok_or_else(|| not_found(format!("Repo not found: {}", uri.authority())))?;
    Ok((account, path))
}
