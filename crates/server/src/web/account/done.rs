//! What has just been done, told on the page that a form leads to.
//!
//! It comes along in the address, with a seal that only this server makes, for this browser: a link
//! from elsewhere cannot make a page say what is not so.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pages::Notice;
use sha2::Sha256;
use store::Account;
use subtle::ConstantTimeEq as _;

use super::{Own, handle_of};
use crate::web::visit::{Outcome, Visit, see};

/// How many bytes of a seal are kept.
const SEAL_BYTES: usize = 12;

/// Something that has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    CodeSent,
    EmailConfirmed,
    EmailChanged,
    HandleChanged,
    PasswordChanged,
    FactorOn,
    FactorOff,
    KeyAdded,
    SessionEnded,
    OthersEnded,
    AppRevoked,
    AppPasswordRevoked,
}

/// What an address says that was done.
pub(super) struct Told {
    done: Done,
    /// What it was done to, if that is not the account.
    what: String,
}

impl Done {
    const ALL: [Self; 12] = [
        Self::CodeSent,
        Self::EmailConfirmed,
        Self::EmailChanged,
        Self::HandleChanged,
        Self::PasswordChanged,
        Self::FactorOn,
        Self::FactorOff,
        Self::KeyAdded,
        Self::SessionEnded,
        Self::OthersEnded,
        Self::AppRevoked,
        Self::AppPasswordRevoked,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::CodeSent => "code-sent",
            Self::EmailConfirmed => "email-confirmed",
            Self::EmailChanged => "email-changed",
            Self::HandleChanged => "handle-changed",
            Self::PasswordChanged => "password-changed",
            Self::FactorOn => "factor-on",
            Self::FactorOff => "factor-off",
            Self::KeyAdded => "key-added",
            Self::SessionEnded => "session-ended",
            Self::OthersEnded => "others-ended",
            Self::AppRevoked => "app-revoked",
            Self::AppPasswordRevoked => "app-password-revoked",
        }
    }

    /// Leads to a page of the account that says it.
    pub(super) fn lead(self, visit: &Visit, own: &Own, page: &str) -> Outcome {
        self.lead_with(visit, own, page, None, "")
    }

    /// Leads to a step of a page of the account that says it, and what it was done to.
    pub(super) fn lead_with(
        self,
        visit: &Visit,
        own: &Own,
        page: &str,
        step: Option<&str>,
        what: &str,
    ) -> Outcome {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(step) = step {
            query.append_pair("step", step);
        }
        query.append_pair("done", self.word());
        if !what.is_empty() {
            query.append_pair("what", what);
        }
        query.append_pair("seal", &seal(visit, self.word(), what));
        see(&format!("{}?{}", own.at(page), query.finish()))
    }
}

/// Returns what the address of a visit says that was done, if it is true.
pub(super) fn told(visit: &Visit) -> Option<Told> {
    let word = visit.query("done")?;
    let what = visit.query("what").unwrap_or_default().into_owned();
    let done = Done::ALL.into_iter().find(|done| done.word() == word)?;
    let (given, expected) = (visit.query("seal")?, seal(visit, done.word(), &what));
    let is_ours: bool = given.as_bytes().ct_eq(expected.as_bytes()).into();
    is_ours.then_some(Told { done, what })
}

impl Told {
    /// Returns what the page says.
    pub(super) fn notice<'a>(&'a self, account: &'a Account) -> Notice<'a> {
        match self.done {
            Done::CodeSent => {
                Notice::CodeSent { to: account.email.as_deref().unwrap_or_default().into() }
            }
            Done::EmailConfirmed => Notice::EmailConfirmed,
            Done::EmailChanged => Notice::EmailChanged,
            Done::HandleChanged => Notice::HandleChanged { to: handle_of(account).into() },
            Done::PasswordChanged => Notice::PasswordChanged,
            Done::FactorOn => Notice::FactorOn,
            Done::FactorOff => Notice::FactorOff,
            Done::KeyAdded => Notice::KeyAdded,
            Done::SessionEnded => Notice::SessionEnded,
            Done::OthersEnded => Notice::OthersEnded,
            Done::AppRevoked => Notice::AppRevoked { app: (&self.what).into() },
            Done::AppPasswordRevoked => Notice::AppPasswordRevoked { name: (&self.what).into() },
        }
    }
}

/// Makes the seal of what was done: by what forms of this browser prove themselves with, which nobody
/// else has.
fn seal(visit: &Visit, word: &str, what: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(visit.frame(None).csrf.as_bytes());
    let mac = mac.expect("a key of any length will do").chain_update(word).chain_update([0]);
    let tag = mac.chain_update(what).finalize().into_bytes();
    HEXLOWER.encode(tag.get(..SEAL_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_can_be_done_has_a_word_of_its_own() {
        for (index, done) in Done::ALL.into_iter().enumerate() {
            let same = Done::ALL.iter().position(|other| other.word() == done.word());
            assert_eq!(same, Some(index), "{done:?}");
        }
    }
}
