//! Leaving a host: whether all is at the other, found out from outside, and the page about it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use identity::Origin;
use identity::dns::{Dns, DnsTable};
use identity::outbound::{Client, Settings, Strangers};
use identity::resolve::{Memory, Resolver, Sources};
use migrate::host::{Host, Owner};
use migrate::job::Level;
use migrate::leaving::{Checklist, Leaving, View};
use serde_json::{Value, json};

use super::moves::settled;
use crate::harness::{Fault, Pds, Proxy, TestAccount};
use crate::identity::directory;

/// Somebody at an old host, and their account at a new one, brought there by hand.
struct Hands {
    old: Pds,
    new: Pds,
    /// Before the new host, for all but the test itself.
    outside: Proxy,
    alice: TestAccount,
    here: TestAccount,
}

/// Whose sessions there are.
#[derive(Clone, Copy)]
enum By {
    Anybody,
    OldOwner,
    Owner,
}

impl Hands {
    /// Makes the account at the new host. Nothing has come yet.
    async fn new() -> Self {
        let old = Pds::start().await;
        let outside = Proxy::listen().await;
        let (plc_url, origin) = (old.plc_url(), outside.origin());
        let new = Pds::start_with(|config| {
            config.plc_listen = None;
            config.plc_url = Some(plc_url.parse().unwrap());
            config.service_did = Some("did:web:new.test".parse().unwrap());
            config.public_url = Some(origin.parse().unwrap());
        })
        .await;
        outside.forward_to(&new.url());
        let alice = settled(&old, "alice").await;
        let here = new.moved_in(&old, &alice).await;
        Self { old, new, outside, alice, here }
    }

    async fn bring_records(&self) {
        let car = self.old.export(&self.alice, None).await.body;
        self.new.import(&self.here, car).await.ok();
    }

    async fn bring_file(&self, mime_type: &str, text: &'static str) {
        self.new.upload(&self.here, mime_type, text).await;
    }

    async fn bring_all(&self) {
        self.bring_records().await;
        self.bring_file("text/vtt", "WEBVTT and more").await;
        self.bring_file("application/json", "{\"a\": 1}").await;
    }

    /// Changes the identity, and opens the account at the new host. All of it takes a while.
    async fn switch(&self) {
        self.advance();
        self.new.point_here(&self.old, &self.alice, &self.here).await;
        self.new.post("com.atproto.server.activateAccount").by(&self.here).send().await.ok();
        self.advance();
    }

    fn advance(&self) {
        for pds in [&self.old, &self.new] {
            pds.advance(Duration::from_secs(60));
        }
    }

    async fn close_old(&self) {
        let close = self.old.post("com.atproto.server.deactivateAccount").by(&self.alice);
        close.json(&json!({})).send().await.ok();
    }

    async fn check(&self, by: By) -> Checklist {
        check(&self.old, &self.new, &self.alice, &self.here, by).await
    }
}

async fn view(http: &Client, pds: &Pds, account: &TestAccount, is_owner: bool) -> View {
    let host = Host::new(http.clone(), Origin::parse(&pds.public_url()).unwrap());
    if !is_owner {
        return View::of_anybody(host);
    }
    let session = host.sign_in(&account.did, &account.password, None).await.unwrap();
    View::of_owner(Owner::new(host, session.did, session.session))
}

async fn check(old: &Pds, new: &Pds, there: &TestAccount, here: &TestAccount, by: By) -> Checklist {
    let exceptions = [old, new].map(|pds| Origin::parse(&pds.public_url()).unwrap()).to_vec();
    let dns: Arc<dyn Dns> = Arc::new(DnsTable::new());
    let strangers = Strangers { exceptions, ..Strangers::default() };
    let http = Client::for_strangers(Arc::clone(&dns), strangers, Settings::default());
    let plc = directory(old);
    let sources = Sources {
        plc: plc.clone(),
        http: http.clone(),
        dns,
        backup_dns: None,
        time_max: Duration::from_secs(10),
    };
    let resolver = Resolver::new(sources, Memory::default());
    let from = view(&http, old, there, !matches!(by, By::Anybody)).await;
    let to = view(&http, new, here, matches!(by, By::Owner)).await;
    let did = there.did.parse().unwrap();
    let found =
        Leaving { did: &did, from: &from, to: &to, plc: &plc, resolver: &resolver }.look().await;
    from.sign_out().await.unwrap();
    to.sign_out().await.unwrap();
    found
}

/// Returns what is not green, in the order in which it was found.
fn not_green(found: &Checklist) -> Vec<(Level, &str)> {
    let findings = found.findings.iter().filter(|finding| finding.level != Level::Green);
    findings.map(|finding| (finding.level, finding.about.as_str())).collect()
}

#[track_caller]
fn text<'a>(found: &'a Checklist, about: &str) -> &'a str {
    let finding = found.findings.iter().find(|finding| finding.about == about);
    &finding.unwrap_or_else(|| panic!("nothing about {about}: {found:#?}")).text
}

#[tokio::test]
async fn a_good_move_is_green() {
    let old = Pds::start().await;
    let new = Pds::start_for_moves(&old, "new").await;
    let alice = settled(&old, "alice").await;
    let moving = new.begin_move(&alice).await;
    moving.finish(&old).await;
    for by in [By::OldOwner, By::Owner] {
        let found = check(&old, &new, &alice, &moving.here, by).await;
        assert_eq!(not_green(&found), [], "{found:#?}");
        let advice = &found.advice;
        assert!(advice.may_close && advice.may_delete, "{advice:?}");
        assert!(advice.next.len() == 1 && advice.next[0].starts_with("Nothing is left to do"));
        // Nobody should delete while the change may be taken back.
        let switched_ms = i64::try_from(old.now_s()).unwrap() * 1000;
        let until_ms = advice.delete_not_before.as_ref().unwrap().unix_us() / 1000;
        assert!(until_ms - switched_ms > 71 * 60 * 60 * 1000, "{advice:?}");
    }
    // A closed account is shown to its owner alone: without them, nothing is known for sure.
    let found = check(&old, &new, &alice, &moving.here, By::Anybody).await;
    assert_eq!(not_green(&found), [(Level::Yellow, "old_host")], "{found:#?}");
    assert!(!found.advice.may_close && !found.advice.may_delete);
    assert!(found.advice.next[0].contains("with the password"), "{:?}", found.advice);

    // The account goes on: what is new is no fault, what is gone is the owner's to look at.
    new.note(&moving.here, "new", "from the new host").await;
    let found = check(&old, &new, &alice, &moving.here, By::OldOwner).await;
    assert_eq!(not_green(&found), [], "{found:#?}");
    new.note(&moving.here, "note0", "another text").await;
    let found = check(&old, &new, &alice, &moving.here, By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Yellow, "records")], "{found:#?}");
    assert!(text(&found, "records").ends_with("com.example.note/note0"), "{found:#?}");
    new.delete_note(&moving.here, "note1").await;
    let found = check(&old, &new, &alice, &moving.here, By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Red, "records")], "{found:#?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_missed_whatever_the_host_counts() {
    let hands = Hands::new().await;
    hands.bring_records().await;
    hands.bring_file("text/vtt", "WEBVTT and more").await;
    hands.switch().await;
    let latest = hands.new.get("com.atproto.sync.getLatestCommit").param("did", &hands.alice.did);
    let latest: Value = latest.send().await.ok();
    let lie = json!({
        "activated": true, "validDid": true, "repoCommit": latest["cid"], "repoRev": latest["rev"],
        "repoBlocks": 9, "indexedRecords": 5, "privateStateValues": 0,
        "expectedBlobs": 2, "importedBlobs": 2,
    });
    hands.outside.always("checkAccountStatus", Fault::Replace(lie.to_string().into()));
    let found = hands.check(By::Owner).await;
    let expected =
        [(Level::Yellow, "old_account"), (Level::Red, "files"), (Level::Yellow, "counts")];
    assert_eq!(not_green(&found), expected, "{found:#?}");
    assert!(text(&found, "files").contains("of com.example.note/json (not found)"), "{found:#?}");
    assert!(text(&found, "counts").contains("2 files that are there, where there are 1"));
    assert!(!found.advice.may_close && !found.advice.may_delete);
    assert!(found.advice.next[0].starts_with("Bring the files"), "{:?}", found.advice);

    // It comes late, and then the old account may be closed.
    hands.bring_file("application/json", "{\"a\": 1}").await;
    let found = hands.check(By::Anybody).await;
    assert_eq!(not_green(&found), [(Level::Yellow, "old_account")], "{found:#?}");
    assert!(found.advice.may_close && !found.advice.may_delete, "{:?}", found.advice);
    hands.close_old().await;
    let found = hands.check(By::OldOwner).await;
    assert_eq!(not_green(&found), [], "{found:#?}");

    // The new host loses another one later, from its disk; the old one still has it, to its owner.
    let lost = lose_file(&hands.new, &hands.alice);
    let found = hands.check(By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Red, "files")], "{found:#?}");
    assert!(text(&found, "files").contains(&lost));
    // If nobody has it, the move is not to blame.
    let file = files_of(&hands.old, &hands.alice).into_iter().find(|file| file.ends_with(&lost));
    fs::remove_file(file.unwrap()).unwrap();
    let found = hands.check(By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Yellow, "files")], "{found:#?}");
}

/// Returns the files of an account's blobs.
fn files_of(pds: &Pds, account: &TestAccount) -> Vec<std::path::PathBuf> {
    let shards = fs::read_dir(pds.data().join("blobs")).unwrap();
    let folders = shards.map(|shard| shard.unwrap().path().join(&account.did));
    let files = folders.filter(|folder| folder.is_dir()).flat_map(|f| fs::read_dir(f).unwrap());
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Removes the file of a blob, and returns its CID.
fn lose_file(pds: &Pds, account: &TestAccount) -> String {
    let file = files_of(pds, account).remove(0);
    fs::remove_file(&file).unwrap();
    file.file_name().unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn records_that_did_not_come_are_named() {
    let hands = Hands::new().await;
    hands.bring_all().await;
    hands.old.note(&hands.alice, "after", "written after the copy").await;
    hands.old.note(&hands.alice, "note0", "another text").await;
    hands.switch().await;
    hands.close_old().await;
    let found = hands.check(By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Red, "records")], "{found:#?}");
    let records = text(&found, "records");
    assert!(records.contains("of 6 records at the old host 1 are not"), "{records}");
    assert!(records.ends_with("com.example.note/after, com.example.note/note0"), "{records}");
    assert!(!found.advice.may_close && !found.advice.may_delete);
    assert!(found.advice.next[0].starts_with("Bring the records"), "{:?}", found.advice);

    // Another repository than was asked for is none.
    let bob = hands.new.account("bob").await;
    let other = hands.new.get("com.atproto.sync.getRepo").param("did", &bob.did).send().await;
    hands.outside.always("com.atproto.sync.getRepo?", Fault::Replace(other.body));
    let found = hands.check(By::OldOwner).await;
    assert_eq!(not_green(&found), [(Level::Red, "new_host")], "{found:#?}");
    assert!(text(&found, "new_host").contains(&bob.did), "{found:#?}");
}

#[tokio::test]
async fn what_the_old_host_wrote_later_keeps_it_needed() {
    let hands = Hands::new().await;
    hands.bring_all().await;
    hands.switch().await;
    hands.old.note(&hands.alice, "late", "written at the old host").await;
    // The new host has written later still, which hides the difference from who compares revisions.
    for is_hidden in [false, true] {
        if is_hidden {
            hands.advance();
            hands.new.note(&hands.here, "own", "written at the new host").await;
        }
        let found = hands.check(By::Anybody).await;
        let expected = [(Level::Yellow, "old_account"), (Level::Red, "late")];
        assert_eq!(not_green(&found), expected, "{found:#?}");
        assert!(text(&found, "late").ends_with("com.example.note/late"), "{found:#?}");
        assert!(!found.advice.may_close, "{:?}", found.advice);
    }
    hands.old.delete_note(&hands.alice, "late").await;
    hands.old.delete_note(&hands.alice, "note0").await;
    let found = hands.check(By::Anybody).await;
    let expected = [(Level::Yellow, "old_account"), (Level::Yellow, "late")];
    assert_eq!(not_green(&found), expected, "{found:#?}");
}

#[tokio::test]
async fn who_is_half_way_is_told_what_comes_next() {
    let hands = Hands::new().await;
    let found = hands.check(By::Owner).await;
    assert!(not_green(&found).contains(&(Level::Red, "late")), "{found:#?}");
    hands.bring_all().await;
    let found = hands.check(By::OldOwner).await;
    let expected = [(Level::Yellow, "identity"), (Level::Yellow, "new_host")];
    assert_eq!(not_green(&found), expected, "{found:#?}");
    let found = hands.check(By::Owner).await;
    assert_eq!(not_green(&found), [(Level::Yellow, "identity")], "{found:#?}");
    assert!(found.advice.next[0].contains("Have the identity changed"), "{:?}", found.advice);
    assert!(!found.advice.may_close);

    hands.new.point_here(&hands.old, &hands.alice, &hands.here).await;
    let found = hands.check(By::Owner).await;
    let expected = [(Level::Yellow, "new_account"), (Level::Yellow, "old_account")];
    assert_eq!(not_green(&found), expected, "{found:#?}");
    assert!(found.advice.next[0].starts_with("Open the account at"), "{:?}", found.advice);
    assert!(!found.advice.may_close);
}

#[tokio::test]
async fn the_page_says_how_to_move_and_does_nothing_else() {
    let pds = Pds::start_with(|config| {
        config.public_url = Some("https://pds.example.com".parse().unwrap());
        config.contact_email = Some("<me>@example.com".to_owned());
    })
    .await;
    let page = pds.get("/moving").send().await;
    assert_eq!(
        (page.status.as_u16(), page.header("x-content-type-options")),
        (200, Some("nosniff"))
    );
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    for expected in [
        "pagurus migrate plan --account YOUR-OLD-HANDLE --to https://pds.example.com<",
        "pagurus migrate leave --from https://pds.example.com --to",
        "--handle YOUR-NAME.test --watch",
        "&lt;me&gt;@example.com",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for unwanted in ["<script", "<style", "style=", "{url}", "<me>"] {
        assert!(!text.contains(unwanted), "{unwanted}: {text}");
    }
    assert!(pds.get("/").send().await.text().contains("/moving"));
}
