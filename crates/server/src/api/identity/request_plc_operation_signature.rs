//! `com.atproto.identity.requestPlcOperationSignature`: mails the token that `signPlcOperation`
//! asks for.
//!
//! Lexicon: `lexicons/com/atproto/identity/requestPlcOperationSignature.json`.

use store::Purpose;

use crate::caller::{Account, Full, OrTakenDown};
use crate::email;
use crate::failure::Failure;
use crate::pds::Pds;

/// Sends the mail. Owners of accounts that were taken down may leave, too.
pub(super) async fn request_plc_operation_signature(
    pds: Pds,
    caller: Account<OrTakenDown<Full>>,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    Ok(email::send_token(&pds, &account, Purpose::PlcOperation).await?)
}
