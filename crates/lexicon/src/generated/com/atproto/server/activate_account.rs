//! `com.atproto.server.activateAccount`: brings a deactivated or newly moved account to life.
//!
//! Made from `lexicons/com/atproto/server/activateAccount.json` by `just codegen`.

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.activateAccount";

/// Brings a deactivated or newly moved account to life.
#[derive(Debug, Clone, Copy)]
pub struct ActivateAccount;

impl Method for ActivateAccount {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = ();
    type Output = ();
    type Error = NoError;
}
