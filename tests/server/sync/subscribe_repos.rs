//! `com.atproto.sync.subscribeRepos`: where a stream begins, and how it ends

use std::collections::BTreeSet;
use std::time::Duration;

use repo::event::Message;
use repo::slice::Slice;

use crate::harness::{Event, NOTES, Pds, TestAccount, eventually};

fn seq(event: &Event) -> u64 {
    match event {
        Message::Commit(event) => event.seq,
        Message::Sync(event) => event.seq,
        Message::Identity(event) => event.seq,
        Message::Account(event) => event.seq,
        other => panic!("an event without number: {other:?}"),
    }
}

/// Returns the path that the first operation of a commit is on.
fn path(event: &Event) -> Option<String> {
    match event {
        Message::Commit(event) => event.ops.first().map(|op| op.path.to_string()),
        _ => None,
    }
}

/// The ending of a stream that the server broke off with an error.
fn error(name: &str) -> Option<(u16, String)> {
    Some((1008, name.to_owned()))
}

#[tokio::test]
async fn a_stream_begins_after_its_cursor() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for rkey in ["a", "b", "c"] {
        pds.note(&alice, rkey, "text").await;
    }
    let all = pds.events(7).await;
    let seqs: Vec<u64> = all.iter().map(seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b));
    for (index, cursor) in seqs.iter().enumerate() {
        let rest = &all[index + 1..];
        assert_eq!(pds.subscribe(Some(*cursor)).await.take(rest.len()).await, rest);
        // A number between two events is as good as that of the first.
        if !rest.is_empty() && seqs[index + 1] > cursor + 1 {
            let between = pds.subscribe(Some(cursor + 1)).await.take(rest.len()).await;
            assert_eq!(between, rest);
        }
    }
    for cursor in ["cursor=0", "cursor=-1", "cursor=1"] {
        assert_eq!(pds.subscribe_with(cursor).await.take(7).await, all, "{cursor}");
    }
    let mut live = pds.subscribe(None).await;
    let mut newest = pds.subscribe(seqs.last().copied()).await;
    pds.note(&alice, "d", "new").await;
    for stream in [&mut live, &mut newest] {
        let next = stream.next().await;
        assert_eq!(path(&next), Some(format!("{NOTES}/d")));
    }
}

#[tokio::test]
async fn a_cursor_that_is_none_ends_the_stream_with_a_name() {
    let pds = Pds::start().await;
    pds.account("alice").await;
    let newest = seq(pds.events(4).await.last().unwrap());
    for (query, name) in [
        (format!("cursor={}", newest + 1), "FutureCursor"),
        (format!("cursor={}", i64::MAX), "FutureCursor"),
        ("cursor=soon".to_owned(), "InvalidRequest"),
        ("cursor=1.5".to_owned(), "InvalidRequest"),
    ] {
        let (events, farewell) = pds.subscribe_with(&query).await.rest().await;
        let [Message::Error(told, _)] = events.as_slice() else { panic!("{query}: {events:?}") };
        assert_eq!((told.as_str(), farewell), (name, error(name)), "{query}");
    }
    let plain = pds.get("com.atproto.sync.subscribeRepos").send().await;
    assert_eq!(plain.status, 426);
    assert_eq!(plain.header("upgrade"), Some("websocket"));
}

#[tokio::test]
async fn one_that_was_away_for_too_long_is_told() {
    let mut pds = Pds::start_with(|config| config.retention.sweep_seconds = 1).await;
    let alice = pds.account("alice").await;
    let old = pds.events(4).await;
    pds.advance(Duration::from_secs(73 * 60 * 60));
    // The session has ended by then.
    let session = pds.sign_in(&alice.handle, &alice.password).await;
    let access = session["accessJwt"].as_str().unwrap().to_owned();
    let alice = TestAccount { access, ..alice };
    pds.note(&alice, "a", "new").await;
    eventually(async || {
        let first = pds.subscribe(Some(seq(&old[0]))).await.next().await;
        matches!(first, Message::Info(name, _) if name == "OutdatedCursor").then_some(())
    })
    .await;
    // What is still in memory would be sent all the same.
    pds.restart().await;
    for cursor in [0, seq(&old[0]), seq(&old[2])] {
        let told = pds.subscribe(Some(cursor)).await.take(2).await;
        assert!(matches!(&told[0], Message::Info(name, _) if name == "OutdatedCursor"));
        assert_eq!(path(&told[1]), Some(format!("{NOTES}/a")));
    }
    let next = pds.subscribe(Some(seq(&old[3]))).await.next().await;
    assert_eq!(path(&next), Some(format!("{NOTES}/a")), "nothing was missed after the last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_replayed_goes_over_into_what_is_new() {
    // A ring that holds next to nothing makes everybody read from the store now and then.
    for ring_bytes in [4_000, 1 << 20] {
        let pds = Pds::start_with(|config| config.limits.firehose_ring_bytes = ring_bytes).await;
        let mut accounts = Vec::new();
        for name in ["alice", "bob", "carol", "dan"] {
            accounts.push(pds.account(name).await);
        }
        let write = async |account: &TestAccount| {
            for number in 0..60 {
                pds.note(account, &format!("n{number}"), "text").await;
            }
        };
        let read = async |begin: usize| {
            let mut first = pds.subscribe(Some(0)).await;
            // Each begins at another moment, and from the beginning.
            first.take(begin).await;
            let mut stream = pds.subscribe(Some(0)).await;
            stream.take(4 * 4 + 4 * 60).await
        };
        let [a, b, c, d] = accounts.as_slice() else { unreachable!() };
        let ((), (), (), (), one, two, three) =
            tokio::join!(write(a), write(b), write(c), write(d), read(17), read(60), read(130),);
        let seqs: Vec<u64> = one.iter().map(seq).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b));
        assert!(one == two && two == three);
        let commits = one.iter().filter_map(|event| match event {
            Message::Commit(event) if !event.ops.is_empty() => Some(event),
            _ => None,
        });
        let mut paths = BTreeSet::new();
        for commit in commits {
            let slice = Slice::decode(&commit.blocks).unwrap();
            assert_eq!(Some(slice.invert(&commit.ops).unwrap()), commit.prev_data);
            paths.extend(commit.ops.iter().map(|op| (commit.repo.clone(), op.path.clone())));
        }
        assert_eq!(paths.len(), 4 * 60);
    }
}

#[tokio::test]
async fn one_that_goes_on_after_a_restart_misses_nothing() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let mut stream = pds.subscribe(Some(0)).await;
    let mut last = seq(stream.take(4).await.last().unwrap());
    for round in 0..3 {
        pds.note(&alice, &format!("before{round}"), "text").await;
        pds.restart().await;
        let (mut seen, farewell) = stream.rest().await;
        assert_eq!(farewell.map(|(code, _)| code), Some(1001), "the server says that it goes");
        pds.note(&alice, &format!("after{round}"), "text").await;
        last = seen.last().map_or(last, seq);
        stream = pds.subscribe(Some(last)).await;
        while seen.len() < 2 {
            seen.push(stream.next().await);
        }
        let paths: Vec<_> = seen.iter().filter_map(path).collect();
        let expected = [format!("{NOTES}/before{round}"), format!("{NOTES}/after{round}")];
        assert_eq!(paths, expected);
        last = seq(seen.last().unwrap());
    }
}

#[tokio::test]
async fn one_that_does_not_read_is_let_go() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    // More than sockets hold.
    for number in 0..24 {
        pds.note(&alice, &format!("n{number}"), &"x".repeat(900_000)).await;
    }
    let stream = pds.subscribe(Some(0)).await;
    // Nothing else happens meanwhile, so that the time that the server waits passes at once.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(31)).await;
    tokio::time::resume();
    let (events, farewell) = stream.rest().await;
    let Some((Message::Error(name, _), events)) = events.split_last() else {
        panic!("it ends without a word after {} events", events.len());
    };
    assert_eq!((name.as_str(), farewell), ("ConsumerTooSlow", error("ConsumerTooSlow")));
    assert!(events.len() < 4 + 24);
    // It may come back to where it was.
    let mut stream = pds.subscribe(events.last().map(seq)).await;
    stream.take(4 + 24 - events.len()).await;
}

#[tokio::test]
async fn who_closes_a_stream_is_answered_in_kind() {
    let pds = Pds::start().await;
    let mut stream = pds.subscribe(None).await;
    stream.close().await;
    assert_eq!(stream.rest().await.1, Some((1000, String::new())));
}
