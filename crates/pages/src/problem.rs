//! What was wrong with a form.

use crate::{Id, Lang, Sentence, When};

/// An input of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Who: a handle, a DID or an e-mail address.
    Identifier,
    /// The password there is.
    Password,
    /// The password there will be.
    NewPassword,
    /// A code that was mailed.
    Code,
    /// A handle, or the name before the domain.
    Handle,
    /// A domain of one's own that is to be the handle.
    OwnDomain,
    /// An e-mail address.
    Email,
    /// A code that invites an account.
    InviteCode,
    /// What something is called.
    Name,
    /// A public key.
    Key,
    /// What has to be ticked.
    Agree,
    /// A signed operation.
    Operation,
}

/// Something that was wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem<'a> {
    /// An input is empty that has to be filled in.
    Missing(Input),
    /// The account or its password is wrong; which of them, nobody is told.
    WrongSignIn,
    /// The password is wrong.
    WrongPassword,
    /// The code is wrong, or too old.
    WrongCode,
    /// The new password is too short.
    PasswordTooShort,
    /// The new password is too long.
    PasswordTooLong,
    /// It is no name that a handle can have.
    HandleSyntax,
    /// The name is too short.
    HandleTooShort,
    /// The name is too long.
    HandleTooLong,
    /// Another account has the handle.
    HandleTaken,
    /// Nobody is given the handle.
    HandleKept,
    /// The domain leads nowhere.
    HandleLeadsNowhere,
    /// The domain leads to another account.
    HandleLeadsTo(Id<'a>),
    /// The document of the owner's domain does not name the handle.
    HandleNotClaimed,
    /// There is no account with the handle.
    HandleUnknown,
    /// What is wrong with a handle, where it is a domain of one's own and has an input of its own.
    OfOwnDomain(&'a Problem<'a>),
    /// It is no e-mail address, or none that mail is sent to.
    EmailSyntax,
    /// Another account has the e-mail address.
    EmailTaken,
    /// The account has no address that was confirmed.
    EmailNotConfirmed,
    /// A code is needed that invites.
    InviteNeeded,
    /// The code invites nobody, or nobody any more.
    InviteWrong,
    /// There is an app password of that name.
    NameTaken,
    /// It is no name.
    NameSyntax,
    /// It is no public key.
    KeySyntax,
    /// The identity has the key already.
    KeyThere,
    /// The identity has as many keys as it can.
    KeysFull,
    /// What has to be ticked is not.
    NotAgreed,
    /// What was agreed to is not what there is now.
    Changed,
    /// It is no signed operation, or not of the change that was shown.
    OperationWrong,
    /// The form is too old, or not from a page of ours.
    FormTooOld,
    /// There were too many tries.
    TooManyTries {
        /// When there may be another.
        until: Option<When>,
    },
    /// Another host does not answer.
    HostSilent(Id<'a>),
    /// What another host says.
    HostSays(Sentence<'a>),
    /// Somebody was to let this server in on the pages of another host, and has not.
    NotLetIn(Id<'a>),
    /// They have let it in for less than it needs.
    LetInForTooLittle {
        /// The other host.
        host: Id<'a>,
        /// What is lacking, as scopes.
        lacking: Sentence<'a>,
    },
    /// It is another account that has signed in on the pages of another host.
    OtherSignedIn(Id<'a>),
    /// What comes from the pages of another host is too old, or for another browser.
    AnswerTooOld,
    /// The account is here already.
    AlreadyHere,
    /// Something is broken here.
    Broken,
}

/// All that was wrong with a form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Problems<'a>(pub &'a [Problem<'a>]);

impl Input {
    /// Returns the name of the field, as it is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Password => "password",
            Self::NewPassword => "new_password",
            Self::Code => "code",
            Self::Handle => "handle",
            Self::OwnDomain => "own",
            Self::Email => "email",
            Self::InviteCode => "invite_code",
            Self::Name => "name",
            Self::Key => "key",
            Self::Agree => "agree",
            Self::Operation => "operation",
        }
    }
}

impl Problem<'_> {
    /// Returns the input that it is about, if it is about one.
    pub fn input(&self) -> Option<Input> {
        Some(match self {
            Self::Missing(input) => *input,
            Self::WrongSignIn | Self::WrongPassword => Input::Password,
            Self::WrongCode => Input::Code,
            Self::PasswordTooShort | Self::PasswordTooLong => Input::NewPassword,
            Self::HandleSyntax
            | Self::HandleTooShort
            | Self::HandleTooLong
            | Self::HandleTaken
            | Self::HandleKept
            | Self::HandleLeadsNowhere
            | Self::HandleLeadsTo(_)
            | Self::HandleNotClaimed => Input::Handle,
            Self::HandleUnknown => Input::Identifier,
            Self::OfOwnDomain(problem) => match problem.input()? {
                Input::Handle => Input::OwnDomain,
                other => other,
            },
            Self::EmailSyntax | Self::EmailTaken => Input::Email,
            Self::InviteNeeded | Self::InviteWrong => Input::InviteCode,
            Self::NameTaken | Self::NameSyntax => Input::Name,
            Self::KeySyntax | Self::KeyThere => Input::Key,
            Self::NotAgreed => Input::Agree,
            Self::OperationWrong => Input::Operation,
            Self::EmailNotConfirmed
            | Self::KeysFull
            | Self::Changed
            | Self::FormTooOld
            | Self::TooManyTries { .. }
            | Self::HostSilent(_)
            | Self::HostSays(_)
            | Self::NotLetIn(_)
            | Self::LetInForTooLittle { .. }
            | Self::OtherSignedIn(_)
            | Self::AnswerTooOld
            | Self::AlreadyHere
            | Self::Broken => return None,
        })
    }

    /// Says what is wrong, and what would do instead.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let text = match self {
            Self::Missing(input) => missing(*input, lang),
            Self::WrongSignIn => lang.problem_sign_in(),
            Self::WrongPassword => lang.problem_password(),
            Self::WrongCode => lang.problem_code(),
            Self::PasswordTooShort => lang.problem_password_short(),
            Self::PasswordTooLong => lang.problem_password_long(),
            Self::HandleSyntax => lang.problem_handle_syntax(),
            Self::HandleTooShort => lang.problem_handle_short(),
            Self::HandleTooLong => lang.problem_handle_long(),
            Self::HandleTaken => lang.problem_handle_taken(),
            Self::HandleKept => lang.problem_handle_kept(),
            Self::HandleLeadsNowhere => lang.problem_handle_nowhere(),
            Self::HandleLeadsTo(did) => return lang.problem_handle_other(did),
            Self::HandleNotClaimed => lang.problem_handle_not_claimed(),
            Self::HandleUnknown => lang.problem_handle_unknown(),
            Self::OfOwnDomain(problem) => return problem.text(lang),
            Self::EmailSyntax => lang.problem_email_syntax(),
            Self::EmailTaken => lang.problem_email_taken(),
            Self::EmailNotConfirmed => lang.problem_email_not_confirmed(),
            Self::InviteNeeded => lang.problem_invite_needed(),
            Self::InviteWrong => lang.problem_invite_wrong(),
            Self::NameTaken => lang.problem_name_taken(),
            Self::NameSyntax => lang.problem_name_syntax(),
            Self::KeySyntax => lang.problem_key_syntax(),
            Self::KeyThere => lang.problem_key_there(),
            Self::KeysFull => lang.problem_keys_full(),
            Self::NotAgreed => lang.problem_not_agreed(),
            Self::Changed => lang.problem_changed(),
            Self::OperationWrong => lang.problem_operation(),
            Self::FormTooOld => lang.problem_form_old(),
            Self::TooManyTries { until: None } => lang.problem_tries(),
            Self::TooManyTries { until: Some(until) } => {
                return lang.problem_tries_until(until.plain(lang));
            }
            Self::HostSilent(host) => return lang.problem_host_silent(host),
            Self::HostSays(says) => return lang.problem_host_says(says),
            Self::NotLetIn(host) => return lang.problem_not_let_in(host),
            Self::LetInForTooLittle { host, lacking } => {
                return lang.problem_let_in_too_little(host, lacking);
            }
            Self::OtherSignedIn(did) => return lang.problem_other_signed_in(did),
            Self::AnswerTooOld => lang.problem_answer_too_old(),
            Self::AlreadyHere => lang.problem_already_here(),
            Self::Broken => lang.problem_broken(),
        };
        text.to_owned()
    }

    /// Returns the name of the field that it is about, or nothing.
    pub(crate) fn field(&self) -> &'static str {
        self.input().map_or("", Input::name)
    }
}

fn missing(input: Input, lang: Lang) -> &'static str {
    match input {
        Input::Identifier => lang.missing_identifier(),
        Input::Password => lang.missing_password(),
        Input::NewPassword => lang.missing_new_password(),
        Input::Code => lang.missing_code(),
        Input::Handle | Input::OwnDomain => lang.missing_handle(),
        Input::Email => lang.missing_email(),
        Input::InviteCode => lang.problem_invite_needed(),
        Input::Name => lang.missing_name(),
        Input::Key => lang.missing_key(),
        Input::Agree => lang.problem_not_agreed(),
        Input::Operation => lang.missing_operation(),
    }
}

impl<'a> Problems<'a> {
    /// Nothing is wrong.
    pub const NONE: Self = Self(&[]);

    /// Tells whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'a, Problem<'a>> {
        self.0.iter()
    }

    /// Returns what is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&'a Problem<'a>> {
        self.0.iter().find(|problem| problem.field() == field)
    }
}
