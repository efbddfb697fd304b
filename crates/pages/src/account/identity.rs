//! Who an account is: its handle, and the keys that can change its identity.

use askama::Template;

use crate::account::{Owner, account_page};
use crate::{Frame, Id, Name, Notice, Problems};

/// What one's own domain leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleSeen<'a> {
    /// Nobody has looked.
    Unknown,
    /// This account.
    Here,
    /// Nothing.
    Nothing,
    /// Another account.
    Other(Id<'a>),
}

/// A domain of one's own that is to be the handle.
#[derive(Debug, Clone, Copy)]
pub struct OwnDomain<'a> {
    /// The domain.
    pub domain: Id<'a>,
    /// What it leads to.
    pub seen: HandleSeen<'a>,
}

/// The handle.
///
/// Forms: [`HANDLE`](crate::path::HANDLE) with `handle` (the name before the domain) and `domain`;
/// [`HANDLE_CHECK`](crate::path::HANDLE_CHECK) with `own`, which leads back here with what was seen; and
/// [`HANDLE_DOMAIN`](crate::path::HANDLE_DOMAIN) with `own`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/handle.html")]
pub struct HandlePage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// The name that was typed.
    pub handle: Name<'a>,
    /// The domains that handles are under, such as `.example.com`.
    pub domains: &'a [String],
    /// Which of them was picked.
    pub domain: &'a str,
    /// The domain of their own that was typed.
    pub own: Option<OwnDomain<'a>>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// Whose a key is that can change the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHolder {
    /// This server's.
    Server,
    /// The owner's, as they have said so.
    Owner,
    /// It is not known.
    Unknown,
}

/// A key that can change the identity.
#[derive(Debug, Clone, Copy)]
pub struct RotationKey<'a> {
    /// The key, as `did:key:…`.
    pub key: Id<'a>,
    /// Whose it is.
    pub holder: KeyHolder,
}

/// How far somebody is with adding a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStep {
    /// They look.
    Look,
    /// They have a code, and make the key.
    Add,
}

/// The keys that can change the identity.
///
/// Forms: [`KEY_SEND`](crate::path::KEY_SEND) mails a code and leads to [`KeyStep::Add`], whose form is
/// [`KEY`](crate::path::KEY) with `key` (the public half, as `did:key:…`), `code` and `agree` (`on`). The
/// key is made in the browser by a script, and its private half never leaves it but as a file.
#[derive(Debug, Clone, Template)]
#[template(path = "account/recovery_key.html")]
pub struct RecoveryKey<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// Whether the identity is a did:plc. Others have no such keys.
    pub is_plc: bool,
    /// The keys, the one with the most say first.
    pub keys: &'a [RotationKey<'a>],
    /// How far they are.
    pub step: KeyStep,
    /// The key that was typed or made.
    pub key: Id<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

impl HandlePage<'_> {
    fn own_domain(&self) -> Id<'_> {
        self.own.map_or(Id::default(), |own| own.domain)
    }

    fn seen(&self) -> HandleSeen<'_> {
        self.own.map_or(HandleSeen::Unknown, |own| own.seen)
    }
}

impl KeyHolder {
    fn words(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::Server => lang.key_of_server(),
            Self::Owner => lang.key_of_owner(),
            Self::Unknown => lang.key_of_unknown(),
        }
    }
}

impl RecoveryKey<'_> {
    fn has_own(&self) -> bool {
        self.keys.iter().any(|key| key.holder == KeyHolder::Owner)
    }
}

account_page!(HandlePage, Handle, |page| page.t().handle());
account_page!(RecoveryKey, Key, |page| page.t().key_title());
