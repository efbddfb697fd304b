//! What people see of their own account, and change.

mod access;
mod closing;
mod identity;
mod overview;
mod secret;

use crate::{Id, Lang, path};

pub use crate::account::access::{
    AppPassword, AppPasswords, Apps, ConnectedApp, Device, Devices, MadePassword, PasswordSession,
};
pub use crate::account::closing::{
    Closed, ClosedPage, Deactivate, Delete, DeleteStep, Download, Export, Leave,
};
pub use crate::account::identity::{
    HandlePage, HandleSeen, KeyHolder, KeyStep, OwnDomain, RecoveryKey, RotationKey,
};
pub use crate::account::overview::Overview;
pub use crate::account::secret::{EmailPage, EmailStep, Factor, PasswordPage};

/// Whose account it is, and where its pages are.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The path that all pages of the account are behind, such as `/account/u/did:web:example.com`.
    pub base: &'a str,
    /// The handle.
    pub handle: Id<'a>,
    /// The DID.
    pub did: &'a str,
    /// Whether others can see the account.
    pub is_active: bool,
}

/// A page of an account, as the menu has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Apps,
    Devices,
    AppPasswords,
    Password,
    Factor,
    Email,
    Handle,
    Key,
    Export,
    Leave,
    Close,
}

impl Section {
    pub(crate) const ALL: [Self; 12] = [
        Self::Overview,
        Self::Apps,
        Self::Devices,
        Self::AppPasswords,
        Self::Password,
        Self::Factor,
        Self::Email,
        Self::Handle,
        Self::Key,
        Self::Export,
        Self::Leave,
        Self::Close,
    ];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Apps => path::APPS,
            Self::Devices => path::DEVICES,
            Self::AppPasswords => path::APP_PASSWORDS,
            Self::Password => path::PASSWORD,
            Self::Factor => path::FACTOR,
            Self::Email => path::EMAIL,
            Self::Handle => path::HANDLE,
            Self::Key => path::KEY,
            Self::Export => path::EXPORT,
            Self::Leave => path::LEAVE,
            Self::Close => path::DEACTIVATE,
        }
    }

    pub(crate) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Overview => lang.overview(),
            Self::Apps => lang.apps_title(),
            Self::Devices => lang.devices_title(),
            Self::AppPasswords => lang.app_passwords_title(),
            Self::Password => lang.password(),
            Self::Factor => lang.factor_setting_title(),
            Self::Email => lang.email(),
            Self::Handle => lang.handle(),
            Self::Key => lang.key_title(),
            Self::Export => lang.export_title(),
            Self::Leave => lang.leave_title(),
            Self::Close => lang.close_title(),
        }
    }
}

/// Makes views pages of an account: the struct, its title by the page, and where it is in the menu.
macro_rules! account_page {
    ($view:ident, $section:ident, |$page:ident| $title:expr) => {
        crate::page!($view, |$page| $title);

        impl $view<'_> {
            fn section(&self) -> crate::account::Section {
                crate::account::Section::$section
            }
        }
    };
}
use account_page;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_the_menu_is_at_a_place_of_its_own() {
        let mut paths: Vec<&str> = Section::ALL.iter().map(|section| section.path()).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), Section::ALL.len());
    }
}
