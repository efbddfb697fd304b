//! What clients are told when a write is not made.

use http::StatusCode;
use lexicon::DeclaredError;
use store::repo::BlobFault;

use crate::failure::{Failure, Refusal, quota};
use crate::record::RecordError;
use crate::write;

/// Says in the protocol's words why a write was not made; `swap` is the method's word for "another
/// commit came first".
pub(super) fn of_write<E: DeclaredError>(error: write::Error, swap: E) -> Failure<E> {
    match error {
        write::Error::SwapCommit(_) | write::Error::SwapRecord(_) => Failure::declared(swap, error),
        write::Error::Exists(_)
        | write::Error::Absent(_)
        | write::Error::TooMany
        | write::Error::TooLarge => Failure::invalid_request(error.to_string()),
        write::Error::TooManyRecords { .. } => quota(error.to_string()).into(),
        write::Error::Blob { cid, fault } => of_blob(cid, &fault).into(),
        write::Error::Inactive => {
            let name = "AccountDeactivated";
            Refusal::new(StatusCode::UNAUTHORIZED, name, "Account is deactivated").into()
        }
        write::Error::Missing => {
            Refusal::new(StatusCode::FORBIDDEN, "AccountNotFound", "Account not found").into()
        }
        write::Error::Contended => {
            let message = "The repository is being changed elsewhere; please try again";
            Refusal::of_status(StatusCode::SERVICE_UNAVAILABLE, message).into()
        }
        write::Error::Store(error) => error.into(),
        write::Error::Key(_) | write::Error::Draft(_) => Failure::internal(error),
    }
}

/// Says why a record was not even looked at for writing.
pub(super) fn of_record<E>(error: &RecordError) -> Failure<E> {
    Failure::invalid_request(error.to_string())
}

fn of_blob(cid: syntax::Cid, fault: &BlobFault) -> Refusal {
    let (name, message) = match fault {
        BlobFault::Missing => ("BlobNotFound", format!("Could not find blob: {cid}")),
        BlobFault::MimeType(stored) => {
            ("InvalidMimeType", format!("Referenced MIME type does not match the blob's: {stored}"))
        }
        BlobFault::Size(stored) => {
            ("InvalidSize", format!("Referenced size does not match the blob's: {stored}"))
        }
    };
    Refusal::new(StatusCode::BAD_REQUEST, name, message)
}
