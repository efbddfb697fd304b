//! What stands before and after signing in: which account, a new one, or one that was closed.

use askama::Template;

use crate::authorize::Flow;
use crate::{Frame, Id, Notice, page};

/// An account that this browser knows.
#[derive(Debug, Clone, Copy)]
pub struct KnownAccount<'a> {
    /// Its DID.
    pub did: &'a str,
    /// Its handle.
    pub handle: Id<'a>,
    /// Whether the password is asked for once more.
    pub needs_password: bool,
}

/// What somebody without an account here sees first: an application has sent them, and they may make
/// one.
///
/// All of it are links, to [`SIGN_IN`](crate::path::SIGN_IN) and [`SIGN_UP`](crate::path::SIGN_UP), and
/// the form that goes back ([`CANCEL`](crate::path::CANCEL)).
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/welcome.html")]
pub struct Welcome<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
}

/// The accounts of this browser, to go on with one.
///
/// It is sent to [`CHOOSE`](crate::path::CHOOSE) with `did`, and `request` if an application waits; or to
/// [`SIGN_OUT`](crate::path::SIGN_OUT) with `did`.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/choose.html")]
pub struct ChooseAccount<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// The accounts.
    pub accounts: &'a [KnownAccount<'a>],
    /// Whether accounts can be made here.
    pub may_sign_up: bool,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// The question whether an account that was deactivated is to be opened again.
///
/// It is sent to [`REACTIVATE`](crate::path::REACTIVATE) with `did`, and `request` if an application
/// waits.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/reactivate.html")]
pub struct Reactivate<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Why somebody is here.
    pub flow: Flow<'a>,
    /// Which account.
    pub handle: Id<'a>,
    /// Its DID.
    pub did: &'a str,
    /// Where the identity says that the account is, if that is not here: it cannot be opened here then.
    pub elsewhere: Option<Id<'a>>,
}

page!(Welcome, |page| page.t().welcome_title());
page!(ChooseAccount, |page| page.t().sign_in());
page!(Reactivate, |page| page.t().reactivate_title());
