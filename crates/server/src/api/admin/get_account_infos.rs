//! `com.atproto.admin.getAccountInfos`: what is known of several accounts.
//!
//! Lexicon: `lexicons/com/atproto/admin/getAccountInfos.json`.

use lexicon::com::atproto::admin::get_account_infos::{Output, Params};

use super::account_view::account_view;
use crate::caller::Moderator;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with those accounts that are here, in the order in which they were asked for.
pub(super) async fn get_account_infos(
    pds: Pds,
    _: Moderator,
    params: Params,
) -> Result<Output, Failure> {
    let read = pds.store.read(|tx| {
        let mut infos = Vec::new();
        for did in &params.dids {
            if let Some(account) = tx.account(did)? {
                infos.push(account_view(tx, account)?);
            }
        }
        Ok::<_, store::Error>(infos)
    });
    Ok(Output { infos: read.await? })
}
