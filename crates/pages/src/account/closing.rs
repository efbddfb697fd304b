//! Taking a copy, moving away, closing an account.

use askama::Template;

use crate::account::{Owner, account_page};
use crate::{Frame, Id, Link, Name, Notice, Problems, page};

/// A file to be downloaded.
#[derive(Debug, Clone)]
pub struct Download<'a> {
    /// Where it is: a path of this server.
    pub path: &'a str,
    /// The name that it is saved under.
    pub name: Name<'a>,
    /// How many bytes it has, if that is known.
    pub bytes: Option<u64>,
}

/// Copies of everything.
#[derive(Debug, Clone, Template)]
#[template(path = "account/export.html")]
pub struct Export<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// All records, as a CAR file.
    pub records: Download<'a>,
    /// How many records there are.
    pub record_count: u64,
    /// All files in one, if that is offered.
    pub files: Option<Download<'a>>,
    /// The list of all files.
    pub file_list: Option<Download<'a>>,
    /// How many files there are.
    pub file_count: u64,
    /// Preferences, if they can be had.
    pub preferences: Option<Download<'a>>,
}

/// Closing the account for a while, or the way to delete it.
///
/// Form: [`DEACTIVATE`](crate::path::DEACTIVATE) with `password`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/deactivate.html")]
pub struct Deactivate<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// How far somebody is with deleting their account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteStep {
    /// They read what it means.
    Look,
    /// They have a code.
    Confirm,
}

/// Deleting the account.
///
/// Forms: [`DELETE_SEND`](crate::path::DELETE_SEND) mails a code and leads to [`DeleteStep::Confirm`], whose
/// form is [`DELETE`](crate::path::DELETE) with `code`, `password` and `agree` (`on`).
#[derive(Debug, Clone, Template)]
#[template(path = "account/delete.html")]
pub struct Delete<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// How far they are.
    pub step: DeleteStep,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

/// What has become of an account that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is deactivated.
    Deactivated,
    /// It is deleted.
    Deleted,
}

/// Says that an account is closed. It may be nobody's any more, so that it is not one of its pages.
#[derive(Debug, Clone, Template)]
#[template(path = "account/closed.html")]
pub struct ClosedPage<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// What has become of the account.
    pub closed: Closed,
    /// Its handle.
    pub handle: Id<'a>,
}

/// Moving away.
///
/// Form: [`LEAVE_SEND`](crate::path::LEAVE_SEND) with `password` mails the code that lets the identity be
/// changed, for the new host to ask for.
#[derive(Debug, Clone, Template)]
#[template(path = "account/leave.html")]
pub struct Leave<'a> {
    /// What stands around it.
    pub frame: Frame<'a>,
    /// Whose account it is.
    pub owner: Owner<'a>,
    /// Whether the identity is a did:plc, which this server signs changes of.
    pub is_plc: bool,
    /// How many keys of the owner's can change the identity.
    pub own_keys: u64,
    /// The public address of this server, for commands.
    pub server: Link<'a>,
    /// What was wrong.
    pub problems: Problems<'a>,
    /// What has just been done.
    pub notice: Option<Notice<'a>>,
}

impl Closed {
    fn title(self, lang: crate::Lang) -> &'static str {
        match self {
            Self::Deactivated => lang.deactivated_title(),
            Self::Deleted => lang.deleted_title(),
        }
    }
}

account_page!(Export, Export, |page| page.t().export_title());
account_page!(Deactivate, Close, |page| page.t().close_title());
account_page!(Delete, Close, |page| page.t().delete_title());
account_page!(Leave, Leave, |page| page.t().leave_title());
page!(ClosedPage, |page| page.closed.title(page.t()));
