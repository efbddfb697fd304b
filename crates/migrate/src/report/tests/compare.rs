//! The two sides of a move, and what is said of their differences.

use super::*;

/// Changes a report, and says what the verdict should be and which differences are named.
type Case = (fn(&mut Report), Verdict, &'static [&'static str]);

const CASES: &[Case] = &[
    (|_| {}, Verdict::Same, &[]),
    (|report| report.after.head.data = Cid::of_cbor(b"other"), Verdict::Different, &["trees"]),
    (
        |report| report.after.leaves = leaves(&["app.bsky.feed.post/a", "x.y.z/new"]),
        Verdict::Different,
        &[
            "records: 3",
            "records of app.bsky.actor.profile: 1 before, 0 now",
            "records of app.bsky.feed.post: 2 before, 1 now",
            "records of x.y.z: 0 before, 1 now",
        ],
    ),
    (|report| report.after.head.rev = report.before.head.rev, Verdict::Different, &["revision"]),
    (
        |report| {
            let time_us = u64::try_from(report.times.ended.unix_us()).unwrap() + 600_000_000;
            report.before.head.rev = Some(Tid::new(time_us, 0));
        },
        Verdict::Same,
        &["revision"],
    ),
    (|report| report.after.head.signed_by = None, Verdict::Different, &["new commit"]),
    (|report| report.before.head.signed_by = None, Verdict::Same, &["old commit"]),
    (
        |report| report.after.blobs = blobs(&["a"], &["a", "bb"]),
        Verdict::Different,
        &["app.bsky.feed.post/bb is missing"],
    ),
    (
        |report| {
            report.after.blobs = blobs(&["a"], &["a", "bb"]);
            report.consents.push(consent());
        },
        Verdict::AsAgreed,
        &["app.bsky.feed.post/bb is missing"],
    ),
    (
        |report| {
            report.after.blobs = blobs(&[], &["a", "bb"]);
            report.consents.push(consent());
        },
        Verdict::Different,
        &["app.bsky.feed.post/a is missing", "app.bsky.feed.post/bb is missing"],
    ),
    (
        |report| {
            report.before.blobs = blobs(&["a"], &["a", "bb"]);
            report.after.blobs = report.before.blobs.clone();
        },
        Verdict::Same,
        &["missing at the old host too"],
    ),
    (
        |report| report.before.blobs = blobs(&["a"], &["a", "bb"]),
        Verdict::Same,
        &["missing at the old host and is here"],
    ),
    (
        |report| report.after.blobs = blobs(&["a"], &["a"]),
        Verdict::Different,
        &["files: 2 before, 1"],
    ),
    (|report| report.after.blobs = blobs(&["a", "c"], &[]), Verdict::Different, &["but others"]),
    (
        // One is named and two are gone.
        |report| report.after.blobs = blobs(&[], &["bb"]),
        Verdict::Different,
        &["app.bsky.feed.post/bb is missing", "files: 2 before, 0 now"],
    ),
    (|report| report.after.blobs.rehashed = 0, Verdict::Different, &["2 files were not read"]),
    (
        |report| {
            let other = Blob { mime_type: "*/*".to_owned(), ..blob("bb") };
            let known = references(&["a", "bb"]);
            report.after.blobs = Blobs::of([blob("a"), other], &known, &BTreeMap::new());
        },
        Verdict::Different,
        &["\"*/*\" at the host", "different types"],
    ),
    (
        |report| report.after.preferences = Some(Preferences::of(&[])),
        Verdict::Different,
        &["preferences: 2 before, 0 now"],
    ),
    (|report| report.after.preferences = None, Verdict::Different, &["preferences are not here"]),
    (
        |report| {
            report.after.preferences = None;
            report.consents.push(Consent { preferences: true, ..consent() });
        },
        Verdict::AsAgreed,
        &["preferences are not here"],
    ),
    (|report| report.before.preferences = None, Verdict::Same, &["not known"]),
];

#[test]
fn a_comparison_names_every_difference() {
    for (index, (change, verdict, names)) in CASES.iter().enumerate() {
        let mut report = report();
        change(&mut report);
        let found = report.compare();
        assert_eq!(found.verdict(), *verdict, "case {index}: {found:?}");
        let all = found.faults.iter().chain(&found.agreed).chain(&found.notes);
        let mut all: Vec<String> = all.map(ToString::to_string).collect();
        assert_eq!(all.len(), names.len(), "case {index}: {all:?}");
        for name in *names {
            let before = all.len();
            all.retain(|line| !line.contains(name));
            assert_eq!(all.len(), before - 1, "case {index} names {name:?} once: {all:?}");
        }
    }
}
