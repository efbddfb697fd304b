//! What is in a bundle, and what a further backup adds to it.

use std::fs;

use crypto::{Curve, PrivateKey};
use pagurus_migrate::age::Recipient;
use pagurus_migrate::bundle::{BackupError, Trust, Verdict, Why, WithoutLog, check};
use repo::archive::ArchiveReader;
use repo::car::Spool;
use store::{AppPassword, Preference};
use syntax::{Cid, Tid};

use crate::room::{Person, Room, START_US, files, note, report};

/// Somebody whom nobody here can read for.
const RECIPIENT: &str = "age125nu2t3pme9xpex3cf6q3k2htc4mlylt83ydguks2cllq0pm24kquz4jlw";

#[test]
fn a_bundle_has_everything_and_is_whole() {
    let mut room = Room::new();
    room.notes(300, 0);
    let types = ["text/vtt", "image/svg+xml", "*/*", "application/json; charset=utf-8"];
    for (index, mime_type) in types.iter().enumerate() {
        room.post_blob(&format!("blob{index}"), mime_type.as_bytes(), mime_type);
    }
    let backed = room.backup();
    assert!(backed.is_changed && backed.blobs_copied == 4);
    let manifest = &backed.manifest;
    assert_eq!((manifest.rev, manifest.data), (room.head().rev, room.head().data));
    assert_eq!((manifest.blobs.count, manifest.missing.len()), (4, 0));
    assert!(manifest.private.is_none(), "nobody was named who could read it");

    let report = room.check();
    assert_eq!((report.verdict(), report.trust), (Verdict::Whole, Some(Trust::InForce)));
    assert_eq!((report.records, report.blobs), (304, 4));
    assert_eq!(report.manifest.as_ref(), Some(manifest));

    let files = files(&room.out());
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|n| !n.contains('/')).collect();
    assert_eq!(names, ["blobs.tsv", "manifest.json", "plc-log.json", "repo.car"]);
    let list = String::from_utf8(files["blobs.tsv"].0.clone()).unwrap();
    for mime_type in types {
        let line = format!("\t{}\t{mime_type}\n", mime_type.len());
        assert!(list.contains(&line), "{mime_type} in {list}");
    }
    // Other programs take this one file.
    let mut reader = ArchiveReader::new(Spool::new(1 << 20, tempfile::tempfile));
    reader.push(&files["repo.car"].0).unwrap();
    let mut archive = reader.finish().unwrap();
    assert_eq!(repo::survey::survey(&mut archive).unwrap().records.count, 304);
    archive.commit().verify(&room.person.key.public_key()).unwrap();
}

#[test]
fn a_backup_with_nothing_new_writes_nothing() {
    let mut room = Room::new();
    room.notes(3, 0);
    room.post_blob("blob", b"bytes", "image/png");
    room.recipients = vec![RECIPIENT.parse().unwrap()];
    room.backup();
    let before = files(&room.out());
    // Those who could read it before are remembered.
    room.recipients.clear();
    let again = room.backup();
    assert!(!again.is_changed && again.written.is_empty() && again.blobs_copied == 0);
    assert_eq!(files(&room.out()), before);
}

#[test]
fn further_backups_add_what_is_new_and_rewrite_nothing() {
    let mut room = Room::new();
    room.notes(200, 0);
    room.post_blob("blob", b"first", "image/png");
    room.backup();
    for round in 0..3 {
        let before = files(&room.out());
        let path = format!("note{round:05}");
        room.commit(&[(&path, None), ("note00100", Some(note(&path)))], Vec::new());
        room.post_blob(&format!("blob{round}"), path.as_bytes(), "text/plain");
        // And one that has nothing new but the commit's own time and hash.
        room.commit(&[("same", Some(note("same")))], Vec::new());
        let backed = room.backup();
        assert_eq!(backed.blobs_copied, 1);
        assert_eq!(backed.manifest.repo.len(), round + 2);
        let after = files(&room.out());
        for (name, content) in &before {
            let replaced = name == "manifest.json" || name.starts_with("blobs.");
            assert!(replaced || after.get(name) == Some(content), "{name} was rewritten");
        }
        let base = backed.manifest.repo[0].part.size;
        let new = backed.manifest.repo.last().unwrap().part.size;
        assert!(new < base / 4, "{new} of {base}");
        let report = room.check();
        assert_eq!(report.verdict(), Verdict::Whole, "{:?}", report.damage);
        assert_eq!(report.records, room.head().records);
    }
}

#[test]
fn when_the_diffs_outgrow_the_base_there_is_a_new_one() {
    let mut room = Room::new();
    room.notes(20, 0);
    let picture = room.post_blob("picture", b"picture", "image/png");
    room.backup();
    room.commit(&[("picture", None)], Vec::new());
    fs::write(room.out().join("readme.txt"), "not ours").unwrap();
    let mut bases = 0;
    for round in 0..8 {
        room.notes(20, round);
        let backed = room.backup();
        bases += usize::from(backed.manifest.repo.len() == 1);
        assert_eq!(room.check().verdict(), Verdict::Whole);
        let diffs = fs::read_dir(room.out().join("diffs")).unwrap().count();
        assert_eq!(diffs, backed.manifest.repo.len() - 1);
    }
    assert!((2..8).contains(&bases), "{bases}");
    let names = files(&room.out());
    let cars = names.keys().filter(|name| name.starts_with("repo.")).count();
    assert_eq!(cars, 1, "former bases are removed");
    assert!(names.contains_key("readme.txt"), "what is not ours is left alone");
    assert!(!names.contains_key(&format!("blobs/{picture}")), "nothing refers to it any more");
}

#[test]
fn small_and_large_repositories_are_whole() {
    for count in [0, 1, 10_000] {
        let mut room = Room::of(Person::on_the_web(), START_US);
        room.notes(count, 1);
        let manifest = room.backup().manifest;
        assert_eq!(manifest.without_plc_log, Some(WithoutLog::NotPlc));
        let report = room.check();
        assert_eq!((report.verdict(), report.records), (Verdict::Whole, u64::from(count)));
        assert_eq!(report.trust, Some(Trust::OwnWord));
        let key = room.person.key.public_key();
        let given = check(&room.out(), Some(&key), Spool::new(0, tempfile::tempfile)).unwrap();
        assert_eq!(given.trust, Some(Trust::Given));
    }
}

#[test]
fn blobs_that_the_server_lost_are_named_and_those_of_the_bundle_stay() {
    let mut room = Room::new();
    let kept = room.post_blob("kept", b"kept", "image/png");
    room.backup();
    let gone = room.post_blob("gone", b"gone", "image/png");
    let damaged = room.post_blob("damaged", b"damaged", "image/png");
    for cid in [&kept, &gone] {
        fs::remove_file(room.blob_file(cid)).unwrap();
    }
    fs::write(room.blob_file(&damaged), b"DAMAGED").unwrap();
    for _ in 0..2 {
        let manifest = room.backup().manifest;
        let report = room.check();
        assert_eq!(report.verdict(), Verdict::BlobsMissing);
        let mut missing = report.missing;
        missing.sort_by_key(|missing| missing.path.clone());
        let said: Vec<_> =
            missing.iter().map(|one| (one.cid, one.path.as_deref().unwrap(), one.why)).collect();
        let expected = [
            (damaged, "com.example.note/damaged", Why::FileDamaged),
            (gone, "com.example.note/gone", Why::FileGone),
        ];
        assert_eq!(said, expected);
        assert_eq!(manifest.missing.len(), 2);
        assert!(manifest.missing.iter().all(|one| missing.contains(one)));
        room.anew = true;
    }
    // What comes back is brought.
    fs::write(room.blob_file(&damaged), b"damaged").unwrap();
    room.anew = false;
    assert_eq!(room.backup().manifest.missing.len(), 1);
}

#[test]
fn what_the_host_took_down_is_named_and_not_taken_along() {
    let mut room = Room::new();
    let cid = room.post_blob("down", b"down", "image/png");
    let account = room.account;
    room.write(move |tx| tx.set_blob_takedown(account, &cid, Some("case 7")));
    let missing = room.backup().manifest.missing;
    assert_eq!(
        missing.iter().map(|one| (one.cid, one.why)).collect::<Vec<_>>(),
        [(cid, Why::TakenDown)]
    );
    room.write(move |tx| tx.set_blob_takedown(account, &cid, None));
    assert_eq!(room.backup().manifest.missing, []);
}

#[test]
fn what_is_nobody_elses_is_encrypted_and_changes_when_it_does() {
    let mut room = Room::new();
    let account = room.account;
    room.write(move |tx| {
        let json = r#"{"$type":"app.bsky.actor.defs#adultContentPref","enabled":false}"#;
        let name = "app.bsky.actor.defs#adultContentPref".to_owned();
        tx.set_preferences(account, &[Preference { name, json: json.to_owned() }])?;
        tx.create_app_password(
            account,
            &AppPassword {
                name: "phone".to_owned(),
                password: "secret-hash".to_owned(),
                privileged: false,
                created_at: START_US / 1000,
            },
        )
    });
    room.recipients = vec![RECIPIENT.parse().unwrap()];
    let first = room.backup().manifest.private.unwrap();
    assert_eq!(first.recipients, [RECIPIENT]);
    let all = files(&room.out());
    assert!(all["private.age"].0.starts_with(b"age-encryption.org/v1\n-> X25519 "));
    for (name, (bytes, _)) in &all {
        for secret in ["alice@example.com", "phone", "adultContentPref", "secret-hash"] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} in {name}");
        }
        let key = room.person.key.to_bytes();
        assert!(!bytes.windows(32).any(|part| part == &key[..]), "the private key in {name}");
    }
    assert_eq!(room.check().verdict(), Verdict::Whole);

    room.write(move |tx| tx.set_email(account, "new@example.com"));
    let second = room.backup().manifest.private.unwrap();
    assert_eq!(second.part.file, "private.2.age");
    assert_ne!(second.fingerprint, first.fingerprint);
    assert!(!files(&room.out()).contains_key("private.age"));
    assert_eq!(room.check().verdict(), Verdict::Whole);
}

#[test]
fn a_log_that_cannot_be_had_is_said_and_one_of_before_stays() {
    let mut room = Room::new();
    let log = std::mem::replace(&mut room.person.log, pagurus_migrate::bundle::PlcLog::NoAnswer);
    let without = room.backup();
    assert_eq!(without.manifest.without_plc_log, Some(WithoutLog::NoAnswer));
    assert_eq!(room.check().trust, Some(Trust::OwnWord));
    room.person.log = log;
    assert_eq!(room.backup().manifest.without_plc_log, None);
    room.person.log = pagurus_migrate::bundle::PlcLog::NoAnswer;
    let again = room.backup();
    assert!(again.plc_log_is_old && !again.is_changed && again.manifest.plc_log.is_some());
    assert_eq!(room.check().trust, Some(Trust::InForce));
}

#[test]
fn a_server_that_was_set_back_makes_a_new_base() {
    let mut late = Room::of(Person::new(), START_US + 1_000_000);
    late.notes(50, 0);
    late.backup();
    let mut early = Room::of(late.person.clone(), START_US);
    early.notes(10, 0);
    copy(&late.out(), &early.out());
    let backed = early.backup();
    assert_eq!((backed.manifest.repo.len(), backed.manifest.number), (1, 2));
    let report = early.check();
    assert_eq!((report.verdict(), report.records), (Verdict::Whole, 10));
    assert!(!files(&early.out()).contains_key("repo.car"));
}

#[test]
fn a_repository_that_comes_from_elsewhere_is_added_or_begins_anew() {
    let absent = Cid::of_raw(b"never here");
    for (ahead, is_added) in [(true, true), (false, false)] {
        let mut room = Room::new();
        room.notes(300, 0);
        room.backup();
        let rev = if ahead { Tid::new(START_US + 1_000_000, 0) } else { Tid::new(START_US, 5) };
        room.import(rev, &absent);
        let manifest = room.backup().manifest;
        assert_eq!(manifest.repo.len() == 2, is_added);
        let report = room.check();
        assert_eq!(report.verdict(), Verdict::BlobsMissing, "{:?}", report.damage);
        assert_eq!((report.records, report.manifest.unwrap().data), (100, room.head().data));
        let missing = &report.missing[0];
        assert_eq!((missing.cid, missing.why), (absent, Why::NotUploaded));
        assert_eq!(missing.path.as_deref(), Some("com.example.note/import00000"));
        assert_eq!(manifest.missing, report.missing);
        // And it goes on from there.
        room.commit(&[("import00007", None)], Vec::new());
        room.backup();
        assert_eq!(room.check().records, 99);
    }
}

#[test]
fn an_account_with_another_key_gets_a_new_base_for_the_same_readers() {
    let mut before = Room::new();
    before.notes(10, 0);
    before.recipients = vec![RECIPIENT.parse().unwrap()];
    before.backup();
    let mut after = Room::of(before.person.with_another_key(), START_US + 1_000_000);
    after.notes(20, 0);
    copy(&before.out(), &after.out());
    let manifest = after.backup().manifest;
    assert_eq!((manifest.repo.len(), manifest.number), (1, 2));
    assert_eq!(manifest.private.unwrap().recipients, [RECIPIENT]);
    let report = after.check();
    assert_eq!((report.verdict(), report.trust), (Verdict::Whole, Some(Trust::InForce)));

    // The former host's last backup is by a key that is not in force any more.
    before.person.log = after.person.log.clone();
    before.commit(&[("last", Some(note("last")))], Vec::new());
    before.backup();
    let report = before.check();
    assert_eq!((report.verdict(), report.trust), (Verdict::Whole, Some(Trust::Former)));
}

#[test]
fn nobody_can_name_themselves_as_a_reader() {
    let room = Room::new();
    // Who can write to the directory puts a bundle there that is whole, by a key of their own.
    let mut stranger = room.person.clone();
    stranger.key = PrivateKey::generate(Curve::Secp256k1);
    let mut stranger = Room::of(stranger, START_US + 1_000_000);
    stranger.recipients = vec![RECIPIENT.parse().unwrap()];
    stranger.backup();
    copy(&stranger.out(), &room.out());
    assert!(matches!(room.try_backup(), Err(BackupError::UnknownRecipients)));
}

#[test]
fn another_accounts_bundle_is_not_touched() {
    let (first, second) = (Room::new(), Room::new());
    first.backup();
    copy(&first.out(), &second.out());
    let before = files(&second.out());
    assert!(
        matches!(second.try_backup(), Err(BackupError::OtherAccount(did)) if did == first.person.did)
    );
    assert_eq!(files(&second.out()), before);
}

#[test]
fn nobody_knows_a_mistyped_recipient() {
    assert!(RECIPIENT.parse::<Recipient>().is_ok());
    assert!(RECIPIENT.replacen("age1", "age1q", 1).parse::<Recipient>().is_err());
}

#[test]
fn checking_writes_nothing() {
    let mut room = Room::new();
    room.notes(500, 0);
    room.backup();
    let before = files(&room.out());
    report(&room.out());
    assert_eq!(files(&room.out()), before);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for (name, (bytes, _)) in files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
