//! Moving an account here.

use pagurus_pages::moving::{
    BeginForm, Change, Difference, DonePage, Finding, Found, FoundStep, Level, MissingBlob,
    MoveState, Mover, MovingPage, Need, Note, Outcome, Progress, Review, ReviewStep, Setback,
    Sizes, Where, WhyMissing,
};
use pagurus_pages::{Id, Input, Notice, Problem, Problems, Sentence, When};

use super::{Samples, Show, domains};

const THEN: When = When(1_767_225_600_000);
const CID: &str = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy";
const JSON: &str = "{\n  \"type\": \"plc_operation\",\n  \"rotationKeys\": [\"did:key:zQ3sh…\"]\n}";

impl Samples<'_> {
    pub(super) fn moving(&self, show: Show<'_>) {
        self.begin(show);
        self.progress(show);
        self.review(show);
        self.other_reviews(show);
        self.done(show);
    }

    fn mover(&self) -> Mover<'_> {
        Mover {
            handle: (&self.words.handle).into(),
            did: (&self.words.did).into(),
            from: (&self.words.host).into(),
            to: "tidepool.example".into(),
        }
    }

    fn begin(&self, show: Show<'_>) {
        let (frame, mover) = (self.frame(), self.mover());
        let identifier = (&self.words.handle).into();
        show("move", &Where { frame, identifier: "".into(), problems: Problems::NONE });
        for (name, problem) in [
            ("move-unknown", Problem::HandleUnknown),
            ("move-silent", Problem::HostSilent((&self.words.host).into())),
            ("move-here", Problem::AlreadyHere),
        ] {
            let problems = Problems(std::slice::from_ref(&problem));
            show(name, &Where { frame, identifier, problems });
        }
        let finding = |level, text| Finding { level, text };
        let findings = [
            finding(Level::Green, "the account is active at the old host".into()),
            finding(Level::Green, "the clocks of the two hosts agree".into()),
            finding(Level::Yellow, (&self.words.sentence).into()),
            finding(Level::Red, "there is hardly any room on the disk here".into()),
        ];
        let page = Found {
            frame,
            mover,
            findings: &findings[..2],
            sizes: Some(Sizes {
                records: Some(104_312),
                files: Some(812),
                bytes: Some(1_333_450_000),
            }),
            step: FoundStep::SignIn { may_oauth: true, needs_code: false },
            problems: Problems::NONE,
        };
        show("move-found", &page);
        let host = (&self.words.host).into();
        for (name, problem) in [
            ("move-found-denied", Problem::NotLetIn(host)),
            (
                "move-found-too-little",
                Problem::LetInForTooLittle { host, lacking: "identity:*".into() },
            ),
            ("move-found-other", Problem::OtherSignedIn((&self.words.key).into())),
            ("move-found-old", Problem::AnswerTooOld),
        ] {
            let problems = Problems(std::slice::from_ref(&problem));
            show(name, &Found { sizes: None, problems, ..page.clone() });
        }
        let problems = [Problem::HostSays((&self.words.sentence).into()), Problem::WrongCode];
        let step = FoundStep::SignIn { may_oauth: false, needs_code: true };
        let problems = Problems(&problems);
        show("move-found-code", &Found { step, sizes: None, problems, ..page.clone() });
        let (step, findings) = (FoundStep::Stuck, &findings[..]);
        show("move-found-stuck", &Found { step, findings, ..page.clone() });
        self.begin_form(show, Found { findings: &findings[..3], ..page });
    }

    fn begin_form(&self, show: Show<'_>, page: Found<'_>) {
        let domains = domains();
        let form = BeginForm {
            keeps: None,
            is_kept: false,
            handle: "alice".into(),
            domains: &domains[..1],
            domain: ".tidepool.example",
            email: (&self.words.email).into(),
            needs_invite: false,
            invite_code: "".into(),
            key: "".into(),
            may_add_key: true,
        };
        show("move-begin", &Found { step: FoundStep::Begin(form), ..page.clone() });
        let problems = [
            Problem::InviteNeeded,
            Problem::HandleTaken,
            Problem::EmailTaken,
            Problem::Missing(Input::NewPassword),
            Problem::Missing(Input::Key),
        ];
        let form = BeginForm {
            keeps: Some((&self.words.handle).into()),
            is_kept: true,
            domains: &domains,
            needs_invite: true,
            invite_code: (&self.words.name).into(),
            ..form
        };
        let problems = Problems(&problems);
        show("move-begin-wrong", &Found { step: FoundStep::Begin(form), problems, ..page });
    }

    fn progress(&self, show: Show<'_>) {
        let notes = [
            Note { at: THEN, text: "the account is made here".into() },
            Note { at: THEN, text: (&self.words.sentence).into() },
        ];
        let page = MovingPage {
            frame: self.frame(),
            mover: self.mover(),
            state: MoveState::Blobs,
            progress: Progress {
                repo_bytes: 33_000_000,
                records: 104_312,
                blobs: 401,
                blobs_expected: 812,
                blob_bytes: 640_000_000,
            },
            setback: None,
            need: None,
            may_cancel: true,
            may_undo: false,
            undo_needs_code: false,
            undo_may_oauth: false,
            warnings: &[],
            notes: &notes,
            problems: Problems::NONE,
            notice: None,
        };
        show("move-moving", &page);
        let why: Sentence<'_> = (&self.words.sentence).into();
        let warnings = [why, "the old host's clock is 12 seconds behind".into()];
        let setback = Some(Setback { why, again: Some(THEN) });
        let progress = Progress::default();
        let begun = MovingPage { state: MoveState::Import, progress, setback, ..page.clone() };
        show("move-setback", &MovingPage { warnings: &warnings, ..begun });
        let need = Some(Need::SignIn { why, may_oauth: true, needs_code: true });
        let problems = [Problem::WrongPassword, Problem::WrongCode];
        let asked = MovingPage { need, problems: Problems(&problems), ..page.clone() };
        show("move-sign-in", &asked);
        let need = Some(Need::Decide { why });
        let late = MovingPage { state: MoveState::Activate, may_cancel: false, ..page };
        show(
            "move-decide",
            &MovingPage { need, may_undo: true, undo_may_oauth: true, ..late.clone() },
        );
        for state in MoveState::ALL {
            show(
                &format!("move-state-{state:?}").to_lowercase(),
                &MovingPage { state, ..late.clone() },
            );
        }
    }

    fn review(&self, show: Show<'_>) {
        let (key, host): (Id<'_>, Id<'_>) = ((&self.words.key).into(), (&self.words.host).into());
        let theirs = "did:key:zQ3shpKnbdPx3g3CmPf5cRVTPe1HtSwVn5ish3wSnDPQCbLJK".into();
        let (before, after) = ([theirs], [key, theirs]);
        let names = ["at://alice.old.example".into()];
        let new_names = ["at://alice.tidepool.example".into()];
        let differences = [
            Difference::Keys { before: &before, after: &after },
            Difference::Names { before: &names, after: &new_names },
            Difference::Signing {
                fragment: "atproto".into(),
                before: Some(theirs),
                after: Some(key),
            },
            Difference::Service { fragment: "atproto_pds".into(), before: Some(host), after: None },
        ];
        let kept = [key];
        let change = Change {
            head: Some(CID),
            differences: &differences,
            keys_kept: &kept,
            keys_dropped: &before,
            may_undo: &kept,
        };
        let page = Review {
            frame: self.frame(),
            mover: self.mover(),
            change: Some(change),
            missing: &[],
            unreadable: 0,
            unreadable_paths: &[],
            preferences_lost: None,
            warnings: &[],
            step: ReviewStep::Agree,
            problems: Problems::NONE,
            notice: None,
        };
        show("move-review", &page);
        let says: Sentence<'_> = (&self.words.sentence).into();
        let path: Id<'_> = "app.bsky.feed.post/3k2yihcrp6f2c".into();
        let missing = [
            WhyMissing::NotFound,
            WhyMissing::Damaged,
            WhyMissing::TooLarge,
            WhyMissing::NoAnswer,
            WhyMissing::Unknown,
        ]
        .map(|why| MissingBlob {
            cid: CID,
            path: Some(path).filter(|_| why != WhyMissing::Unknown),
            why,
            says: Some(says).filter(|_| why == WhyMissing::NoAnswer),
        });
        let problems = [Problem::NotAgreed, Problem::Changed];
        show(
            "move-review-losses",
            &Review {
                change: Some(Change { keys_kept: &[], may_undo: &[], head: None, ..change }),
                missing: &missing,
                unreadable: 2,
                unreadable_paths: &[path],
                preferences_lost: Some(says),
                warnings: &[says],
                problems: Problems(&problems),
                notice: Some(Notice::AskedAgain),
                ..page
            },
        );
    }

    fn other_reviews(&self, show: Show<'_>) {
        let says: Sentence<'_> = (&self.words.sentence).into();
        let page = Review {
            frame: self.frame(),
            mover: self.mover(),
            change: None,
            missing: &[],
            unreadable: 0,
            unreadable_paths: &[],
            preferences_lost: None,
            warnings: &[],
            step: ReviewStep::Agree,
            problems: Problems::NONE,
            notice: None,
        };
        let wrong = [Problem::WrongCode];
        let unsigned = [Problem::Missing(Input::Operation)];
        let other = [Problem::OperationWrong];
        let steps = [
            (
                "move-code",
                ReviewStep::Code { until: Some(THEN), operation: Some(JSON.into()) },
                &[][..],
            ),
            ("move-code-wrong", ReviewStep::Code { until: None, operation: None }, &wrong[..]),
            ("move-new-code", ReviewStep::NewCode { says }, &[]),
            (
                "move-signature",
                ReviewStep::OwnSignature { says, operation: JSON.into() },
                &unsigned,
            ),
            (
                "move-signature-wrong",
                ReviewStep::OwnSignature { says, operation: (&self.words.sentence).into() },
                &other,
            ),
            (
                "move-document",
                ReviewStep::Document {
                    document: JSON.into(),
                    at: "https://alice.example/.well-known/did.json".into(),
                },
                &[],
            ),
        ];
        for (name, step, problems) in steps {
            show(name, &Review { step, problems: Problems(problems), ..page.clone() });
        }
    }

    fn done(&self, show: Show<'_>) {
        let warnings = [(&self.words.sentence).into()];
        let page = DonePage {
            frame: self.frame(),
            mover: self.mover(),
            outcome: Outcome::Done,
            account: "/account/u/1",
            has_report: true,
            records: 104_312,
            files: 811,
            has_own_key: false,
            undo_until: Some(THEN),
            needs_code: false,
            undo_may_oauth: true,
            is_left_to_do: false,
            old_host: (&self.words.host).into(),
            warnings: &warnings,
            notes: &[Note { at: THEN, text: "the account is open here".into() }],
            problems: Problems::NONE,
        };
        show("move-done", &page);
        let problems = [Problem::WrongPassword];
        let problems = Problems(&problems);
        show("move-done-wrong", &DonePage { needs_code: true, problems, ..page.clone() });
        for (name, outcome) in
            [("move-back", Outcome::RolledBack), ("move-cancelled", Outcome::Cancelled)]
        {
            show(name, &DonePage { outcome, warnings: &[], undo_until: None, ..page.clone() });
        }
        let left = DonePage { is_left_to_do: true, undo_may_oauth: false, ..page };
        show("move-done-left", &left);
        let outcome = Outcome::RolledBack;
        show("move-back-left", &DonePage { outcome, undo_until: None, ..left });
    }
}
