//! `com.atproto.admin.searchAccounts`: finds accounts by their e-mail addresses.
//!
//! Lexicon: `lexicons/com/atproto/admin/searchAccounts.json`.

use lexicon::com::atproto::admin::search_accounts::{Output, Params};
use syntax::Did;

use super::account_view::account_view;
use crate::caller::Moderator;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// Answers with the accounts whose address has the text in it, such as all of a domain, in the order
/// of their DIDs; without one, with all.
pub(super) async fn search_accounts(
    pds: Pds,
    _: Moderator,
    params: Params,
) -> Result<Output, Failure> {
    let after = params.cursor.as_deref().map(Did::parse).transpose();
    let after = after.map_err(|_| Refusal::invalid_request("Malformed cursor"))?;
    let limit = u64::try_from(params.limit).unwrap_or_default();
    // It may go through all accounts there are.
    let read = pds.store.read_long(move |tx| {
        let part = params.email.as_deref().map(str::trim).filter(|part| !part.is_empty());
        let found = tx.search_accounts(part, after.as_ref(), limit)?.into_iter();
        found.map(|account| account_view(tx, account)).collect::<Result<Vec<_>, store::Error>>()
    });
    let accounts = read.await?;
    let is_full = u64::try_from(accounts.len()).is_ok_and(|count| count == limit);
    let cursor = accounts.last().filter(|_| is_full).map(|last| last.did.to_string());
    Ok(Output { accounts, cursor })
}
