//! `com.atproto.admin.getAccountInfo`: what is known of an account.
//!
//! Lexicon: `lexicons/com/atproto/admin/getAccountInfo.json`.

use lexicon::com::atproto::admin::get_account_info::{Output, Params};

use super::account;
use super::account_view::account_view;
use crate::caller::Moderator;
use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Answers with an account, in whatever state.
pub(super) async fn get_account_info(
    pds: Pds,
    _: Moderator,
    params: Params,
) -> Result<Output, Failure> {
    let read = pds.store.read(|tx| {
        let account = account(tx, &params.did)?;
        account_view(tx, account).map_err(Fault::from)
    });
    Ok(read.await?)
}
