//! `com.atproto.server.createInviteCode`: makes an invite code.
//!
//! Lexicon: `lexicons/com/atproto/server/createInviteCode.json`.

use lexicon::com::atproto::server::create_invite_code::{Input, Output};

use crate::caller::Admin;
use crate::failure::Failure;
use crate::invite::{self, ADMIN};
use crate::pds::Pds;

/// Answers with the code.
pub(super) async fn create_invite_code(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<Output, Failure> {
    let owner = input.for_account.map_or_else(|| ADMIN.to_owned(), String::from);
    let code = invite::make(&pds, &owner, ADMIN, input.use_count);
    let text = code.code.clone();
    pds.store.write(move |tx| tx.create_invite_code(&code)).await?;
    Ok(Output { code: text })
}
