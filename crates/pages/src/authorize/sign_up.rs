//! Making an account.

use askama::Template;

use crate::authorize::Flow;
use crate::{Frame, Id, Name, Problems, page};

/// The form to make an account.
///
/// It is sent to [`SIGN_UP`](crate::path::SIGN_UP) with `handle` (the name before the domain), `domain`
/// (with its dot), `email`, `new_password`, `invite_code` if one is needed, and `request` if an
/// application waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/sign_up.html")]
pub struct SignUp<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// The name that they typed.
    pub handle: Name<'a>,
    /// The domains that handles are under, such as `.example.com`.
    pub domains: &'a [String],
    /// Which of them was picked.
    pub domain: &'a str,
    /// The address that they typed.
    pub email: Id<'a>,
    /// Whether a code is needed that invites.
    pub needs_invite: bool,
    /// The code that they typed or came with.
    pub invite_code: Name<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
}

page!(SignUp, |page| page.t().sign_up());
