//! Pages that say what went wrong, and what helps.

use askama::Template;

use crate::{Frame, Id, Lang, Link, Sentence, page};

/// Something that went wrong, that no form can be corrected for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The application's request is too old, was answered, or never was.
    RequestExpired,
    /// The request is another browser's.
    OtherBrowser,
    /// The request is another application's.
    OtherApp,
    /// The application's document cannot be had, or is not right.
    UnknownApp,
    /// The application wants people back where they may not be sent.
    BadRedirect,
    /// The address lacks what an application would have put there.
    Incomplete,
    /// The browser keeps no cookies.
    CookiesOff,
    /// The form is not from a page of ours, or too old.
    FormTooOld,
    /// A page of another site shows this one, or asked for it in its own name.
    NotNavigated,
    /// There were too many tries.
    TooManyTries,
    /// Accounts are not made here by oneself.
    SignUpClosed,
    /// A moderator has closed the account.
    AccountTakenDown,
    /// There is nothing at this address.
    NotFound,
    /// Something is broken here.
    Broken,
}

/// A page that says what went wrong.
#[derive(Debug, Clone, Template)]
#[template(path = "authorize/trouble.html")]
pub struct TroublePage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// What it was.
    pub trouble: Trouble,
    /// Which application it was about, if it is known.
    pub app: Option<Id<'a>>,
    /// Where to begin anew: the application's own pages.
    pub app_website: Option<Link<'a>>,
    /// What is wrong in particular, for whoever makes the application. In English.
    pub detail: Option<Sentence<'a>>,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::RequestExpired,
        Self::OtherBrowser,
        Self::OtherApp,
        Self::UnknownApp,
        Self::BadRedirect,
        Self::Incomplete,
        Self::CookiesOff,
        Self::FormTooOld,
        Self::NotNavigated,
        Self::TooManyTries,
        Self::SignUpClosed,
        Self::AccountTakenDown,
        Self::NotFound,
        Self::Broken,
    ];

    fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::RequestExpired => lang.expired_title(),
            Self::OtherBrowser => lang.other_browser_title(),
            Self::OtherApp => lang.other_app_title(),
            Self::UnknownApp => lang.unknown_app_title(),
            Self::BadRedirect => lang.bad_redirect_title(),
            Self::Incomplete => lang.incomplete_title(),
            Self::CookiesOff => lang.cookies_title(),
            Self::FormTooOld => lang.form_old_title(),
            Self::NotNavigated => lang.not_navigated_title(),
            Self::TooManyTries => lang.tries_title(),
            Self::SignUpClosed => lang.sign_up_closed_title(),
            Self::AccountTakenDown => lang.taken_down_title(),
            Self::NotFound => lang.not_found_title(),
            Self::Broken => lang.broken_title(),
        }
    }

    fn what(self, lang: Lang) -> &'static str {
        match self {
            Self::RequestExpired => lang.expired_what(),
            Self::OtherBrowser => lang.other_browser_what(),
            Self::OtherApp => lang.other_app_what(),
            Self::UnknownApp => lang.unknown_app_what(),
            Self::BadRedirect => lang.bad_redirect_what(),
            Self::Incomplete => lang.incomplete_what(),
            Self::CookiesOff => lang.cookies_what(),
            Self::FormTooOld => lang.form_old_what(),
            Self::NotNavigated => lang.not_navigated_what(),
            Self::TooManyTries => lang.tries_what(),
            Self::SignUpClosed => lang.sign_up_closed_what(),
            Self::AccountTakenDown => lang.taken_down_what(),
            Self::NotFound => lang.not_found_what(),
            Self::Broken => lang.broken_what(),
        }
    }

    fn help(self, lang: Lang) -> &'static str {
        match self {
            Self::RequestExpired => lang.expired_help(),
            Self::OtherBrowser => lang.other_browser_help(),
            Self::OtherApp => lang.other_app_help(),
            Self::UnknownApp => lang.unknown_app_help(),
            Self::BadRedirect => lang.bad_redirect_help(),
            Self::Incomplete => lang.incomplete_help(),
            Self::CookiesOff => lang.cookies_help(),
            Self::FormTooOld => lang.form_old_help(),
            Self::NotNavigated => lang.not_navigated_help(),
            Self::TooManyTries => lang.tries_help(),
            Self::SignUpClosed => lang.sign_up_closed_help(),
            Self::AccountTakenDown => lang.taken_down_help(),
            Self::NotFound => lang.not_found_help(),
            Self::Broken => lang.broken_help(),
        }
    }
}

page!(TroublePage, |page| page.trouble.title(page.t()));
