//! `com.atproto.sync.getCheckout`: downloads a whole repository as a CAR; superseded by
//! `getRepo`.
//!
//! Made from `lexicons/com/atproto/sync/getCheckout.json` by `just codegen`.

use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, NoError, Query, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getCheckout";

/// Downloads a whole repository as a CAR; superseded by `getRepo`.
#[derive(Debug, Clone, Copy)]
pub struct GetCheckout;

impl Method for GetCheckout {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/vnd.ipld.car");
    type Params = Params;
    type Input = ();
    type Output = RawBody;
    type Error = NoError;
}

/// The parameters of [`GetCheckout`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { did: query.required("did")? })
    }
}

impl Check for Params {}
