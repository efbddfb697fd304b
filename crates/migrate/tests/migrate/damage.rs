//! Bundles that are not what they were: each part that is damaged is found and named.

use std::fs;
use std::path::Path;

use crypto::{Curve, PrivateKey};
use pagurus_migrate::bundle::{BackupError, Report, Verdict, check};
use repo::car::Spool;

use crate::room::{Room, files, note, report};

fn bundle() -> Room {
    let mut room = Room::new();
    room.notes(40, 0);
    room.post_blob("first", b"the first blob", "image/png");
    let recipient = "age125nu2t3pme9xpex3cf6q3k2htc4mlylt83ydguks2cllq0pm24kquz4jlw";
    room.recipients = vec![recipient.parse().unwrap()];
    room.backup();
    for round in 0..2 {
        room.commit(&[("note00007", Some(note(&round.to_string())))], Vec::new());
        room.backup();
    }
    assert_eq!(room.check().verdict(), Verdict::Whole);
    room
}

fn names(report: &Report) -> Vec<&str> {
    report.damage.iter().map(|damage| damage.part.as_str()).collect()
}

#[test]
fn a_flipped_byte_in_any_part_is_found_and_named() {
    let room = bundle();
    let all = files(&room.out());
    assert_eq!(all.len(), 8, "{:?}", all.keys());
    for (name, (bytes, _)) in &all {
        let path = room.out().join(name);
        let places = [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2, bytes.len() - 1];
        for place in places {
            for flip in [0x01, 0x80] {
                let mut damaged = bytes.clone();
                damaged[place] ^= flip;
                fs::write(&path, &damaged).unwrap();
                let report = room.check();
                assert_eq!(report.verdict(), Verdict::Damaged, "byte {place} of {name}");
                assert!(names(&report).contains(&name.as_str()), "{name}: {:?}", report.damage);
                // A manifest that is damaged may say wrong things of the other parts.
                assert!(name != "plc-log.json" || report.trust.is_none(), "nobody vouches for it");
                let others = names(&report).iter().any(|other| other != name);
                assert!(name == "manifest.json" || !others, "{name}: {:?}", report.damage);
            }
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(room.check().verdict(), Verdict::Whole);
}

#[test]
fn every_byte_of_the_manifest_counts() {
    let room = Room::new();
    room.backup();
    let path = room.out().join("manifest.json");
    let manifest = fs::read(&path).unwrap();
    for place in 0..manifest.len() {
        let mut damaged = manifest.clone();
        damaged[place] ^= 0x20;
        fs::write(&path, &damaged).unwrap();
        let report = room.check();
        assert!(names(&report).contains(&"manifest.json"), "byte {place}: {:?}", report.damage);
    }
}

#[test]
fn what_is_cut_short_or_gone_is_found_and_named() {
    let room = bundle();
    for (name, (bytes, _)) in &files(&room.out()) {
        let path = room.out().join(name);
        for length in [0, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(names(&room.check()), [name], "{length} bytes");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(names(&room.check()), [name]);
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_backup_over_damage_begins_anew_or_says_so() {
    let mut room = bundle();
    for (name, (bytes, _)) in &files(&room.out()) {
        let path = room.out().join(name);
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        if name == "manifest.json" {
            assert!(matches!(room.try_backup(), Err(BackupError::Former(_))));
            room.anew = true;
        }
        room.backup();
        assert_eq!(room.check().verdict(), Verdict::Whole, "{name}");
    }
    // What only a hash tells is mended by beginning anew.
    for index in 0..files(&room.out()).len() {
        let (name, (mut bytes, _)) = files(&room.out()).into_iter().nth(index).unwrap();
        bytes[5] ^= 1;
        fs::write(room.out().join(&name), bytes).unwrap();
        assert_eq!(room.check().verdict(), Verdict::Damaged);
        room.backup();
        assert_eq!(room.check().verdict(), Verdict::Whole, "{name}");
    }
}

#[test]
fn a_signature_by_a_stranger_is_none() {
    let (room, other) = (bundle(), PrivateKey::generate(Curve::Secp256k1).public_key());
    let given = check(&room.out(), Some(&other), Spool::new(0, tempfile::tempfile)).unwrap();
    assert_eq!((names(&given), given.trust), (vec!["manifest.json"], None));

    // A whole bundle by somebody else's key, with the log of the identity that it claims to be of.
    let mut stranger = Room::of(room.person.clone(), crate::room::START_US);
    stranger.person.key = PrivateKey::generate(Curve::Secp256k1);
    let stranger = Room::of(stranger.person.clone(), crate::room::START_US);
    stranger.backup();
    let said = stranger.check();
    assert!(names(&said).contains(&"manifest.json"), "{:?}", said.damage);
}

#[test]
fn a_directory_without_a_bundle_is_told_from_one_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(names(&report(folder.path())), ["manifest.json"]);
    let nowhere = check(Path::new("/nowhere/at/all"), None, Spool::new(0, tempfile::tempfile));
    assert!(nowhere.is_err());
}
