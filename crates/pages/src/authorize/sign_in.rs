//! Signing in: a name and a password, and the one place where a second factor joins.

use askama::Template;

use crate::authorize::Flow;
use crate::{Frame, Id, Notice, Problems, page};

/// The form to sign in.
///
/// It is sent to [`SIGN_IN`](crate::path::SIGN_IN) with `identifier`, `password`, `remember` (`on` or
/// absent), and `request` if an application waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/sign_in.html")]
pub struct SignIn<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// Who signs in, as far as it is known.
    pub identifier: Id<'a>,
    /// Whether nobody else may.
    pub is_identifier_fixed: bool,
    /// Whether the box is ticked that keeps the account in this browser.
    pub is_remembered: bool,
    /// Whether accounts can be made here.
    pub may_sign_up: bool,
    /// Whether this browser has accounts to choose from.
    pub has_accounts: bool,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// The form that asks somebody who is signed in for their password once more.
///
/// It is sent to [`SIGN_IN`](crate::path::SIGN_IN) with `identifier` (the DID), `password`, `remember` (`on`
/// if the browser remembers the account), and `request` if an application waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/confirm_password.html")]
pub struct ConfirmPassword<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// Who they are.
    pub handle: Id<'a>,
    /// Their DID.
    pub did: &'a str,
    /// Whether this browser remembers the account, and goes on to.
    pub is_remembered: bool,
    /// What was wrong.
    pub problems: Problems<'a>,
}

/// The form for the code that was mailed, beside the password.
///
/// It is sent to [`CODE`](crate::path::CODE) with `code`, and `request` if an application waits; another
/// code is asked for at [`CODE_AGAIN`](crate::path::CODE_AGAIN). Whose sign-in it is, is the server's to
/// remember.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/second_factor.html")]
pub struct SecondFactor<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// Where the code was mailed to, as much of it as may be shown.
    pub sent_to: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

page!(SignIn, |page| page.t().sign_in());
page!(ConfirmPassword, |page| page.t().sign_in());
page!(SecondFactor, |page| page.t().factor_title());
