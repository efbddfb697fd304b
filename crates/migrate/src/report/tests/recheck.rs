//! What hosts say later, held against a report.

use super::*;

/// Changes what is found at the hosts, and says which changes and faults are named, and how many
/// parts hold.
type LiveCase = (fn(&Report, &mut Live), &'static [&'static str], &'static [&'static str], usize);

const CASES: &[LiveCase] = &[
    (|_, _| {}, &[], &[], 7),
    (
        // The account goes on writing.
        |report, live| {
            let next = commit(&report.did, Cid::of_cbor(b"next"), 9_000_000, 5);
            live.head = Some(head(next, &log()));
            live.leaves = Some(leaves(&["app.bsky.feed.post/a", "app.bsky.feed.post/c"]));
            live.blobs = Some(blobs(&["a", "c", "d"], &["a", "c", "d"]));
            live.preferences = Some(Preferences::of(&[]));
        },
        &[
            "has written",
            "records: 3",
            "profile: 1 before, 0 now",
            "2 as before, but others",
            "files: 2 before, 3 now",
            "preferences were",
        ],
        &[],
        3,
    ),
    (
        |_, live| live.blobs = Some(blobs(&["a"], &["a", "bb"])),
        &[],
        &["app.bsky.feed.post/bb is gone"],
        6,
    ),
    (|_, live| live.blobs = Some(blobs(&["a"], &["a"])), &[], &["no record went"], 6),
    (|_, live| live.blobs.as_mut().unwrap().rehashed = 1, &[], &["1 files were not proved"], 6),
    (
        |report, live| {
            live.head = Some(head(commit(&report.did, report.after.head.data, 0, 5), &log()))
        },
        &[],
        &["went back"],
        6,
    ),
    (
        |_, live| live.head.as_mut().unwrap().commit = Cid::of_cbor(b"fork"),
        &[],
        &["at the same revision"],
        6,
    ),
    (
        |_, live| live.identity.as_mut().unwrap().signing_key = Some(private(8).public_key()),
        &[],
        &["not signed"],
        6,
    ),
    (|_, live| live.leaves = Some(leaves(&[])), &[], &["records: 3", "profile", "post"], 6),
    (
        |_, live| live.identity.as_mut().unwrap().host = Some(origin("https://third.example.com")),
        &["moved on to https://third.example.com"],
        &[],
        6,
    ),
    (|_, live| live.identity.as_mut().unwrap().host = None, &[], &["names no host"], 6),
    (
        |report, live| live.at = report.times.ended.clone(),
        &["can be taken back until 2026-01-04"],
        &[],
        6,
    ),
    (
        // The owner takes the move back.
        |_, live| {
            let log = log();
            let first = log.entries()[0].clone();
            let back = Content::update(&first.operation, first.operation.state().unwrap());
            let log = with(&log, back.sign(&private(1)).unwrap(), START_MS + 8_000_000);
            live.identity.as_mut().unwrap().log = Identity::of(&log, &first.cid);
        },
        &["identity was changed"],
        &["was taken back"],
        6,
    ),
    (
        |_, live| live.identity.as_mut().unwrap().log.as_mut().unwrap().operations.clear(),
        &[],
        &["not in the log"],
        6,
    ),
    (|report, live| live.old_rev = report.after.head.rev, &[], &["late is not here"], 6),
    (
        |_, live| {
            (live.head, live.leaves, live.blobs) = (None, None, None);
            (live.preferences, live.identity, live.old_rev) = (None, None, None);
        },
        &[],
        &[],
        0,
    ),
];

#[test]
fn a_recheck_tells_life_from_loss() {
    for (index, (change, changed, faults, holds)) in CASES.iter().enumerate() {
        let report = report();
        let mut live = live(&report);
        change(&report, &mut live);
        let found = recheck(&report, &live);
        for (lines, names) in [
            (found.changed.iter().map(ToString::to_string).collect::<Vec<_>>(), changed),
            (found.faults.iter().map(ToString::to_string).collect(), faults),
        ] {
            assert_eq!(lines.len(), names.len(), "case {index}: {lines:?}");
            for name in *names {
                assert!(lines.iter().any(|line| line.contains(name)), "case {index}: {lines:?}");
            }
        }
        assert_eq!(found.holds.len(), *holds, "case {index}: {found:?}");
        assert_eq!(found.is_sound(), faults.is_empty());
        assert_eq!(found.unchecked.len(), if *holds == 0 { 7 } else { 0 });
        assert!(serde_json::to_string(&found).is_ok());
        assert!(found.to_text().lines().count() < 24, "{}", found.to_text());
    }
}
