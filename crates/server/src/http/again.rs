//! Futures that wake themselves.
//!
//! Reading a request's body wakes the connection that the body comes from, which is the task that reads it. A
//! runtime takes that for a reason to let others go first: it puts the task at the end of its queue and wakes
//! one more thread to help, for each request. Here the future is polled again at once.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// How often a future is polled in a row that keeps waking itself, before others have a turn.
const ROUNDS_MAX: u8 = 8;

const WAITING: u8 = 0;
const POLLED: u8 = 1;
const WOKEN: u8 = 2;

/// Who wakes the future, and whether it has to be woken.
#[derive(Default)]
struct Wakes {
    /// `WAITING` until it is woken; `POLLED` while it is polled; `WOKEN` once it was woken.
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Written whatever it was, so that the next poll sees what this is about.
        if self.state.swap(WOKEN, Ordering::AcqRel) == WAITING {
            self.task.wake();
        }
    }
}

impl Wakes {
    fn poll<T>(
        &self,
        context: &mut Context<'_>,
        own: &Waker,
        mut future: Pin<&mut impl Future<Output = T>>,
    ) -> Poll<T> {
        self.task.register(context.waker());
        for _ in 0..ROUNDS_MAX {
            self.state.swap(POLLED, Ordering::AcqRel);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(own)) {
                return Poll::Ready(output);
            }
            let found =
                self.state.compare_exchange(POLLED, WAITING, Ordering::AcqRel, Ordering::Acquire);
            if found.is_ok() {
                return Poll::Pending;
            }
        }
        // It stays woken: the next poll is on its way.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Runs a future that may wake itself.
pub(super) async fn again<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let wakes = Arc::new(Wakes::default());
    let own = Waker::from(Arc::clone(&wakes));
    poll_fn(|context| wakes.poll(context, &own, future.as_mut())).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use tokio::sync::oneshot;

    use super::*;

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls a future once; returns whether it is done and how often its task was woken.
    fn poll_once(future: Pin<&mut impl Future<Output = ()>>) -> (bool, usize) {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let is_done = future.poll(&mut Context::from_waker(&waker)).is_ready();
        (is_done, count.0.load(Ordering::Relaxed))
    }

    /// Wakes itself so often before it is done.
    fn waking_itself(mut times: u8) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn what_wakes_itself_is_polled_again_without_its_task() {
        let mut future = pin!(again(waking_itself(ROUNDS_MAX - 1)));
        assert_eq!(poll_once(future.as_mut()), (true, 0));
    }

    #[test]
    fn what_never_rests_lets_others_have_a_turn() {
        let mut future = pin!(again(waking_itself(ROUNDS_MAX)));
        assert_eq!(poll_once(future.as_mut()), (false, 1));
        assert_eq!(poll_once(future.as_mut()), (true, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_others_wake_is_woken_whenever_they_do() {
        let tasks = (0..2000).map(|_| {
            let (sender, receiver) = oneshot::channel();
            let task = tokio::spawn(again(async move {
                waking_itself(1).await;
                receiver.await
            }));
            (sender, task)
        });
        let (senders, tasks): (Vec<_>, Vec<_>) = tasks.unzip();
        let others =
            thread::spawn(move || senders.into_iter().for_each(|one| one.send(()).unwrap()));
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        others.join().unwrap();
    }
}
