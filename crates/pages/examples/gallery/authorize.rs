//! Signing in, and letting applications in.

use pagurus_pages::authorize::{
    App, AppKind, ChooseAccount, ConfirmPassword, Consent, Flow, ForgotPassword, FormPost,
    KnownAccount, PasswordUpdated, Reactivate, Redirecting, ResetPassword, SecondFactor, SignIn,
    SignUp, Trouble, TroublePage, Welcome,
};
use pagurus_pages::permission::{Area, Calls, Collection, Permission, Writing};
use pagurus_pages::{Image, Input, Link, Name, Notice, Problem, Problems, Target, When};

use super::{Samples, Show, domains};

const REQUEST: &str = "req-5d2f&\"<";

impl Samples<'_> {
    pub(super) fn authorize(&self, show: Show<'_>) {
        self.sign_in(show);
        self.choose(show);
        self.consent(show);
        self.sign_up(show);
        self.reset(show);
        self.redirect(show);
        self.trouble(show);
    }

    fn app(&self) -> App<'_> {
        App {
            kind: AppKind::Web,
            client_id: (&self.words.client_id).into(),
            host: (&self.words.host).into(),
            name: Some((&self.words.name).into()),
            logo: Image::parse("https://skyfeed.example/logo.png"),
            website: Link::parse("https://skyfeed.example/"),
            privacy: Link::parse("https://skyfeed.example/privacy"),
            terms: None,
        }
    }

    fn sign_in(&self, show: Show<'_>) {
        let app = self.app();
        let flow = Flow::Authorization { request: REQUEST, app: &app };
        let page = SignIn {
            frame: self.frame(),
            flow,
            identifier: (&self.words.handle).into(),
            is_identifier_fixed: false,
            is_remembered: false,
            may_sign_up: true,
            has_accounts: true,
            problems: Problems::NONE,
            notice: None,
        };
        show("sign-in", &page);
        let wrong = [Problem::WrongSignIn];
        let empty = [Problem::Missing(Input::Identifier), Problem::Missing(Input::Password)];
        show("sign-in-wrong", &SignIn { problems: Problems(&wrong), ..page.clone() });
        show("sign-in-empty", &SignIn { problems: Problems(&empty), ..page.clone() });
        show(
            "sign-in-fixed",
            &SignIn { is_identifier_fixed: true, is_remembered: true, ..page.clone() },
        );
        show(
            "sign-in-account",
            &SignIn {
                flow: Flow::Account { next: None },
                identifier: "".into(),
                may_sign_up: false,
                has_accounts: false,
                notice: Some(Notice::SignedOut),
                ..page.clone()
            },
        );
        let (handle, did) = ((&self.words.handle).into(), self.words.did.as_str());
        let problems = Problems(&[Problem::WrongPassword]);
        show(
            "confirm-password",
            &ConfirmPassword {
                frame: self.frame(),
                flow,
                handle,
                did,
                is_remembered: true,
                problems,
            },
        );
        let until = Some(When(1_767_225_600_000));
        let tries = [Problem::WrongCode, Problem::TooManyTries { until }];
        let page = SecondFactor {
            frame: self.frame(),
            flow,
            sent_to: (&self.words.email).into(),
            problems: Problems::NONE,
            notice: None,
        };
        show("second-factor", &page);
        show("second-factor-wrong", &SecondFactor { problems: Problems(&tries), ..page });
    }

    fn choose(&self, show: Show<'_>) {
        let app = self.app();
        let flow = Flow::Authorization { request: REQUEST, app: &app };
        show("welcome", &Welcome { frame: self.frame(), flow });
        let account =
            |handle, needs_password| KnownAccount { did: &self.words.did, handle, needs_password };
        let accounts =
            [account((&self.words.handle).into(), false), account("bob.example.net".into(), true)];
        let page = ChooseAccount {
            frame: self.frame(),
            flow,
            accounts: &accounts,
            may_sign_up: true,
            notice: None,
        };
        show("choose", &page);
        let notice = Some(Notice::SignedOut);
        show(
            "choose-account",
            &ChooseAccount { flow: Flow::Account { next: None }, notice, ..page },
        );
        let page = Reactivate {
            frame: self.frame(),
            flow,
            handle: (&self.words.handle).into(),
            did: &self.words.did,
            elsewhere: None,
        };
        show("reactivate", &page);
        let elsewhere = Some((&self.words.host).into());
        show(
            "reactivate-elsewhere",
            &Reactivate { flow: Flow::Account { next: None }, elsewhere, ..page },
        );
    }

    fn consent(&self, show: Show<'_>) {
        let app = self.app();
        let page = Consent {
            frame: self.frame(),
            request: REQUEST,
            app: &app,
            handle: (&self.words.handle).into(),
            did: &self.words.did,
            permissions: &[Permission { area: Area::Identity, key: None, is_ticked: true }],
            scope: "atproto",
            is_more: false,
        };
        show("consent-identify", &page);
        let unnamed = App { name: None, logo: None, ..app.clone() };
        self.with_permissions(&mut |permissions| {
            let scope = "atproto transition:generic repo:app.bsky.feed.post?action=create \
                         rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview";
            let page = Consent { permissions, scope, app: &unnamed, ..page.clone() };
            show("consent", &page);
            let local =
                App { kind: AppKind::Local, website: None, privacy: None, ..unnamed.clone() };
            show("consent-more", &Consent { app: &local, is_more: true, ..page });
        });
    }

    /// Hands over one permission of each kind.
    pub(super) fn with_permissions(&self, take: &mut dyn FnMut(&[Permission<'_>])) {
        let words = self.words;
        let create = Writing { create: true, update: false, delete: false };
        let nsid = |name: &'static str| Name::from(name);
        let records = [
            Collection { nsid: nsid("app.bsky.feed.post"), writing: Writing::ALL },
            Collection { nsid: nsid("app.bsky.graph.follow"), writing: create },
            Collection { nsid: (&words.name).into(), writing: create },
        ];
        let methods = [nsid("app.bsky.feed.getTimeline"), (&words.name).into()];
        let calls = [
            Calls { service: Some("did:web:api.bsky.app#bsky_appview".into()), methods: &methods },
            Calls { service: Some((&words.did).into()), methods: &[] },
            Calls { service: None, methods: &methods },
        ];
        let kinds = [nsid("image/*"), nsid("video/mp4")];
        let set = Area::Set {
            title: (&words.name).into(),
            detail: (&words.sentence).into(),
            nsid: "com.example.authBasic".into(),
            records: &records,
            calls: &calls,
        };
        let unnamed_set = Area::Set {
            title: "".into(),
            detail: "".into(),
            nsid: "com.example.authFull".into(),
            records: &[],
            calls: &[],
        };
        let areas = [
            Area::Identity,
            Area::Email { manage: false },
            Area::Email { manage: true },
            Area::Status { manage: false },
            Area::Status { manage: true },
            Area::Repository { manage: false },
            Area::Repository { manage: true },
            Area::Records(&records),
            Area::AllRecords(create),
            Area::Files { kinds: &[] },
            Area::Files { kinds: &kinds },
            Area::Calls(&calls),
            Area::Handle,
            Area::FullIdentity,
            Area::Everything,
            Area::Chat,
            set,
            unnamed_set,
            Area::Other((&words.key).into()),
        ];
        let keys: Vec<String> = (0..areas.len()).map(|at| format!("key-{at}\"<")).collect();
        let permissions: Vec<Permission<'_>> = areas
            .into_iter()
            .zip(&keys)
            .map(|(area, key)| Permission {
                area,
                key: Some(key.as_str()).filter(|_| !matches!(area, Area::Identity)),
                is_ticked: !matches!(area, Area::Handle),
            })
            .collect();
        take(&permissions);
    }

    fn sign_up(&self, show: Show<'_>) {
        let app = self.app();
        let domains = domains();
        let page = SignUp {
            frame: self.frame(),
            flow: Flow::Authorization { request: REQUEST, app: &app },
            handle: "".into(),
            domains: &domains[..1],
            domain: ".tidepool.example",
            email: "".into(),
            needs_invite: false,
            invite_code: "".into(),
            problems: Problems::NONE,
        };
        show("sign-up", &page);
        let problems = [
            Problem::InviteWrong,
            Problem::HandleTaken,
            Problem::EmailSyntax,
            Problem::PasswordTooShort,
        ];
        show(
            "sign-up-wrong",
            &SignUp {
                flow: Flow::Account { next: None },
                handle: (&self.words.name).into(),
                domains: &domains,
                domain: ".shell.example",
                email: (&self.words.email).into(),
                needs_invite: true,
                invite_code: "tidepool-abcde-12345".into(),
                problems: Problems(&problems),
                ..page
            },
        );
    }

    fn reset(&self, show: Show<'_>) {
        let (frame, request) = (self.frame(), Some(REQUEST));
        let email = (&self.words.email).into();
        let problems = Problems(&[Problem::Missing(Input::Email)]);
        show("forgot-password", &ForgotPassword { frame, request, email, problems });
        let problems = Problems::NONE;
        let page =
            ResetPassword { frame, request: None, email: Some(email), code: "".into(), problems };
        show("reset-password", &page);
        let problems = [Problem::WrongCode, Problem::PasswordTooLong];
        let problems = Problems(&problems);
        show(
            "reset-password-wrong",
            &ResetPassword { code: "ABCDE-12345".into(), problems, ..page },
        );
        show("password-updated", &PasswordUpdated { frame, request });
    }

    fn redirect(&self, show: Show<'_>) {
        let app = self.app();
        let target = |url| Target::parse(url).expect("it is an address");
        show(
            "redirecting",
            &Redirecting {
                frame: self.frame(),
                app: &app,
                target: target("example.skyfeed.app:/callback?code=cod-1&iss=https%3A%2F%2Fa"),
            },
        );
        show(
            "form-post",
            &FormPost {
                frame: self.frame(),
                app: &app,
                target: target("https://skyfeed.example/callback"),
                fields: &[("code", "cod-1"), ("state", "\"><script>")],
            },
        );
    }

    fn trouble(&self, show: Show<'_>) {
        for (at, trouble) in Trouble::ALL.into_iter().enumerate() {
            let is_about_app = at < 5;
            show(
                &format!("trouble-{}", at + 1),
                &TroublePage {
                    frame: self.frame(),
                    trouble,
                    app: Some((&self.words.host).into()).filter(|_| is_about_app),
                    app_website: Link::parse("https://skyfeed.example/").filter(|_| is_about_app),
                    detail: Some((&self.words.sentence).into()).filter(|_| is_about_app),
                },
            );
        }
    }
}
