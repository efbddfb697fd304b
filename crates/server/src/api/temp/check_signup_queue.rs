//! `com.atproto.temp.checkSignupQueue`: tells how long a new account still waits to be let in.
//!
//! Lexicon: `lexicons/com/atproto/temp/checkSignupQueue.json`.

use lexicon::com::atproto::temp::check_signup_queue::Output;

use crate::caller::Account;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers that it does not wait: there is no queue here.
pub(super) async fn check_signup_queue(_: Pds, _: Account) -> Result<Output, Failure> {
    Ok(Output { activated: true, estimated_time_ms: None, place_in_queue: None })
}
