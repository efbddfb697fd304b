//! `com.atproto.temp.addReservedHandle`: keeps a handle from being taken.
//!
//! Lexicon: `lexicons/com/atproto/temp/addReservedHandle.json`.

use lexicon::com::atproto::temp::add_reserved_handle::{Input, Output};
use syntax::Handle;

use crate::caller::Admin;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;

/// Keeps a handle back, or a name under each of the server's domains. Who has it keeps it.
pub(super) async fn add_reserved_handle(
    pds: Pds,
    _: Admin,
    input: Input,
) -> Result<Output, Failure> {
    let name = input.handle.trim().to_ascii_lowercase();
    let handles: Vec<String> = match name.contains('.') {
        true => vec![name],
        false => pds.handle_domains.iter().map(|domain| format!("{name}{domain}")).collect(),
    };
    let handles: Result<Vec<Handle>, _> = handles.iter().map(|text| Handle::parse(text)).collect();
    let handles = handles.map_err(|_| Refusal::invalid_request("Invalid handle"))?;
    pds.store
        .write(move |tx| handles.iter().try_for_each(|one| tx.reserve_handle(one)))
        .await
        .map_err(|error: store::Error| Failure::from(error))?;
    Ok(Output {})
}
