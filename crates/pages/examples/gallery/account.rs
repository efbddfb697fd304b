//! What people see of their own account.

use pagurus_pages::account::{
    AppPassword, AppPasswords, Apps, Closed, ClosedPage, ConnectedApp, Deactivate, Delete,
    DeleteStep, Device, Devices, Download, EmailPage, EmailStep, Export, Factor, HandlePage,
    HandleSeen, KeyHolder, KeyStep, Leave, MadePassword, Overview, OwnDomain, Owner, PasswordPage,
    PasswordSession, RecoveryKey, RotationKey,
};
use pagurus_pages::authorize::AppKind;
use pagurus_pages::{Input, Link, Notice, Problem, Problems, When};

use super::{Samples, Show, domains};

const THEN: When = When(1_767_225_600_000);
const LATER: When = When(1_782_900_000_000);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";

impl Samples<'_> {
    pub(super) fn account(&self, show: Show<'_>) {
        self.overview(show);
        self.access(show);
        self.app_passwords(show);
        self.email(show);
        self.secrets(show);
        self.handle(show);
        self.keys(show);
        self.closing(show);
        self.leaving(show);
    }

    fn owner(&self) -> Owner<'_> {
        Owner {
            base: "/account/u/1",
            handle: (&self.words.handle).into(),
            did: &self.words.did,
            is_active: true,
        }
    }

    fn overview(&self, show: Show<'_>) {
        let page = Overview {
            frame: self.frame(),
            owner: self.owner(),
            since: THEN,
            email: Some((&self.words.email).into()),
            is_email_confirmed: true,
            is_factor_on: true,
            is_plc: true,
            own_keys: Some(1),
            apps: 3,
            devices: 2,
            app_passwords: 0,
            records: 104_312,
            files: 812,
            file_bytes: 1_300_450_000,
            elsewhere: None,
            notice: None,
        };
        show("account", &page);
        let notice = Some(Notice::EmailChanged);
        show(
            "account-advice",
            &Overview { is_email_confirmed: false, own_keys: Some(0), notice, ..page.clone() },
        );
        let closed = Owner { is_active: false, ..self.owner() };
        show("account-deactivated", &Overview { owner: closed, email: None, ..page.clone() });
        let elsewhere = Some((&self.words.host).into());
        show("account-elsewhere", &Overview { owner: closed, is_plc: false, elsewhere, ..page });
    }

    fn access(&self, show: Show<'_>) {
        let device = |id, user_agent, is_this| Device {
            id,
            user_agent,
            address: "2001:db8::1".into(),
            seen: LATER,
            is_this,
        };
        let devices = [device("1", FIREFOX, true), device("2", &self.words.sentence, false)];
        let session =
            |id, app_password, began| PasswordSession { id, app_password, began, ends: LATER };
        let sessions =
            [session("1", None, Some(THEN)), session("2", Some((&self.words.name).into()), None)];
        let (frame, owner) = (self.frame(), self.owner());
        let notice = Some(Notice::SessionEnded);
        show("devices", &Devices { frame, owner, devices: &devices, sessions: &sessions, notice });
        let devices = &devices[..1];
        let notice = Some(Notice::OthersEnded);
        show("devices-one", &Devices { frame, owner, devices, sessions: &[], notice });
        self.with_permissions(&mut |permissions| {
            let app = ConnectedApp {
                id: "1",
                kind: AppKind::Web,
                host: (&self.words.host).into(),
                client_id: (&self.words.client_id).into(),
                name: Some((&self.words.name).into()),
                since: THEN,
                used: LATER,
                permissions,
            };
            let local = ConnectedApp {
                id: "2",
                kind: AppKind::Local,
                name: None,
                permissions: &permissions[..1],
                ..app
            };
            let notice = Some(Notice::AppRevoked { app: (&self.words.name).into() });
            show("apps", &Apps { frame, owner, apps: &[app, local], notice });
        });
        show("apps-none", &Apps { frame, owner, apps: &[], notice: None });
    }

    fn app_passwords(&self, show: Show<'_>) {
        let app_passwords = [
            AppPassword {
                name: (&self.words.name).into(),
                id: &self.words.name,
                is_privileged: true,
                made: LATER,
            },
            AppPassword { name: "bot".into(), id: "bot", is_privileged: false, made: THEN },
        ];
        let made =
            MadePassword { name: (&self.words.name).into(), password: "abcd-efgh-ijkl-mnop" };
        let page = AppPasswords {
            frame: self.frame(),
            owner: self.owner(),
            app_passwords: &app_passwords,
            made: Some(made),
            name: "".into(),
            problems: Problems::NONE,
            notice: None,
        };
        show("app-passwords", &page);
        let problems = [Problem::NameTaken];
        show(
            "app-passwords-wrong",
            &AppPasswords {
                app_passwords: &[],
                made: None,
                name: (&self.words.name).into(),
                problems: Problems(&problems),
                notice: Some(Notice::AppPasswordRevoked { name: (&self.words.name).into() }),
                ..page
            },
        );
    }

    fn email(&self, show: Show<'_>) {
        let page = EmailPage {
            frame: self.frame(),
            owner: self.owner(),
            current: Some((&self.words.email).into()),
            is_confirmed: false,
            step: EmailStep::Look,
            email: "".into(),
            problems: Problems::NONE,
            notice: None,
        };
        show("email", &page);
        let notice = Some(Notice::CodeSent { to: (&self.words.email).into() });
        show("email-confirm", &EmailPage { step: EmailStep::Confirm, notice, ..page.clone() });
        let problems = [Problem::EmailTaken, Problem::WrongCode, Problem::WrongPassword];
        show(
            "email-change",
            &EmailPage {
                is_confirmed: true,
                step: EmailStep::Change { needs_code: true },
                email: (&self.words.email).into(),
                problems: Problems(&problems),
                ..page.clone()
            },
        );
        let step = EmailStep::Change { needs_code: false };
        show("email-none", &EmailPage { current: None, step, ..page });
    }

    fn secrets(&self, show: Show<'_>) {
        let (frame, owner) = (self.frame(), self.owner());
        let problems = [Problem::WrongPassword, Problem::PasswordTooShort];
        let problems = Problems(&problems);
        show("password", &PasswordPage { frame, owner, problems, notice: None });
        let notice = Some(Notice::PasswordChanged);
        let problems = Problems::NONE;
        show("password-changed", &PasswordPage { frame, owner, problems, notice });
        let page = Factor {
            frame,
            owner,
            is_on: false,
            email: Some((&self.words.email).into()),
            problems,
            notice: Some(Notice::FactorOff),
        };
        show("factor", &page);
        let notice = Some(Notice::FactorOn);
        show("factor-on", &Factor { is_on: true, notice, ..page.clone() });
        show("factor-none", &Factor { email: None, notice: None, ..page });
    }

    fn handle(&self, show: Show<'_>) {
        let domains = domains();
        let page = HandlePage {
            frame: self.frame(),
            owner: self.owner(),
            handle: "".into(),
            domains: &domains,
            domain: ".tidepool.example",
            own: None,
            problems: Problems::NONE,
            notice: Some(Notice::HandleChanged { to: (&self.words.handle).into() }),
        };
        show("handle", &page);
        let domain = (&self.words.host).into();
        for (name, seen) in [
            ("handle-here", HandleSeen::Here),
            ("handle-nothing", HandleSeen::Nothing),
            ("handle-other", HandleSeen::Other((&self.words.did).into())),
            ("handle-unknown", HandleSeen::Unknown),
        ] {
            let own = Some(OwnDomain { domain, seen });
            show(name, &HandlePage { own, notice: None, ..page.clone() });
        }
        let did = (&self.words.did).into();
        for (at, problem) in [
            Problem::HandleSyntax,
            Problem::HandleTooShort,
            Problem::HandleTooLong,
            Problem::HandleKept,
            Problem::HandleLeadsNowhere,
            Problem::HandleLeadsTo(did),
            Problem::Missing(Input::Handle),
            Problem::FormTooOld,
            Problem::Broken,
        ]
        .into_iter()
        .enumerate()
        {
            let handle = (&self.words.name).into();
            let problems = Problems(std::slice::from_ref(&problem));
            let name = format!("handle-wrong-{}", at + 1);
            show(&name, &HandlePage { handle, problems, notice: None, ..page.clone() });
        }
    }

    fn keys(&self, show: Show<'_>) {
        let key = |holder| RotationKey { key: (&self.words.key).into(), holder };
        let keys = [key(KeyHolder::Owner), key(KeyHolder::Server), key(KeyHolder::Unknown)];
        let page = RecoveryKey {
            frame: self.frame(),
            owner: self.owner(),
            is_plc: true,
            keys: &keys,
            step: KeyStep::Look,
            key: "".into(),
            problems: Problems::NONE,
            notice: Some(Notice::KeyAdded),
        };
        show("recovery-key", &page);
        let notice = Some(Notice::CodeSent { to: (&self.words.email).into() });
        let add = RecoveryKey { keys: &keys[1..2], step: KeyStep::Add, notice, ..page.clone() };
        show("recovery-key-add", &add);
        let problems = [
            Problem::KeySyntax,
            Problem::WrongCode,
            Problem::NotAgreed,
            Problem::KeysFull,
            Problem::EmailNotConfirmed,
        ];
        let key = (&self.words.key).into();
        let problems = Problems(&problems);
        show("recovery-key-wrong", &RecoveryKey { key, problems, notice: None, ..add.clone() });
        let problems = [Problem::KeyThere, Problem::Missing(Input::Code)];
        let problems = Problems(&problems);
        show("recovery-key-there", &RecoveryKey { key, problems, notice: None, ..add });
        show("recovery-key-web", &RecoveryKey { is_plc: false, keys: &[], notice: None, ..page });
    }

    fn closing(&self, show: Show<'_>) {
        let (frame, owner) = (self.frame(), self.owner());
        let problems = [Problem::WrongPassword];
        let (wrong, problems) = (Problems(&problems), Problems::NONE);
        show("close", &Deactivate { frame, owner, problems: wrong, notice: None });
        let closed = Owner { is_active: false, ..owner };
        show("close-closed", &Deactivate { frame, owner: closed, problems, notice: None });
        let page = Delete { frame, owner, step: DeleteStep::Look, problems, notice: None };
        show("delete", &page);
        let problems = [Problem::WrongCode, Problem::Missing(Input::Password), Problem::NotAgreed];
        let notice = Some(Notice::CodeSent { to: (&self.words.email).into() });
        let (step, problems) = (DeleteStep::Confirm, Problems(&problems));
        show("delete-confirm", &Delete { step, problems, notice, ..page });
        for (name, closed) in [("deactivated", Closed::Deactivated), ("deleted", Closed::Deleted)] {
            show(name, &ClosedPage { frame, closed, handle: (&self.words.handle).into() });
        }
    }

    fn leaving(&self, show: Show<'_>) {
        let (frame, owner) = (self.frame(), self.owner());
        let file = |path, name, bytes| Download { path, name, bytes };
        show(
            "export",
            &Export {
                frame,
                owner,
                records: file("/xrpc/a?did=1&b=2", (&self.words.name).into(), Some(33_000_000)),
                record_count: 104_312,
                files: Some(file(
                    "/account/u/1/export/files",
                    "files.tar".into(),
                    Some(1_300_450_000),
                )),
                file_list: Some(file("/account/u/1/export/list", "files.json".into(), None)),
                file_count: 812,
                preferences: Some(file("/account/u/1/export/p", "preferences.json".into(), None)),
            },
        );
        let page = Leave {
            frame,
            owner,
            is_plc: true,
            own_keys: 0,
            server: Link::parse("https://tidepool.example").expect("it is an address"),
            problems: Problems(&[Problem::WrongPassword]),
            notice: None,
        };
        show("leave", &page);
        let notice = Some(Notice::CodeSent { to: (&self.words.email).into() });
        let problems = Problems::NONE;
        show("leave-key", &Leave { own_keys: 2, problems, notice, ..page.clone() });
        show("leave-web", &Leave { is_plc: false, problems, notice: None, ..page });
    }
}
