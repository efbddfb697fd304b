//! The operator, by name and password.

use data_encoding::BASE64;
use subtle::ConstantTimeEq as _;

use super::{Caller, Credentials, Request};
use crate::failure::{Fault, Refusal};

/// The name that the operator goes by.
const NAME: &str = "admin";

/// The operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admin;

impl Caller for Admin {
    async fn identify(request: Request<'_>) -> Result<Self, Fault> {
        if is_admin(request) {
            return Ok(Self);
        }
        Err(Refusal::unauthenticated("Authentication Required").into())
    }
}

fn is_admin(request: Request<'_>) -> bool {
    let Credentials::Basic(encoded) = request.credentials else {
        return false;
    };
    let (Ok(given), Some(password)) =
        (BASE64.decode(encoded.as_bytes()), &request.pds.config.admin_password)
    else {
        return false;
    };
    let expected = [NAME, ":", password.reveal()].concat();
    given.ct_eq(expected.as_bytes()).into()
}
