//! Who has access to an account: browsers, sessions, applications, app passwords.

use askama::Template;

use crate::account::{Owner, account_page};
use crate::authorize::AppKind;
use crate::permission::Permission;
use crate::{Frame, Id, Name, Notice, Problems, When, user_agent};

/// A browser in which somebody is signed in here.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    /// Which one it is, for the form.
    pub id: &'a str,
    /// What the browser says of itself.
    pub user_agent: &'a str,
    /// The address that it came from last.
    pub address: Name<'a>,
    /// When it came last.
    pub seen: When,
    /// Whether it is the one that looks at the page.
    pub is_this: bool,
}

/// A session that began with a password, in an application that knows nothing newer.
#[derive(Debug, Clone, Copy)]
pub struct PasswordSession<'a> {
    /// Which one it is, for the form.
    pub id: &'a str,
    /// The name of the app password that it began with. Absent if it was the account's own.
    pub app_password: Option<Name<'a>>,
    /// When it began, if that is known.
    pub began: Option<When>,
    /// When it ends if it is not used.
    pub ends: When,
}

/// Browsers and sessions.
///
/// Forms: [`END_DEVICE`](crate::path::END_DEVICE) with `id`, [`END_SESSION`](crate::path::END_SESSION) with
/// `id`, and [`END_OTHERS`](crate::path::END_OTHERS).
#[derive(Debug, Clone, Template)]
#[template(path = "account/devices.html")]
pub struct Devices<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// The browsers.
    pub devices: &'a [Device<'a>],
    /// The sessions.
    pub sessions: &'a [PasswordSession<'a>],
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// An application that has access to the account.
#[derive(Debug, Clone, Copy)]
pub struct ConnectedApp<'a> {
    /// Which one it is, for the form.
    pub id: &'a str,
    /// What kind it is.
    pub kind: AppKind,
    /// What people know it by: the host of its identifier, or all of that.
    pub host: Id<'a>,
    /// Its identifier.
    pub client_id: Id<'a>,
    /// Its name, if the operator trusts it to have one.
    pub name: Option<Name<'a>>,
    /// When it got access.
    pub since: When,
    /// When it used it last.
    pub used: When,
    /// What it may do.
    pub permissions: &'a [Permission<'a>],
}

/// The applications that have access.
///
/// Form: [`REVOKE_APP`](crate::path::REVOKE_APP) with `id`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/apps.html")]
pub struct Apps<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// The applications.
    pub apps: &'a [ConnectedApp<'a>],
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// An app password.
#[derive(Debug, Clone, Copy)]
pub struct AppPassword<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// The name as the form has to send it.
    pub id: &'a str,
    /// Whether private messages can be read with it.
    pub is_privileged: bool,
    /// When it was made.
    pub made: When,
}

/// An app password that has just been made. It is shown once.
#[derive(Debug, Clone, Copy)]
pub struct MadePassword<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// The password.
    pub password: &'a str,
}

/// The app passwords.
///
/// Forms: [`APP_PASSWORDS`](crate::path::APP_PASSWORDS) with `name` and `privileged` (`on` or absent);
/// [`REVOKE_APP_PASSWORD`](crate::path::REVOKE_APP_PASSWORD) with `id`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/app_passwords.html")]
pub struct AppPasswords<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// The app passwords.
    pub app_passwords: &'a [AppPassword<'a>],
    /// The one that has just been made.
    pub made: Option<MadePassword<'a>>,
    /// The name that was typed.
    pub name: Name<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

impl Device<'_> {
    fn words(&self, lang: crate::Lang) -> String {
        user_agent::words(self.user_agent, lang)
    }
}

impl Devices<'_> {
    fn has_others(&self) -> bool {
        !self.sessions.is_empty() || self.devices.iter().any(|device| !device.is_this)
    }
}

impl ConnectedApp<'_> {
    fn is_local(&self) -> bool {
        self.kind == AppKind::Local
    }
}

account_page!(Devices, Devices, |page| page.t().devices_title());
account_page!(Apps, Apps, |page| page.t().apps_title());
account_page!(AppPasswords, AppPasswords, |page| page.t().app_passwords_title());
