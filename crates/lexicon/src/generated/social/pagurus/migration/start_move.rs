//! `social.pagurus.migration.startMove`: begins to move an account here. Somebody whose move
//! has begun gets back to it.
//!
//! Made from `lexicons/social/pagurus/migration/startMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Handle, Uri};

use crate::schema::{Bounds, MethodKind};
use crate::social::pagurus::migration::defs::Job;
use crate::{At, Check, Invalid, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.startMove";

/// Begins to move an account here. Somebody whose move has begun gets back to it.
#[derive(Debug, Clone, Copy)]
pub struct StartMove;

impl Method for StartMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`StartMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The code that the old host has mailed to let one sign in, if it wants one.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub auth_factor_token: Option<String>,
    /// After how many days the account is to be deleted at the old host; never if absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub delete_after_days: Option<i64>,
    /// The e-mail address that it will have here; the one at the old host if absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The old host; the one that the identity names if absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub from: Option<Uri>,
    /// The handle that the account will have.
    pub handle: Handle,
    /// The handle or the DID of the account.
    pub identifier: String,
    /// The code that invites the account.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invite_code: Option<String>,
    /// The password that the account will have here.
    pub new_password: String,
    /// A new rotation key of the owner's, as did:key, to be added to those that they have.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub own_key: Option<String>,
    /// The main password at the old host.
    pub password: String,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = self.delete_after_days {
            at.key("deleteAfterDays").range(value, Bounds::new(Some(30), None))?;
        }
        Ok(())
    }
}

/// What [`StartMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// A session of the account here.
    pub access_jwt: String,
    /// The field `job`.
    pub job: Job,
    /// What it is renewed with.
    pub refresh_jwt: String,
}

crate::method::declared_errors! {
    /// The old host has mailed a code that it wants to see.
    AuthFactorTokenRequired = "AuthFactorTokenRequired",
    /// Something keeps the move from beginning: see the message, or plan the move.
    NotReady = "NotReady",
}
