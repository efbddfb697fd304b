//! What happens to a request in the browser: who is asked what, and what is answered unasked.
//!
//! Whoever sits there may be anybody. A client is answered without a question only if it can prove
//! who it is, the owner has agreed to the same before, and has signed in not long ago.

use std::time::Duration;

use syntax::Did;

use crate::client::Client;
use crate::error::ErrorCode;
use crate::request::Prompt;
use crate::scope::Scopes;

/// How long ago somebody may have signed in at most.
pub const LOGIN_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a decision depends on, other than the accounts.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Who asks.
    pub client: &'a Client,
    /// For what.
    pub scope: &'a Scopes,
    /// What the client wants the owner to be asked.
    pub prompt: Option<Prompt>,
    /// How long ago the client wants the owner to have signed in at most, in seconds.
    pub max_age_s: Option<u64>,
    /// Whether the client has said whose account it is about.
    pub has_hint: bool,
    /// Whether people can get accounts here.
    pub has_sign_up: bool,
    /// The time, in seconds since 1970.
    pub now_s: u64,
}

/// An account that somebody is signed in to in this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn<'a> {
    /// Whose it is.
    pub did: &'a Did,
    /// When its owner has last shown the password in this browser, in seconds since 1970.
    pub authenticated_s: u64,
    /// Whether that was for this request.
    pub for_this_request: bool,
    /// Whether the account is active. One that is not has to be activated first.
    pub is_active: bool,
    /// What its owner has agreed to before that this client may do.
    pub agreed: Option<&'a Scopes>,
}

/// What happens to a request when a browser comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// The client gets a code for an account, and nobody is asked.
    Code(&'a Did),
    /// The client is told why it gets none.
    Refuse(ErrorCode),
    /// Somebody is asked.
    Ask(Question<'a>),
}

/// What somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// To make an account.
    SignUp,
    /// Who they are.
    SignIn,
    /// Which of the accounts of this browser it is about, or another one.
    Choose,
    /// The password of an account.
    Password(&'a Did),
    /// Whether an account should be active again.
    Reactivate(&'a Did),
    /// Whether the client may do what it wants to.
    Consent(&'a Did),
}

impl Circumstances<'_> {
    /// Decides what happens when a browser comes with a request. `accounts` are those that somebody
    /// is signed in to there; of these, those that the client has hinted at, if it has.
    pub fn begin<'a>(&self, accounts: &[SignedIn<'a>]) -> Decision<'a> {
        match (self.prompt, accounts) {
            (Some(Prompt::None), []) => Decision::Refuse(ErrorCode::LoginRequired),
            (Some(Prompt::None), [account]) => match self.step(account) {
                Decision::Ask(Question::Consent(_)) => Decision::Refuse(ErrorCode::ConsentRequired),
                Decision::Ask(_) => Decision::Refuse(ErrorCode::LoginRequired),
                decision => decision,
            },
            (Some(Prompt::None), _) => Decision::Refuse(ErrorCode::AccountSelectionRequired),
            (Some(Prompt::Create), _) if self.has_sign_up => Decision::Ask(Question::SignUp),
            (_, []) => Decision::Ask(Question::SignIn),
            (None | Some(Prompt::Login | Prompt::Consent), [account]) if self.has_hint => {
                self.step(account)
            }
            (_, _) => Decision::Ask(Question::Choose),
        }
    }

    /// Decides what comes next for an account that was chosen, or that somebody has just signed in
    /// to.
    pub fn step<'a>(&self, account: &SignedIn<'a>) -> Decision<'a> {
        if self.needs_login(account) {
            return Decision::Ask(Question::Password(account.did));
        }
        if !account.is_active {
            return Decision::Ask(Question::Reactivate(account.did));
        }
        // Who has just signed in has done so for this client, and has not seen yet for what.
        if account.for_this_request || self.needs_consent(account) {
            return Decision::Ask(Question::Consent(account.did));
        }
        Decision::Code(account.did)
    }

    fn needs_login(&self, account: &SignedIn<'_>) -> bool {
        if account.for_this_request {
            return false;
        }
        let age_s = self.now_s.saturating_sub(account.authenticated_s);
        let age_max_s = LOGIN_AGE_MAX.as_secs().min(self.max_age_s.unwrap_or(u64::MAX));
        self.prompt == Some(Prompt::Login) || age_s > age_max_s
    }

    fn needs_consent(&self, account: &SignedIn<'_>) -> bool {
        let has_agreed = account.agreed.is_some_and(|agreed| self.scope.is_subset_of(agreed));
        let is_known = self.client.is_confidential() && self.client.is_remembered();
        self.prompt == Some(Prompt::Consent) || !is_known || !has_agreed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientId, Hosts};
    use crate::testing::{self, NOW_S};

    const DAY_S: u64 = 24 * 60 * 60;

    /// What the cases change of the circumstances.
    #[derive(Clone, Copy)]
    struct Case {
        prompt: Option<Prompt>,
        has_hint: bool,
        is_public: bool,
        max_age_s: Option<u64>,
        has_sign_up: bool,
    }

    const CASE: Case =
        Case { prompt: None, has_hint: true, is_public: false, max_age_s: None, has_sign_up: true };

    fn with<T>(case: Case, check: impl FnOnce(&Circumstances<'_>) -> T) -> T {
        let client =
            if case.is_public { testing::public_client() } else { testing::confidential_client() };
        let scope = Scopes::parse("atproto transition:generic");
        let Case { prompt, has_hint, max_age_s, has_sign_up, .. } = case;
        check(&Circumstances {
            client: &client,
            scope: &scope,
            prompt,
            max_age_s,
            has_hint,
            has_sign_up,
            now_s: NOW_S,
        })
    }

    fn did(name: &str) -> Did {
        Did::parse(&format!("did:web:{name}.test")).unwrap()
    }

    #[test]
    fn each_row_of_the_table_has_its_outcome() {
        let (a, b) = (did("a"), did("b"));
        let agreed = Scopes::parse("atproto transition:generic transition:email");
        let less = Scopes::parse("atproto");
        let ready = SignedIn {
            did: &a,
            authenticated_s: NOW_S - 100,
            for_this_request: false,
            is_active: true,
            agreed: Some(&agreed),
        };
        let other = SignedIn { did: &b, ..ready };
        let old = SignedIn { authenticated_s: NOW_S - 7 * DAY_S - 1, ..ready };
        let idle = SignedIn { is_active: false, ..ready };
        let new = SignedIn { agreed: None, ..ready };
        let grown = SignedIn { agreed: Some(&less), ..ready };
        let prompt = |prompt| Case { prompt: Some(prompt), ..CASE };
        let (none, login, consent) =
            (prompt(Prompt::None), prompt(Prompt::Login), prompt(Prompt::Consent));
        let (select, create) = (prompt(Prompt::SelectAccount), prompt(Prompt::Create));
        let unhinted = |case| Case { has_hint: false, ..case };
        let public = |case| Case { is_public: true, ..case };
        let refuse = Decision::Refuse;
        let ask = Decision::Ask;
        for (number, (case, accounts, expected)) in [
            (none, &[ready, other][..], refuse(ErrorCode::AccountSelectionRequired)),
            (unhinted(none), &[ready, other], refuse(ErrorCode::AccountSelectionRequired)),
            (none, &[], refuse(ErrorCode::LoginRequired)),
            (none, &[old], refuse(ErrorCode::LoginRequired)),
            (none, &[idle], refuse(ErrorCode::LoginRequired)),
            (Case { max_age_s: Some(99), ..none }, &[ready], refuse(ErrorCode::LoginRequired)),
            (none, &[new], refuse(ErrorCode::ConsentRequired)),
            (none, &[grown], refuse(ErrorCode::ConsentRequired)),
            (public(none), &[ready], refuse(ErrorCode::ConsentRequired)),
            (none, &[ready], Decision::Code(&a)),
            (unhinted(none), &[ready], Decision::Code(&a)),
            (CASE, &[ready], Decision::Code(&a)),
            (CASE, &[new], ask(Question::Consent(&a))),
            (CASE, &[grown], ask(Question::Consent(&a))),
            (CASE, &[old], ask(Question::Password(&a))),
            (CASE, &[idle], ask(Question::Reactivate(&a))),
            (CASE, &[], ask(Question::SignIn)),
            (CASE, &[ready, other], ask(Question::Choose)),
            (unhinted(CASE), &[ready], ask(Question::Choose)),
            (unhinted(CASE), &[], ask(Question::SignIn)),
            (public(CASE), &[ready], ask(Question::Consent(&a))),
            (Case { max_age_s: Some(100), ..CASE }, &[ready], Decision::Code(&a)),
            (Case { max_age_s: Some(99), ..CASE }, &[ready], ask(Question::Password(&a))),
            (login, &[ready], ask(Question::Password(&a))),
            (unhinted(login), &[ready], ask(Question::Choose)),
            (login, &[], ask(Question::SignIn)),
            (public(login), &[ready], ask(Question::Password(&a))),
            (select, &[ready], ask(Question::Choose)),
            (public(select), &[ready], ask(Question::Choose)),
            (unhinted(select), &[ready, other], ask(Question::Choose)),
            (select, &[], ask(Question::SignIn)),
            (consent, &[ready], ask(Question::Consent(&a))),
            (consent, &[old], ask(Question::Password(&a))),
            (unhinted(consent), &[ready], ask(Question::Choose)),
            (consent, &[], ask(Question::SignIn)),
            (create, &[ready], ask(Question::SignUp)),
            (create, &[], ask(Question::SignUp)),
            (Case { has_sign_up: false, ..create }, &[], ask(Question::SignIn)),
            (Case { has_sign_up: false, ..create }, &[ready], ask(Question::Choose)),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(with(case, |c| c.begin(accounts)), expected, "row {number}");
        }
    }

    #[test]
    fn who_has_just_signed_in_is_asked_whether_they_agree() {
        let a = did("a");
        let agreed = Scopes::parse("atproto transition:generic");
        let account = SignedIn {
            did: &a,
            authenticated_s: NOW_S,
            for_this_request: true,
            is_active: true,
            agreed: Some(&agreed),
        };
        for case in [
            CASE,
            Case { prompt: Some(Prompt::Login), ..CASE },
            Case { prompt: Some(Prompt::SelectAccount), is_public: true, ..CASE },
            Case { max_age_s: Some(0), ..CASE },
        ] {
            let asked = Decision::Ask(Question::Consent(&a));
            assert_eq!(with(case, |c| c.step(&account)), asked);
            let idle = SignedIn { is_active: false, ..account };
            let asked = Decision::Ask(Question::Reactivate(&a));
            assert_eq!(with(case, |c| c.step(&idle)), asked);
        }
        // To choose an account that was there before is enough, for a client that is known.
        let before = SignedIn { for_this_request: false, ..account };
        let select = Case { prompt: Some(Prompt::SelectAccount), ..CASE };
        assert_eq!(with(select, |c| c.step(&before)), Decision::Code(&a));
    }

    #[test]
    fn a_client_in_development_is_never_answered_unasked() {
        let a = did("a");
        let scope = Scopes::parse("atproto");
        let id = ClientId::parse("http://localhost", Hosts::Public).unwrap();
        let client = Client::in_development(&id).unwrap();
        let account = SignedIn {
            did: &a,
            authenticated_s: NOW_S,
            for_this_request: false,
            is_active: true,
            agreed: Some(&scope),
        };
        let circumstances = Circumstances {
            client: &client,
            scope: &scope,
            prompt: None,
            max_age_s: None,
            has_hint: true,
            has_sign_up: false,
            now_s: NOW_S,
        };
        let asked = Decision::Ask(Question::Consent(&a));
        assert_eq!(circumstances.begin(&[account]), asked);
    }
}
