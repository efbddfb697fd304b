//! `com.atproto.temp.checkHandleAvailability`: tells whether a handle is free and, if not, proposes
//! others.
//!
//! Lexicon: `lexicons/com/atproto/temp/checkHandleAvailability.json`.

use lexicon::com::atproto::temp::check_handle_availability::{
    Error, Output, OutputResult, Params, ResultAvailable, ResultUnavailable,
};

use crate::caller::Public;
use crate::email;
use crate::failure::Failure;
use crate::handle;
use crate::pds::Pds;

/// Answers whether a new account could have the handle. E-mail address and date of birth are not
/// looked up: they only give ideas.
pub(super) async fn check_handle_availability(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let Params { handle, email, birth_date } = params;
    if email.is_some() && email::check_new(&pds, email.as_deref()).is_err() {
        return Err(Failure::declared(Error::InvalidEmail, "Invalid email"));
    }
    let result = pds.store.read(|tx| {
        if handle::is_free(&pds, tx, &handle)? {
            return Ok(OutputResult::ResultAvailable(ResultAvailable {}));
        }
        let birth_date = birth_date.as_ref().map(|date| date.as_str());
        let suggestions = handle::suggestions(&pds, tx, &handle, email.as_deref(), birth_date)?;
        Ok(OutputResult::ResultUnavailable(ResultUnavailable { suggestions }))
    });
    let result = result.await.map_err(|error: store::Error| Failure::from(error))?;
    Ok(Output { handle, result })
}
