//! Signing in, and letting applications in.
//!
//! The same pages are shown to those whom an application has sent ([`Flow::Authorization`]) and to those
//! who come on their own ([`Flow::Account`]).

mod choose;
mod consent;
mod redirect;
mod reset;
mod sign_in;
mod sign_up;
mod trouble;

use crate::path;
use crate::{Id, Image, Lang, Link, Name};

pub use crate::authorize::choose::{ChooseAccount, KnownAccount, Reactivate, Welcome};
pub use crate::authorize::consent::Consent;
pub use crate::authorize::redirect::{FormPost, Redirecting};
pub use crate::authorize::reset::{ForgotPassword, PasswordUpdated, ResetPassword};
pub use crate::authorize::sign_in::{ConfirmPassword, SecondFactor, SignIn};
pub use crate::authorize::sign_up::SignUp;
pub use crate::authorize::trouble::{Trouble, TroublePage};

/// Why somebody is on a page.
#[derive(Debug, Clone, Copy)]
pub enum Flow<'a> {
    /// An application has sent them.
    Authorization {
        /// Which request it is: the field `request` of every form, and in the query of links.
        request: &'a str,
        /// Which application.
        app: &'a App<'a>,
    },
    /// They came on their own.
    Account {
        /// The page of theirs that they wanted: the field [`NEXT`] of every form, and in the query of
        /// links.
        next: Option<&'a str>,
    },
}

/// The field, and the part of a query, that says which page somebody wanted.
pub const NEXT: &str = "next";

/// An application, as far as it may be shown. All of it is what the application says of itself, but for
/// where its document is.
#[derive(Debug, Clone)]
pub struct App<'a> {
    /// What kind it is.
    pub kind: AppKind,
    /// Its identifier: the address of its document.
    pub client_id: Id<'a>,
    /// What people know it by: the host of its identifier, or all of that. It is shown whole, as its end
    /// says whose it is.
    pub host: Id<'a>,
    /// Its name, if the operator trusts it to have one.
    pub name: Option<Name<'a>>,
    /// Its image, likewise.
    pub logo: Option<Image<'a>>,
    /// Its pages.
    pub website: Option<Link<'a>>,
    /// What it says about privacy.
    pub privacy: Option<Link<'a>>,
    /// What its users agree to.
    pub terms: Option<Link<'a>>,
}

/// A kind of application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// A site, or a program that one is behind.
    Web,
    /// A program on somebody's device that has a site of its own.
    Native,
    /// A program on this device of which nothing is known.
    Local,
}

impl<'a> Flow<'a> {
    pub(crate) fn prefix(&self) -> &'static str {
        match self {
            Self::Authorization { .. } => path::AUTHORIZE,
            Self::Account { .. } => path::ACCOUNT,
        }
    }

    /// Returns the link to a step.
    pub(crate) fn to(&self, step: &str) -> String {
        path::with_query(&format!("{}{step}", self.prefix()), self.field())
    }

    /// Returns what goes along from step to step: the name of a field, and its value.
    pub(crate) fn field(&self) -> Option<(&'static str, &'a str)> {
        match self {
            Self::Authorization { request, .. } => Some(("request", request)),
            Self::Account { next } => next.map(|next| (NEXT, next)),
        }
    }

    pub(crate) fn request(&self) -> Option<&'a str> {
        match self {
            Self::Authorization { request, .. } => Some(request),
            Self::Account { .. } => None,
        }
    }

    pub(crate) fn app(&self) -> Option<&'a App<'a>> {
        match self {
            Self::Authorization { app, .. } => Some(app),
            Self::Account { .. } => None,
        }
    }
}

impl App<'_> {
    /// Returns what the application is called on a page.
    pub(crate) fn label(&self, lang: Lang) -> String {
        match (self.kind, self.name) {
            (AppKind::Local, _) => lang.app_local().to_owned(),
            (_, Some(name)) => name.to_string(),
            (_, None) => self.host.to_string(),
        }
    }

    /// Returns a letter for an application without an image.
    pub(crate) fn initial(&self, lang: Lang) -> String {
        if self.is_local() { Name::from(lang.app_local()).initial() } else { self.host.initial() }
    }

    pub(crate) fn is_local(&self) -> bool {
        self.kind == AppKind::Local
    }
}
