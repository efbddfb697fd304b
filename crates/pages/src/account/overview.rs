//! The account at a glance.

use askama::Template;

use crate::account::{Owner, account_page};
use crate::{Frame, Id, Notice, When};

/// The account at a glance, and the way to all its pages.
#[derive(Debug, Clone, Template)]
#[template(path = "account/overview.html")]
pub struct Overview<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// When it was made, or came here.
    pub since: When,
    /// The e-mail address.
    pub email: Option<Id<'a>>,
    /// Whether it is confirmed.
    pub is_email_confirmed: bool,
    /// Whether a code by mail is asked for at sign-in.
    pub is_factor_on: bool,
    /// Whether the identity is a did:plc, and so has keys.
    pub is_plc: bool,
    /// How many keys of the owner's can change the identity, if that is known.
    pub own_keys: Option<u64>,
    /// How many applications are connected.
    pub apps: u64,
    /// How many browsers and sessions there are.
    pub devices: u64,
    /// How many app passwords there are.
    pub app_passwords: u64,
    /// How many records there are.
    pub records: u64,
    /// How many files there are.
    pub files: u64,
    /// How many bytes the files have.
    pub file_bytes: u64,
    /// Where the identity says that the account is, if that is not here.
    pub elsewhere: Option<Id<'a>>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

impl Overview<'_> {
    /// Tells whether the owner should have a key, and is known to have none.
    fn lacks_key(&self) -> bool {
        self.is_plc && self.own_keys == Some(0)
    }
}

account_page!(Overview, Overview, |page| page.t().account_title());
