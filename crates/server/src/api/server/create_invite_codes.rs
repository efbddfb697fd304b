//! `com.atproto.server.createInviteCodes`: makes invite codes for several accounts.
//!
//! Lexicon: `lexicons/com/atproto/server/createInviteCodes.json`.

use lexicon::com::atproto::server::create_invite_codes::{AccountCodes, Input, Output};
use store::InviteCode;

use crate::caller::Admin;
use crate::failure::{Failure, Refusal};
use crate::invite::{self, ADMIN};
use crate::pds::Pds;

/// The most codes that one request makes, all accounts together.
const CODES_MAX: usize = 10_000;

/// Answers with the codes by account.
pub(super) async fn create_invite_codes(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<Output, Failure> {
    let owners: Vec<String> = match input.for_accounts {
        Some(accounts) => accounts.into_iter().map(String::from).collect(),
        None => vec![ADMIN.to_owned()],
    };
    let count = usize::try_from(input.code_count).unwrap_or_default();
    if count.saturating_mul(owners.len()) > CODES_MAX {
        return Err(Refusal::invalid_request(format!("more than {CODES_MAX} codes")).into());
    }
    let make = |owner: &String| -> Vec<InviteCode> {
        (0..count).map(|_| invite::make(&pds, owner, ADMIN, input.use_count)).collect()
    };
    let made: Vec<(String, Vec<InviteCode>)> =
        owners.into_iter().map(|owner| (owner.clone(), make(&owner))).collect();
    let codes = made.iter().map(|(account, codes)| AccountCodes {
        account: account.clone(),
        codes: codes.iter().map(|code| code.code.clone()).collect(),
    });
    let output = Output { codes: codes.collect() };
    pds.store
        .write(move |tx| {
            let mut codes = made.iter().flat_map(|(_, codes)| codes);
            codes.try_for_each(|code| tx.create_invite_code(code))
        })
        .await?;
    Ok(output)
}
