//! What was looked up, for as long as it may be used.
//!
//! Every look-up is a task of its own, so that it goes on when the one who asked has left, and all
//! who ask for the same wait for the same task.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::error::Error;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::resolve::{Memory, ResolveError};

/// What a look-up that leads to nothing says.
pub trait LookupError: Error + Clone + Send + Sync + 'static {
    /// Tells whether this is an answer, and not the lack of one: after an answer there is nothing to
    /// be had, without one there may be, later.
    fn is_answer(&self) -> bool;

    /// Says that there are too many look-ups under way, or that this one was broken off.
    fn busy() -> Self;
}

impl LookupError for ResolveError {
    fn is_answer(&self) -> bool {
        Self::is_answer(self)
    }

    fn busy() -> Self {
        Self::Busy
    }
}

/// How many look-ups may be under way.
const LOOKUPS_MAX: usize = 512;
/// What an entry takes beyond its key and its value, about.
const ENTRY_BYTES: usize = 512;

/// How a value is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// As it is remembered, if it is.
    Usual,
    /// As it is now.
    Anew,
}

/// A look-up under way.
pub type Lookup<V, E = ResolveError> = Pin<Box<dyn Future<Output = Result<V, E>> + Send>>;

/// A memory of values with a way to look them up. Cheap to clone; clones are the same memory.
pub struct Cache<K, V, E = ResolveError>(Arc<Shared<K, V, E>>);

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<K, V, E> {
    memory: Memory,
    look_up: Box<dyn Fn(K, Want) -> Lookup<V, E> + Send + Sync>,
    bytes_of: fn(&V) -> usize,
    /// Held for moments, never while waiting.
    slots: Mutex<Slots<K, V, E>>,
}

struct Slots<K, V, E> {
    by_key: HashMap<K, Slot<V, E>>,
    /// What all slots take.
    bytes: usize,
    /// Rises with each use of any slot, and with each look-up.
    ticks: u64,
    /// The look-ups under way, broken off with the cache.
    tasks: JoinSet<()>,
}

struct Slot<V, E> {
    known: Option<Known<V, E>>,
    under_way: Option<UnderWay<V, E>>,
    /// When a value was last wanted anew.
    forced_at: Option<Instant>,
    /// The tick of the last use.
    used: u64,
    /// What the key takes.
    key_bytes: usize,
}

/// The outcome of a look-up.
struct Known<V, E> {
    outcome: Result<V, E>,
    at: Instant,
    /// When a look-up to replace it last failed.
    failed_at: Option<Instant>,
    bytes: usize,
}

struct UnderWay<V, E> {
    /// Which look-up it is: one that was forgotten or overtaken is not remembered.
    id: u64,
    want: Want,
    outcome: watch::Receiver<Option<Result<V, E>>>,
}

/// What to do for one who asks.
enum Plan<V, E> {
    Take(Result<V, E>),
    Wait(watch::Receiver<Option<Result<V, E>>>),
}

impl<K, V, E> Cache<K, V, E>
where
    K: AsRef<str> + Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LookupError,
{
    /// Makes a memory of nothing yet. `bytes_of` tells about how much room a value takes.
    pub fn new(
        memory: Memory,
        look_up: impl Fn(K, Want) -> Lookup<V, E> + Send + Sync + 'static,
        bytes_of: fn(&V) -> usize,
    ) -> Self {
        let slots = Slots { by_key: HashMap::new(), bytes: 0, ticks: 0, tasks: JoinSet::new() };
        let look_up = Box::new(look_up);
        Self(Arc::new(Shared { memory, look_up, bytes_of, slots: Mutex::new(slots) }))
    }

    /// Returns a value, remembered or looked up.
    ///
    /// # Errors
    ///
    /// What the look-up said, if nothing is remembered that may still be used.
    pub async fn value(&self, key: &K, want: Want) -> Result<V, E> {
        let outcome = match self.plan(key, want) {
            Plan::Take(outcome) => outcome,
            Plan::Wait(mut waiting) => match waiting.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone().unwrap_or(Err(E::busy())),
                Err(_) => Err(E::busy()),
            },
        };
        match outcome {
            Err(error) if !error.is_answer() => self.usable(key).ok_or(error),
            outcome => outcome,
        }
    }

    /// Forgets a value; what is being looked up is not remembered, either.
    pub fn forget(&self, key: &K) {
        self.forget_if(key, |_| true);
    }

    /// Forgets what is remembered of a value, unless that is still good; what is being looked up is not
    /// remembered then, either. Tells whether it was forgotten. Where nothing is remembered, nothing is asked.
    pub fn forget_if(&self, key: &K, is_over: impl FnOnce(&Result<V, E>) -> bool) -> bool {
        let mut slots = self.0.slots();
        let known = slots.by_key.get(key).and_then(|slot| slot.known.as_ref());
        if known.is_some_and(|known| !is_over(&known.outcome)) {
            return false;
        }
        if let Some(slot) = slots.by_key.remove(key) {
            slots.bytes -= slot.bytes();
        }
        true
    }

    /// Decides what one who asks gets, and starts the look-up that it takes.
    fn plan(&self, key: &K, want: Want) -> Plan<V, E> {
        let memory = &self.0.memory;
        let now = Instant::now();
        let mut slots = self.0.slots();
        slots.make_room(memory.bytes_max);
        let slot = slots.touch(key);
        let forced =
            want == Want::Anew && slot.forced_at.is_none_or(|at| now - at >= memory.force_interval);
        let use_of = slot.known.as_ref().map_or(Use::Over, |known| known.use_at(now, memory));
        let remembered = slot.known.as_ref().map(|known| known.outcome.clone());
        match (remembered, use_of) {
            (Some(outcome), Use::Fresh) if !forced => return Plan::Take(outcome),
            (Some(outcome), Use::Stale { retry }) if !forced => {
                if retry && slot.running().is_none() {
                    // If it cannot be started now, it will be the next time.
                    let _ = self.start(&mut slots, key, Want::Usual);
                }
                return Plan::Take(outcome);
            }
            _ => {}
        }
        if forced {
            slot.forced_at = Some(now);
        }
        // One that began as usual may end with what a copy of the directory still has.
        let fits = |under_way: &&UnderWay<V, E>| !forced || under_way.want == Want::Anew;
        if let Some(under_way) = slot.running().filter(fits) {
            return Plan::Wait(under_way.outcome.clone());
        }
        match self.start(&mut slots, key, want) {
            Ok(waiting) => Plan::Wait(waiting),
            Err(error) => Plan::Take(Err(error)),
        }
    }

    /// Returns what is remembered, if it may still be used.
    fn usable(&self, key: &K) -> Option<V> {
        let slots = self.0.slots();
        let known = slots.by_key.get(key)?.known.as_ref()?;
        match known.use_at(Instant::now(), &self.0.memory) {
            Use::Fresh | Use::Stale { .. } => known.outcome.clone().ok(),
            Use::Over => None,
        }
    }

    /// Starts a look-up.
    fn start(
        &self,
        slots: &mut Slots<K, V, E>,
        key: &K,
        want: Want,
    ) -> Result<watch::Receiver<Option<Result<V, E>>>, E> {
        while slots.tasks.try_join_next().is_some() {}
        if slots.tasks.len() >= LOOKUPS_MAX {
            return Err(E::busy());
        }
        let (tell, outcome) = watch::channel(None);
        let id = slots.next_tick();
        slots.touch(key).under_way = Some(UnderWay { id, want, outcome: outcome.clone() });
        let lookup = (self.0.look_up)(key.clone(), want);
        let (shared, key) = (Arc::downgrade(&self.0), key.clone());
        slots.tasks.spawn(async move {
            let outcome = lookup.await;
            if let Err(error) = &outcome {
                let error: &dyn Error = error;
                tracing::debug!(key = key.as_ref(), error, "look-up failed");
            }
            if let Some(shared) = Weak::upgrade(&shared) {
                shared.finish(&key, id, outcome.clone());
            }
            // All who waited may have left.
            let _ = tell.send(Some(outcome));
        });
        Ok(outcome)
    }
}

impl<K: AsRef<str> + Clone + Eq + Hash, V: Clone, E: LookupError> Shared<K, V, E> {
    fn slots(&self) -> MutexGuard<'_, Slots<K, V, E>> {
        // Counts could be off after a panic, which costs room and nothing else.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the outcome of a look-up, unless it was forgotten or overtaken while under way.
    fn finish(&self, key: &K, id: u64, outcome: Result<V, E>) {
        let now = Instant::now();
        let bytes = outcome.as_ref().map_or(0, self.bytes_of);
        let mut slots = self.slots();
        let Some(slot) = slots.by_key.get_mut(key) else {
            return;
        };
        if slot.under_way.as_ref().is_none_or(|under_way| under_way.id != id) {
            return;
        }
        slot.under_way = None;
        let before = slot.bytes();
        let no_answer = outcome.as_ref().is_err_and(|error| !error.is_answer());
        match &mut slot.known {
            Some(known) if no_answer && known.use_at(now, &self.memory) != Use::Over => {
                known.failed_at = Some(now);
            }
            known => *known = Some(Known { outcome, at: now, failed_at: None, bytes }),
        }
        let after = slot.bytes();
        slots.bytes = slots.bytes - before + after;
        slots.make_room(self.memory.bytes_max);
    }
}

impl<K: AsRef<str> + Clone + Eq + Hash, V, E> Slots<K, V, E> {
    fn next_tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    /// Returns the slot of a key, now used.
    fn touch(&mut self, key: &K) -> &mut Slot<V, E> {
        let used = self.next_tick();
        let bytes = &mut self.bytes;
        let slot = self.by_key.entry(key.clone()).or_insert_with(|| {
            let key_bytes = key.as_ref().len();
            let slot = Slot { known: None, under_way: None, forced_at: None, used, key_bytes };
            *bytes += slot.bytes();
            slot
        });
        slot.used = used;
        slot
    }

    /// Drops what was not used for longest, a quarter of it at a time.
    fn make_room(&mut self, bytes_max: usize) {
        if self.bytes <= bytes_max {
            return;
        }
        let idle = self.by_key.iter().filter(|(_, slot)| slot.running().is_none());
        let mut oldest: Vec<(u64, K)> = idle.map(|(key, slot)| (slot.used, key.clone())).collect();
        oldest.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in oldest {
            if self.bytes <= bytes_max - bytes_max / 4 {
                break;
            }
            let slot = self.by_key.remove(&key);
            self.bytes -= slot.map_or(0, |slot| slot.bytes());
        }
    }
}

impl<V, E> Slot<V, E> {
    /// Returns the look-up under way, unless it broke off without an outcome.
    fn running(&self) -> Option<&UnderWay<V, E>> {
        self.under_way.as_ref().filter(|under_way| under_way.outcome.has_changed().is_ok())
    }

    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.key_bytes + self.known.as_ref().map_or(0, |known| known.bytes)
    }
}

/// What a remembered outcome is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Fresh,
    /// Good for now, but to be looked up again: at once, or a while after the last failure.
    Stale {
        retry: bool,
    },
    Over,
}

impl<V, E: LookupError> Known<V, E> {
    fn use_at(&self, now: Instant, memory: &Memory) -> Use {
        let age = now - self.at;
        match &self.outcome {
            Ok(_) if age < memory.stale_after => Use::Fresh,
            Ok(_) if age < memory.expire_after => {
                let failed_at = self.failed_at;
                Use::Stale { retry: failed_at.is_none_or(|at| now - at >= memory.failure_time) }
            }
            Err(error) if error.is_answer() && age < memory.absence_time => Use::Fresh,
            Err(error) if !error.is_answer() && age < memory.failure_time => Use::Fresh,
            Ok(_) | Err(_) => Use::Over,
        }
    }
}
