//! A backup that ends at any moment leaves a bundle that is whole: the one before, or the new one.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pagurus_migrate::bundle::{Change, Faults, Verdict};

use crate::room::{Room, files, note};

/// Lets so many changes of the directory pass.
fn only(count: usize) -> (Faults, Arc<AtomicUsize>) {
    let passed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&passed);
    let faults = Faults::new(move |_: Change, _| {
        // Once the power is gone nothing works any more.
        if counter.fetch_add(1, Ordering::Relaxed) < count {
            return Ok(());
        }
        Err(io::Error::other("the power is gone"))
    });
    (faults, passed)
}

fn assert_tidy(room: &Room) {
    let files = files(&room.out());
    let drafts: Vec<_> = files.keys().filter(|name| name.ends_with(".part")).collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn a_first_backup_is_there_whole_or_not_at_all() {
    let mut room = Room::new();
    room.notes(30, 0);
    room.post_blob("first", b"first", "image/png");
    room.post_blob("second", b"second", "image/png");
    let mut count = 0;
    loop {
        let _ = fs::remove_dir_all(room.out());
        (room.faults, _) = only(count);
        let outcome = room.try_backup();
        let there = room.out().join("manifest.json").exists();
        assert!(there || outcome.is_err());
        if there {
            assert_eq!(room.check().verdict(), Verdict::Whole, "after {count} changes");
        } else {
            assert_eq!(room.check().damage[0].part, "manifest.json");
        }
        // The next one does not mind what is left, and needs no blob twice.
        room.faults = Faults::default();
        let copied = room.backup().blobs_copied;
        assert!(copied <= 2);
        assert_eq!(room.check().verdict(), Verdict::Whole, "again after {count} changes");
        if outcome.is_ok() {
            break;
        }
        count += 1;
    }
    assert!(count > 20, "{count} changes");
}

#[test]
fn a_further_backup_leaves_the_former_or_the_new_one() {
    for anew in [false, true] {
        let mut count = 0;
        loop {
            let mut room = Room::new();
            room.notes(30, 0);
            room.post_blob("first", b"first", "image/png");
            let former = room.backup().manifest;
            room.commit(&[("note00003", None), ("new", Some(note("new")))], Vec::new());
            room.post_blob("second", b"second", "image/png");
            (room.faults, _) = only(count);
            room.anew = anew;
            let outcome = room.try_backup();
            let report = room.check();
            assert_eq!(report.verdict(), Verdict::Whole, "{count}: {:?}", report.damage);
            let manifest = report.manifest.unwrap();
            let is_new = manifest.rev == room.head().rev;
            assert!(manifest == former || is_new, "after {count} changes");
            assert!(is_new || outcome.is_err());

            room.faults = Faults::default();
            room.anew = false;
            room.commit(&[("newer", Some(note("newer")))], Vec::new());
            assert_eq!(room.backup().manifest.rev, room.head().rev);
            assert_eq!(room.check().verdict(), Verdict::Whole, "again after {count} changes");
            assert_tidy(&room);
            if outcome.is_ok() {
                break;
            }
            count += 1;
        }
        assert!(count > 15, "{count} changes");
    }
}

#[test]
fn two_at_a_time_do_not_cross() {
    let mut room = Room::new();
    room.backup();
    let lock = fs::File::open(room.out()).unwrap();
    lock.try_lock().unwrap();
    room.commit(&[("new", Some(note("new")))], Vec::new());
    assert!(room.try_backup().is_err());
    drop(lock);
    room.backup();
    assert_eq!(room.check().verdict(), Verdict::Whole);
}
