//! Logs that grow by one operation after the other, as a directory lets them.

use crypto::{Curve, PrivateKey};
use proptest::prelude::*;

use super::*;
use crate::plc::{Change, Content};

/// A log under one's own rule over time. Of its keys, the first has the highest authority.
struct Log {
    did: Did,
    entries: Vec<Entry>,
    keys: Vec<PrivateKey>,
}

const START_MS: u64 = 1_700_000_000_000;
const HOUR_MS: u64 = 3_600_000;

impl Log {
    /// Makes a log of one operation, at the start of time.
    fn new() -> Self {
        let keys: Vec<_> = [Curve::Secp256k1, Curve::P256, Curve::Secp256k1]
            .into_iter()
            .map(PrivateKey::generate)
            .collect();
        let rotation_keys = keys.iter().map(|key| (&key.public_key()).into()).collect();
        let state = State { rotation_keys, ..State::default() };
        let genesis = Content::genesis(state).sign(&keys[0]).unwrap();
        let did = genesis.did().unwrap();
        let mut log = Self { did, entries: Vec::new(), keys };
        log.add(genesis, 0).unwrap();
        log
    }

    /// Makes an operation after another one, by one of the keys.
    fn change(&self, after: usize, key: usize, name: &str) -> Operation {
        let after = &self.entries[after].operation;
        // After a tombstone there is no state to go on from, and this is what an attacker has.
        let before = after.state().or_else(|| self.entries[0].operation.state()).unwrap();
        let names = Some(vec![format!("at://{name}.test")]);
        let state = before.with(Change { also_known_as: names, ..Change::default() });
        Content::update(after, state).sign(&self.keys[key]).unwrap()
    }

    fn tombstone(&self, after: usize, key: usize) -> Operation {
        Content::tombstone(&self.entries[after].operation).sign(&self.keys[key]).unwrap()
    }

    /// Does what a directory does with an operation, `ms` after the start.
    fn add(&mut self, operation: Operation, ms: u64) -> Result<usize, AppendError> {
        let now = START_MS + ms;
        let appended = append(&self.did, &self.entries, operation, now, RateLimits::Public)?;
        for entry in &mut self.entries {
            entry.nullified |= appended.nullified.contains(&entry.cid);
        }
        self.entries.push(appended.entry);
        // Whatever a directory accepts, an auditor believes.
        let audited = AuditedLog::check(&self.did, self.entries.clone()).unwrap();
        assert_eq!(audited.last(), self.entries.last().unwrap());
        Ok(appended.nullified.len())
    }
}

/// Something to do to a log.
type Edit<'a> = &'a dyn Fn(&mut Vec<Entry>);

fn fault(fault: LogError) -> Result<usize, AppendError> {
    Err(AppendError::Log(fault))
}

#[test]
fn operations_follow_the_last_one() {
    let mut log = Log::new();
    for (key, number) in [(2, 1), (0, 2), (1, 3)] {
        let operation = log.change(number - 1, key, "a");
        assert_eq!(log.add(operation, 1000), Ok(0));
    }
    assert_eq!(last(&log.entries), log.entries.get(3));
}

#[test]
fn a_stronger_key_takes_back_for_72_hours_and_no_longer() {
    for (after_ms, expected) in
        [(72 * HOUR_MS, Ok(2)), (72 * HOUR_MS + 1, fault(LogError::TooLate))]
    {
        let mut log = Log::new();
        let first = log.change(0, 1, "mallory");
        log.add(first, 1000).unwrap();
        let second = log.change(1, 0, "later");
        log.add(second, 2000).unwrap();
        let recovery = log.change(0, 0, "alice");
        assert_eq!(log.add(recovery, 1000 + after_ms), expected);
    }
}

#[test]
fn only_a_stronger_key_takes_back() {
    let mut log = Log::new();
    let disputed = log.change(0, 1, "mallory");
    log.add(disputed, 1000).unwrap();
    let weaker = log.change(0, 2, "alice");
    assert_eq!(log.add(weaker, 2000), fault(LogError::Signature));
    let same = log.change(0, 1, "alice");
    assert_eq!(log.add(same, 2000), fault(LogError::Conflict));
    let mut stranger = log.change(0, 0, "alice");
    stranger = stranger.content().clone().sign(&PrivateKey::generate(Curve::P256)).unwrap();
    assert_eq!(log.add(stranger, 2000), fault(LogError::Signature));
    let stronger = log.change(0, 0, "alice");
    assert_eq!(log.add(stronger, 2000), Ok(1));
    let after_nullified = log.change(1, 1, "mallory");
    assert_eq!(log.add(after_nullified, 3000), fault(LogError::UnknownPrev));
}

#[test]
fn an_end_is_final_unless_taken_back() {
    let mut log = Log::new();
    let end = log.tombstone(0, 1);
    log.add(end, 1000).unwrap();
    let after = log.change(1, 0, "alice");
    assert_eq!(log.add(after, 2000), fault(LogError::Tombstone));
    assert_eq!(AuditedLog::check(&log.did, log.entries.clone()).unwrap().state(), None);
    let recovery = log.change(0, 0, "alice");
    assert_eq!(log.add(recovery, 2000), Ok(1));
}

#[test]
fn a_log_begins_with_what_makes_its_did() {
    let mut log = Log::new();
    let genesis = log.entries[0].operation.clone();
    assert_eq!(log.add(genesis.clone(), 1000), fault(LogError::SecondGenesis));
    let other = Log::new();
    let at = |did: &Did, operation: Operation| {
        append(did, &[], operation, START_MS, RateLimits::Public)
            .map(|appended| appended.nullified.len())
    };
    assert_eq!(at(&log.did, genesis), Ok(0));
    let foreign = other.entries[0].operation.clone();
    assert_eq!(at(&log.did, foreign), fault(LogError::OtherDid(other.did.clone())));
    assert_eq!(at(&log.did, log.change(0, 0, "a")), fault(LogError::NoGenesis));
    assert_eq!(at(&log.did, log.tombstone(0, 0)), fault(LogError::NoGenesis));
    let unsigned = log.entries[0].operation.content().clone();
    let unsigned = unsigned.sign(&PrivateKey::generate(Curve::P256)).unwrap();
    let did = unsigned.did().unwrap();
    assert_eq!(at(&did, unsigned), fault(LogError::Signature));
}

#[test]
fn times_rise_whatever_the_clock_does() {
    let mut log = Log::new();
    for (number, ms) in [(1, 5000), (2, 5000), (3, 10), (4, 5002), (5, 5005)] {
        let operation = log.change(number - 1, 0, "a");
        log.add(operation, ms).unwrap();
    }
    let ms = |entry: &Entry| entry.created_at.unix_us() / 1000 - i64::try_from(START_MS).unwrap();
    assert_eq!(log.entries.iter().map(ms).collect::<Vec<_>>(), [0, 5000, 5001, 5002, 5003, 5005]);
}

/// Adds operations at even steps after the last entry, and returns the time of the last one.
fn fill(log: &mut Log, count: usize, step_ms: u64) -> u64 {
    let mut ms = u64::try_from(last(&log.entries).unwrap().time_us() / 1000).unwrap() - START_MS;
    for _ in 0..count {
        ms += step_ms;
        let operation = log.change(log.entries.len() - 1, 1, "a");
        assert_eq!(log.add(operation, ms), Ok(0));
    }
    ms
}

#[test]
fn operations_are_counted_by_hour_day_and_week() {
    for (count, step_ms, within, all_ms) in [
        (10, 1000, "hour", HOUR_MS),
        (30, HOUR_MS / 10 + 1, "day", 24 * HOUR_MS),
        (100, HOUR_MS, "week", 7 * 24 * HOUR_MS),
    ] {
        let mut log = Log::new();
        let ms = fill(&mut log, count - 1, step_ms);
        let next = log.change(count - 1, 1, "a");
        let refused = log.add(next.clone(), ms + step_ms);
        assert_eq!(refused, Err(AppendError::Rate { entries_max: count, within }));
        let now = START_MS + ms + step_ms;
        assert!(append(&log.did, &log.entries, next.clone(), now, RateLimits::Off).is_ok());
        // The first entry is no longer within the time.
        assert_eq!(log.add(next, all_ms), Ok(0));
    }
}

#[test]
fn taking_back_is_not_counted() {
    let mut log = Log::new();
    let ms = fill(&mut log, 9, 1000);
    // Five operations go, the one that took them back comes: five are left of ten.
    let recovery = log.change(4, 0, "alice");
    assert_eq!(log.add(recovery, ms + 1), Ok(5));
    let ms = fill(&mut log, 5, 1000);
    let next = log.change(log.entries.len() - 1, 1, "a");
    let refused = log.add(next, ms + 1);
    assert_eq!(refused, Err(AppendError::Rate { entries_max: 10, within: "hour" }));
}

#[test]
fn new_operations_are_within_their_limits() {
    let log = Log::new();
    let mut state = log.entries[0].operation.state().unwrap();
    state.rotation_keys.clear();
    let content = Content::update(&log.entries[0].operation, state);
    let signature = log.keys[0].sign(&content.signing_bytes());
    let text = serde_json::to_value(&content).map(|mut value| {
        value["sig"] = serde_json::json!(crate::plc::Signature::from(*signature.as_bytes()));
        value.to_string()
    });
    let operation = Operation::parse(text.unwrap().as_bytes()).unwrap();
    let result = append(&log.did, &log.entries, operation, START_MS + 1000, RateLimits::Public);
    assert_eq!(result, Err(AppendError::Limit(LimitError::RotationKeys)));
}

#[test]
fn an_auditor_believes_nothing_without_proof() {
    let mut log = Log::new();
    let disputed = log.change(0, 1, "mallory");
    log.add(disputed, 1000).unwrap();
    let recovery = log.change(0, 0, "alice");
    log.add(recovery, 2000).unwrap();
    let check = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = log.entries.clone();
        change(&mut entries);
        AuditedLog::check(&log.did, entries).map(|_| ())
    };
    let (cid, other) = (log.entries[1].cid, Log::new());
    let early = Datetime::from_unix_ms(START_MS);
    let cases: [(Result<(), LogError>, Edit<'_>); 10] = [
        (Ok(()), &|_| {}),
        (Err(LogError::Empty), &|entries| entries.clear()),
        (Err(LogError::Nullified(cid)), &|entries| entries[1].nullified = false),
        (Err(LogError::Nullified(cid)), &|entries| drop(entries.pop())),
        (Err(LogError::OtherCid(log.entries[2].cid)), &|entries| entries[2].cid = cid),
        (Err(LogError::OtherLog(other.did.clone())), &|entries| entries[1].did = other.did.clone()),
        (Err(LogError::Time), &|entries| entries[2].created_at = entries[1].created_at.clone()),
        (Err(LogError::Time), &|entries| entries[1].created_at = early.clone()),
        (Err(LogError::NoGenesis), &|entries| drop(entries.remove(0))),
        (Err(LogError::NoGenesis), &|entries| entries.swap(0, 1)),
    ];
    for (expected, change) in cases {
        assert_eq!(check(change), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is sent, what a directory accepts makes one line without forks, and an audit holds.
    #[test]
    fn what_is_accepted_is_one_line(
        sent in proptest::collection::vec((0_usize..8, 0_usize..3, 0_u64..40, any::<bool>()), 1..12),
    ) {
        let mut log = Log::new();
        let mut ms = 0;
        for (after, key, hours, end) in sent {
            ms += hours * HOUR_MS;
            let after = after % log.entries.len();
            let operation =
                if end { log.tombstone(after, key) } else { log.change(after, key, "a") };
            // The check of the whole log is within.
            let _ = log.add(operation, ms);
            let live: Vec<_> = log.entries.iter().filter(|entry| !entry.nullified).collect();
            for pair in live.windows(2) {
                prop_assert_eq!(pair[1].operation.prev(), Some(pair[0].cid));
            }
        }
    }
}
