//! What an account is kept safe with: its e-mail address, its password, a second factor.

use askama::Template;

use crate::account::{Owner, account_page};
use crate::{Frame, Id, Notice, Problems};

/// What somebody does about their e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailStep {
    /// Nothing yet.
    Look,
    /// Confirming it with the code that was mailed.
    Confirm,
    /// Changing it.
    Change {
        /// Whether a code was mailed to the address that there is, and has to come along.
        needs_code: bool,
    },
}

/// The e-mail address.
///
/// Forms: [`EMAIL_SEND`](crate::path::EMAIL_SEND) mails a code and leads to [`EmailStep::Confirm`], whose
/// form is [`EMAIL_CONFIRM`](crate::path::EMAIL_CONFIRM) with `code`.
/// [`EMAIL_CHANGE`](crate::path::EMAIL_CHANGE) leads to [`EmailStep::Change`], whose form is
/// [`EMAIL`](crate::path::EMAIL) with `email`, `password`, and `code` if one is needed.
#[derive(Debug, Clone, Template)]
#[template(path = "account/email.html")]
pub struct EmailPage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// The address that there is.
    pub current: Option<Id<'a>>,
    /// Whether it is confirmed.
    pub is_confirmed: bool,
    /// What is being done.
    pub step: EmailStep,
    /// The new address that was typed.
    pub email: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// Changing the password.
///
/// Form: [`PASSWORD`](crate::path::PASSWORD) with `password` and `new_password`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// The code by mail at sign-in.
///
/// Form: [`FACTOR`](crate::path::FACTOR) with `factor` (`on` or `off`) and `password`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/factor.html")]
pub struct Factor<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// Whether it is on.
    pub is_on: bool,
    /// Where codes go. Absent if there is no address that was confirmed.
    pub email: Option<Id<'a>>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

account_page!(EmailPage, Email, |page| page.t().email());
account_page!(PasswordPage, Password, |page| page.t().password());
account_page!(Factor, Factor, |page| page.t().factor_setting_title());
