//! `com.atproto.server.getServiceAuth`: issues a short-lived token that speaks for the caller
//! at another service.
//!
//! Made from `lexicons/com/atproto/server/getServiceAuth.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Nsid;

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.server.getServiceAuth";

/// Issues a short-lived token that speaks for the caller at another service.
#[derive(Debug, Clone, Copy)]
pub struct GetServiceAuth;

impl Method for GetServiceAuth {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetServiceAuth`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Whom it is for: a DID, or one of its services as DID and fragment.
    pub aud: String,
    /// When it ends, in seconds since 1970; about a minute ahead when absent.
    pub exp: Option<i64>,
    /// The only method it is good for.
    pub lxm: Option<Nsid>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            aud: query.required("aud")?,
            exp: query.optional("exp")?,
            lxm: query.optional("lxm")?,
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("aud").text_bytes(self.aud.as_str(), Bounds::new(None, Some(2048)))?;
        Ok(())
    }
}

/// What [`GetServiceAuth`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `token`: a text.
    pub token: String,
}

crate::method::declared_errors! {
    /// The end is past, or too far ahead for such a token.
    BadExpiration = "BadExpiration",
}
