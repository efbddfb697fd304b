//! A source that is asked, and time that is told to pass.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{advance, sleep};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MEMORY: Memory = Memory {
    stale_after: HOUR,
    expire_after: Duration::from_secs(24 * 3600),
    absence_time: Duration::from_secs(60),
    failure_time: Duration::from_secs(10),
    force_interval: Duration::from_secs(30),
    bytes_max: 1 << 20,
};

/// A source whose answers are set, and counted.
struct Source {
    cache: Cache<String, usize>,
    asked: Arc<AtomicUsize>,
    fault: Arc<Mutex<Option<ResolveError>>>,
}

impl Source {
    /// Answers after a second with how often it was asked, or with the fault that is set.
    fn new(memory: Memory) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let fault = Arc::new(Mutex::new(None));
        let look_up = {
            let (asked, fault) = (Arc::clone(&asked), Arc::clone(&fault));
            move |_, _| -> Lookup<usize> {
                let count = asked.fetch_add(1, Ordering::SeqCst) + 1;
                let outcome = fault.lock().unwrap().clone().map_or(Ok(count), Err);
                Box::pin(async move {
                    sleep(Duration::from_secs(1)).await;
                    outcome
                })
            }
        };
        Self { cache: Cache::new(memory, look_up, |_| 0), asked, fault }
    }

    fn fail(&self, fault: Option<ResolveError>) {
        *self.fault.lock().unwrap() = fault;
    }

    async fn value(&self, want: Want) -> Result<usize, String> {
        let value = self.cache.value(&"key".to_owned(), want).await;
        value.map_err(|error| error.to_string())
    }

    async fn usual(&self) -> Result<usize, String> {
        self.value(Want::Usual).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Lets look-ups behind the scenes come to their end.
async fn settle() {
    sleep(Duration::from_secs(2)).await;
}

fn unavailable() -> Option<ResolveError> {
    Some(ResolveError::Status(500))
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_used_then_renewed_then_dropped() {
    let source = Source::new(MEMORY);
    assert_eq!(source.usual().await, Ok(1));
    advance(HOUR - Duration::from_secs(1)).await;
    assert_eq!(source.usual().await, Ok(1));
    settle().await;
    assert_eq!(source.asked(), 1);
    // Stale: used once more, and renewed behind the scenes.
    assert_eq!(source.usual().await, Ok(1));
    settle().await;
    assert_eq!(source.usual().await, Ok(2));
    // Expired: waited for.
    advance(24 * HOUR).await;
    assert_eq!(source.usual().await, Ok(3));
}

/// Asks a hundred times at once.
async fn ask_often(source: &Arc<Source>, want: Want) -> JoinSet<Result<usize, String>> {
    let mut asking = JoinSet::new();
    for _ in 0..100 {
        let source = Arc::clone(source);
        asking.spawn(async move { source.value(want).await });
    }
    sleep(Duration::from_millis(1)).await;
    asking
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_at_once_share_one_look_up() {
    let source = Arc::new(Source::new(MEMORY));
    let usual = ask_often(&source, Want::Usual).await;
    let anew = ask_often(&source, Want::Anew).await;
    // What began as usual is not what is wanted anew, and does not come after it.
    assert!(usual.join_all().await.iter().all(|value| *value == Ok(1)));
    assert!(anew.join_all().await.iter().all(|value| *value == Ok(2)));
    assert_eq!(source.usual().await, Ok(2));
    assert_eq!(source.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_panics_is_not_the_last_one() {
    let asked = AtomicUsize::new(0);
    let look_up = move |_, _| -> Lookup<usize> {
        let count = asked.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move { if count == 1 { panic!("as it is meant to") } else { Ok(count) } })
    };
    let cache = Cache::new(MEMORY, look_up, |_| 0);
    let key = "key".to_owned();
    assert!(matches!(cache.value(&key, Want::Usual).await, Err(ResolveError::Busy)));
    assert_eq!(cache.value(&key, Want::Usual).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_goes_on_when_nobody_waits() {
    let source = Source::new(MEMORY);
    let gone = tokio::time::timeout(Duration::from_millis(1), source.usual()).await;
    assert!(gone.is_err());
    settle().await;
    assert_eq!(source.usual().await, Ok(1));
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_absence_is_believed_for_a_while_and_replaces_a_value() {
    let source = Source::new(MEMORY);
    assert_eq!(source.usual().await, Ok(1));
    source.fail(Some(ResolveError::NotFound));
    assert_eq!(source.value(Want::Anew).await, Err("there is none".to_owned()));
    source.fail(None);
    advance(MEMORY.absence_time - Duration::from_secs(1)).await;
    assert_eq!(source.usual().await, Err("there is none".to_owned()));
    assert_eq!(source.asked(), 2);
    advance(Duration::from_secs(1)).await;
    assert_eq!(source.usual().await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_no_absence() {
    let source = Source::new(MEMORY);
    let no_answer = Err("server answered with status 500".to_owned());
    source.fail(unavailable());
    assert_eq!(source.usual().await, no_answer);
    assert_eq!(source.usual().await, no_answer);
    assert_eq!(source.asked(), 1);
    source.fail(None);
    advance(MEMORY.failure_time).await;
    assert_eq!(source.usual().await, Ok(2));

    // What is stale is used as long as there is no answer, and tried again now and then.
    source.fail(unavailable());
    advance(2 * HOUR).await;
    for _ in 0..5 {
        assert_eq!(source.usual().await, Ok(2));
        settle().await;
    }
    assert_eq!(source.asked(), 3);
    advance(MEMORY.failure_time).await;
    assert_eq!(source.usual().await, Ok(2));
    settle().await;
    assert_eq!(source.asked(), 4);
    assert_eq!(source.value(Want::Anew).await, Ok(2));
    advance(22 * HOUR).await;
    assert_eq!(source.usual().await, no_answer);
    source.fail(None);
    advance(MEMORY.failure_time).await;
    assert_eq!(source.usual().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn wanting_a_value_anew_makes_one_look_up_in_a_while() {
    let source = Source::new(MEMORY);
    assert_eq!(source.usual().await, Ok(1));
    for _ in 0..100 {
        assert_eq!(source.value(Want::Anew).await, Ok(2));
    }
    advance(MEMORY.force_interval).await;
    assert_eq!(source.value(Want::Anew).await, Ok(3));
    assert_eq!(source.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_while_looked_up_does_not_come_back() {
    let source = Arc::new(Source::new(MEMORY));
    let early = Arc::clone(&source);
    let mut asking = JoinSet::new();
    asking.spawn(async move { early.usual().await });
    sleep(Duration::from_millis(500)).await;
    source.cache.forget(&"key".to_owned());
    assert_eq!(source.usual().await, Ok(2));
    assert_eq!(asking.join_all().await, [Ok(1)]);
    settle().await;
    assert_eq!(source.usual().await, Ok(2));
    assert_eq!(source.cache.0.slots().bytes, ENTRY_BYTES + "key".len());
}

#[tokio::test(start_paused = true)]
async fn what_is_still_good_is_not_forgotten_and_an_absence_can_be() {
    let source = Arc::new(Source::new(MEMORY));
    let key = "key".to_owned();
    assert_eq!(source.usual().await, Ok(1));
    assert!(!source.cache.forget_if(&key, |outcome| !matches!(outcome, Ok(1))));
    assert_eq!(source.usual().await, Ok(1));
    source.fail(Some(ResolveError::NotFound));
    assert!(source.cache.forget_if(&key, |outcome| matches!(outcome, Ok(1))));
    assert!(source.usual().await.is_err());
    assert_eq!(source.asked(), 2);
    source.fail(None);
    assert!(source.cache.forget_if(&key, Result::is_err));
    assert_eq!(source.usual().await, Ok(3));
    // What is on its way is not known to be good.
    assert!(source.cache.forget_if(&key, |_| true));
    let early = Arc::clone(&source);
    let mut asking = JoinSet::new();
    asking.spawn(async move { early.usual().await });
    sleep(Duration::from_millis(500)).await;
    assert!(source.cache.forget_if(&key, |_| false));
    assert_eq!(source.usual().await, Ok(5));
    assert_eq!(asking.join_all().await, [Ok(4)]);
    assert_eq!(source.cache.0.slots().bytes, ENTRY_BYTES + "key".len());
}

#[tokio::test(start_paused = true)]
async fn room_is_bounded_and_what_is_used_stays() {
    let memory = Memory { bytes_max: 100 * ENTRY_BYTES, ..MEMORY };
    let source = Source::new(memory);
    for number in 0..1_000 {
        assert!(source.usual().await.is_ok());
        let key = format!("other {number}");
        assert!(source.cache.value(&key, Want::Usual).await.is_ok());
        assert!(source.cache.0.slots().bytes <= memory.bytes_max);
    }
    assert_eq!(source.usual().await, Ok(1));
    let slots = source.cache.0.slots();
    let bytes: usize = slots.by_key.values().map(Slot::bytes).sum();
    assert_eq!(slots.bytes, bytes);
}

#[tokio::test(start_paused = true)]
async fn look_ups_are_bounded_and_end_with_the_cache() {
    let source = Arc::new(Source::new(MEMORY));
    let mut asking = JoinSet::new();
    for number in 0..=LOOKUPS_MAX {
        let source = Arc::clone(&source);
        asking.spawn(async move { source.cache.value(&number.to_string(), Want::Usual).await });
    }
    let busy = |value: &Result<usize, ResolveError>| matches!(value, Err(ResolveError::Busy));
    let values = asking.join_all().await;
    assert_eq!(values.iter().filter(|value| busy(value)).count(), 1);

    let weak = Arc::downgrade(&source.asked);
    let cache = source.cache.clone();
    drop(source);
    let _ =
        tokio::time::timeout(Duration::from_millis(1), cache.value(&"x".to_owned(), Want::Usual))
            .await;
    drop(cache);
    settle().await;
    assert_eq!(weak.strong_count(), 0);
}
