//! What relays make of a move: the host waits until they have the account as active, tells them of it
//! again, and gives them no revision that they would not believe.

use std::time::Duration;

use identity::Origin;
use migrate::report::{SignedReport, Verdict};
use repo::event::Message;
use serde_json::{Value, json};
use syntax::Tid;
use tokio::net::TcpSocket;

use super::{is_active, settled};
use crate::harness::{Fault, Move, Pds, Proxy, Road, TestAccount};

/// How long it is waited between two looks at what a relay says.
const LOOK_PAUSE: Duration = Duration::from_secs(2);
/// How long it may take until an event is heard that there is already.
const SOON: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_secs(60);
/// How far ahead relays let a revision be.
const AHEAD_MAX: Duration = Duration::from_secs(5 * 60);

/// Has a relay say how an account stands, from now on.
fn say(relay: &Proxy, owner: &TestAccount, state: Value) {
    relay.let_through();
    let answer = |body: Value| {
        let json = ("content-type", "application/json".to_owned());
        Fault::Answer(200, json, body.to_string().into())
    };
    let mut body = state;
    body["did"] = json!(owner.did);
    relay.always("getRepoStatus", answer(body));
    relay.always("requestCrawl", answer(json!({})));
}

/// Has a relay hold an account for deactivated.
fn make_unaware(relay: &Proxy, owner: &TestAccount) {
    say(relay, owner, json!({ "active": false, "status": "deactivated" }));
}

/// Has a relay know all that the new host has said of an account.
async fn make_aware(relay: &Proxy, road: &Road, owner: &TestAccount) {
    say(relay, owner, json!({ "active": true, "rev": road.new.rev(owner).await }));
}

async fn road_with_relay(origin: &str) -> Road {
    let origin: Origin = origin.parse().unwrap();
    Road::with(|config| config.crawlers = vec![origin]).await
}

/// Brings a move as far as to where relays are waited for.
async fn begin<'a>(road: &'a Road, owner: &TestAccount) -> Move<'a> {
    let moving = road.new.begin_move(owner).await;
    moving.approve_and_confirm(&road.old).await;
    moving
}

/// Waits for the next look that was in vain, and lets the time pass until the one after it. The old
/// account is open until then. Returns the move; `None` if it waits for no relay any more.
async fn next_look(road: &Road, moving: &Move<'_>, last: &mut Value) -> Option<Value> {
    let is_new = |job: &Value| job["retryAt"].is_string() && job["retryAt"] != *last;
    let is_seen = |job: &Value| match job["state"].as_str() {
        Some("network") => is_new(job),
        state => matches!(state, Some("retire" | "report" | "done")),
    };
    let job = moving.until("another look", is_seen).await;
    if job["state"] != "network" {
        return None;
    }
    assert_eq!(road.source.count("deactivateAccount"), 0, "the old account is closed last");
    *last = job["retryAt"].clone();
    road.advance(LOOK_PAUSE);
    Some(job)
}

/// Checks that a move is done with nothing to say about it, and that all is there.
async fn assert_flawless(road: &Road, moving: &Move<'_>) {
    let job = moving.until_state("done").await;
    assert_eq!(job["warnings"], json!([]), "{job:#}");
    assert_same(moving).await;
    let here = &moving.here;
    assert_eq!((is_active(&road.old, here).await, is_active(&road.new, here).await), (false, true));
}

async fn assert_same(moving: &Move<'_>) {
    let report = SignedReport::decode(moving.report().await.as_bytes()).unwrap();
    let comparison = report.report().compare();
    assert_eq!(comparison.verdict(), Verdict::Same, "{comparison:#?}");
}

/// Returns what followers of a host have heard of an account until now, in words, and the revisions.
async fn heard(pds: &Pds, owner: &TestAccount) -> (Vec<&'static str>, Vec<Tid>) {
    let mut stream = pds.subscribe(Some(0)).await;
    let (mut words, mut revs) = (Vec::new(), Vec::new());
    // All that there is comes at once; what is awaited besides does not.
    while let Some(event) = stream.next_within(SOON).await {
        match event {
            Message::Account(event) if event.did.as_str() == owner.did => {
                words.push(if event.active { "active" } else { "inactive" });
            }
            Message::Identity(event) if event.did.as_str() == owner.did => words.push("identity"),
            Message::Sync(event) if event.did.as_str() == owner.did => {
                words.push("sync");
                revs.push(event.rev);
            }
            Message::Commit(event) if event.repo.as_str() == owner.did => {
                words.push("commit");
                revs.push(event.rev);
            }
            _ => {}
        }
    }
    (words, revs)
}

#[tokio::test]
async fn a_relay_that_has_missed_the_account_is_told_of_it_again() {
    let relay = Proxy::listen().await;
    let road = road_with_relay(&relay.origin()).await;
    let alice = settled(&road.old, "alice").await;
    make_unaware(&relay, &alice);
    let mut stream = road.new.subscribe(None).await;
    let moving = begin(&road, &alice).await;
    let begun = road.new.now_s();
    let (mut greetings, mut last) = (0, Value::Null);
    while let Some(job) = next_look(&road, &moving, &mut last).await {
        let error = job["lastError"].as_str().unwrap();
        assert!(error.contains(&relay.origin()) && error.contains("inactive"), "{error}");
        while let Some(event) = stream.next_within(SOON).await {
            greetings += usize::from(matches!(event, Message::Account(event) if event.active));
        }
        // The relay has heard the farewell of the old host after the first greeting of the new one,
        // so that it takes the second one for the first.
        if greetings == 2 {
            make_aware(&relay, &road, &alice).await;
        }
    }
    assert_flawless(&road, &moving).await;
    assert!(road.new.now_s() - begun <= 60, "{} s", road.new.now_s() - begun);
    assert!(relay.count("requestCrawl") >= 1);

    let (words, revs) = heard(&road.new, &alice).await;
    assert_eq!(words, ["active", "identity", "sync", "active", "identity", "sync"]);
    assert!(revs.is_sorted_by(|one, other| one < other), "{revs:?}");
    let (words, before) = heard(&road.old, &alice).await;
    assert_eq!(words.last(), Some(&"inactive"));
    assert!(before.last() < revs.first());
}

#[tokio::test]
async fn a_relay_that_never_hears_of_the_account_is_named_and_holds_nothing_up() {
    let relay = Proxy::listen().await;
    let road = road_with_relay(&relay.origin()).await;
    let alice = settled(&road.old, "alice").await;
    make_unaware(&relay, &alice);
    let closing = road.source.hold("deactivateAccount");
    let moving = begin(&road, &alice).await;
    let mut last = Value::Null;
    next_look(&road, &moving, &mut last).await.unwrap();
    let begun = road.new.now_s();
    road.new.advance_with_each_step(LOOK_PAUSE);
    let job = moving.until_state("retire").await;
    assert!(road.new.now_s() - begun < 10 * 60, "{} s", road.new.now_s() - begun);
    assert!(is_active(&road.old, &alice).await);
    let asked = relay.count("getRepoStatus");
    closing.open();
    let done = moving.until_state("done").await;
    assert_eq!(
        (&done["warnings"], done["warnings"].as_array().unwrap().len()),
        (&job["warnings"], 1)
    );
    let warning = done["warnings"][0].as_str().unwrap();
    assert!(warning.contains(&relay.origin()), "{warning}");
    assert_eq!(relay.count("getRepoStatus"), asked, "it is left alone after that");
    assert_same(&moving).await;
    assert_eq!(
        (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await),
        (false, true)
    );
    let (words, _) = heard(&road.new, &alice).await;
    let times = words.iter().filter(|word| **word == "active").count();
    assert!((2..10).contains(&times), "it was told {times} times");
}

#[tokio::test]
async fn a_relay_that_has_only_heard_the_old_host_does_not_know_the_account() {
    let relay = Proxy::listen().await;
    let road = road_with_relay(&relay.origin()).await;
    let alice = settled(&road.old, "alice").await;
    say(&relay, &alice, json!({ "active": true, "rev": road.old.rev(&alice).await }));
    let moving = begin(&road, &alice).await;
    let mut last = Value::Null;
    for _ in 0..3 {
        let job = next_look(&road, &moving, &mut last).await;
        let job = job.expect("it is not taken for knowing the account here");
        assert!(job["lastError"].as_str().unwrap().contains(&relay.origin()), "{job:#}");
    }
    make_aware(&relay, &road, &alice).await;
    while next_look(&road, &moving, &mut last).await.is_some() {}
    assert_flawless(&road, &moving).await;
}

#[tokio::test]
async fn a_relay_that_is_down_is_waited_for() {
    // An address that is taken, at which nobody listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let origin = format!("http://localhost:{}", socket.local_addr().unwrap().port());
    let road = road_with_relay(&origin).await;
    let alice = settled(&road.old, "alice").await;
    let moving = begin(&road, &alice).await;
    let mut last = Value::Null;
    for _ in 0..2 {
        let job = next_look(&road, &moving, &mut last).await.unwrap();
        assert!(job["lastError"].as_str().unwrap().contains(&origin), "{job:#}");
    }
    let relay = Proxy::on(socket.listen(16).unwrap());
    make_aware(&relay, &road, &alice).await;
    while next_look(&road, &moving, &mut last).await.is_some() {}
    assert_flawless(&road, &moving).await;
    assert_eq!(relay.count("getRepoStatus"), 1, "it is believed at once");
}

/// Returns the first revision that relays would not believe.
fn too_late(pds: &Pds) -> Tid {
    Tid::new((pds.now_s() + AHEAD_MAX.as_secs()) * 1_000_000, 0)
}

/// Moves an account whose old host's clock is so far ahead after the move has begun, and returns its
/// last revision there and the first one here.
async fn move_from_the_future(ahead: Duration) -> (Road, TestAccount, Tid, Tid) {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.until_needed("review").await;
    // Before a move begins, nobody gets past this.
    road.old.advance(ahead);
    road.old.note(&alice, "ahead", "written in the future").await;
    let theirs = road.old.download(&alice, None).await;
    let job = moving.finish(&road.old).await;
    assert_eq!(job["warnings"], json!([]), "{job:#}");
    assert_same(&moving).await;
    let ours = road.new.download(&moving.here, None).await;
    assert_eq!((ours.commit.data, ours.records()), (theirs.commit.data, theirs.records()));
    let (words, revs) = heard(&road.new, &alice).await;
    assert_eq!(words, ["active", "identity", "sync"]);
    assert_eq!(revs, [ours.commit.rev]);
    road.new.note(&moving.here, "next", "written here").await;
    assert!(ours.commit.rev.to_string() < road.new.rev(&alice).await);
    (road, alice, theirs.commit.rev, ours.commit.rev)
}

#[tokio::test]
async fn revisions_that_are_a_little_ahead_are_gone_on_from() {
    let (road, alice, theirs, ours) = move_from_the_future(4 * MINUTE).await;
    assert!(theirs.timestamp_us() > (road.new.now_s() + 3 * 60) * 1_000_000);
    assert!(theirs < ours && ours < too_late(&road.new), "{theirs} {ours}");
    assert!(road.new.rev(&alice).await < too_late(&road.new).to_string());
}

#[tokio::test]
async fn revisions_from_the_future_are_given_up_for_ones_that_relays_believe() {
    let (road, alice, theirs, ours) = move_from_the_future(10 * MINUTE).await;
    assert!(theirs >= too_late(&road.new) && ours < too_late(&road.new), "{theirs} {ours}");
    assert!(road.new.rev(&alice).await < too_late(&road.new).to_string());
}
