//! `com.atproto.identity.requestPlcOperationSignature`: mails the token that `signPlcOperation`
//! asks for.
//!
//! Lexicon: `lexicons/com/atproto/identity/requestPlcOperationSignature.json`.

use ::oauth::scope::{IdentityAttr, Need};
use store::Purpose;

use crate::caller::{Account, Full, OrApp, OrTakenDown};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Sends the mail. Owners of accounts that were taken down may leave, too.
pub(super) async fn request_plc_operation_signature(
    pds: Pds,
    caller: Account<OrApp<OrTakenDown<Full>>>,
) -> Result<(), Failure> {
    caller.check(&Need::Identity(IdentityAttr::All))?;
    let account = caller.row(&pds).await?;
    Ok(email::send_token(&pds, &account, Purpose::PlcOperation).await?)
}
