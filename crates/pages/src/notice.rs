//! What has just been done, said above a page.

use crate::{Id, Lang, Name};

/// Something that has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice<'a> {
    /// A code was mailed.
    CodeSent {
        /// Where to, as much of it as may be shown.
        to: Id<'a>,
    },
    /// The e-mail address is confirmed.
    EmailConfirmed,
    /// The e-mail address has changed.
    EmailChanged,
    /// The handle has changed.
    HandleChanged {
        /// What it is now.
        to: Id<'a>,
    },
    /// The password has changed, and all else is signed out.
    PasswordChanged,
    /// A code by mail is asked for at sign-in.
    FactorOn,
    /// None is.
    FactorOff,
    /// A key was added to the identity.
    KeyAdded,
    /// A browser or session was signed out.
    SessionEnded,
    /// All others were signed out.
    OthersEnded,
    /// An application was disconnected.
    AppRevoked {
        /// Which one.
        app: Id<'a>,
    },
    /// An app password was revoked.
    AppPasswordRevoked {
        /// Which one.
        name: Name<'a>,
    },
    /// The account is open again.
    Reactivated,
    /// An account was signed out.
    SignedOut,
    /// Files that did not come are asked for again.
    AskedAgain,
}

impl Notice<'_> {
    pub(crate) fn text(&self, lang: Lang) -> String {
        let text = match self {
            Self::CodeSent { to } => return lang.notice_code_sent(to),
            Self::EmailConfirmed => lang.notice_email_confirmed(),
            Self::EmailChanged => lang.notice_email_changed(),
            Self::HandleChanged { to } => return lang.notice_handle_changed(to),
            Self::PasswordChanged => lang.notice_password_changed(),
            Self::FactorOn => lang.notice_factor_on(),
            Self::FactorOff => lang.notice_factor_off(),
            Self::KeyAdded => lang.notice_key_added(),
            Self::SessionEnded => lang.notice_session_ended(),
            Self::OthersEnded => lang.notice_others_ended(),
            Self::AppRevoked { app } => return lang.notice_app_revoked(app),
            Self::AppPasswordRevoked { name } => return lang.notice_app_password_revoked(name),
            Self::Reactivated => lang.notice_reactivated(),
            Self::SignedOut => lang.notice_signed_out(),
            Self::AskedAgain => lang.notice_asked_again(),
        };
        text.to_owned()
    }
}
