//! What runs beside the requests, so that an ending server can wait for it.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// The tasks of a server. Clones are the same tasks.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Runs something beside what is running.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Runs something until the server stops, and breaks it off then.
    pub(crate) fn spawn_until_stop(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        self.tracker.spawn(async move {
            stopping.run_until_cancelled(task).await;
        });
    }

    /// Waits until the server stops.
    pub(crate) fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stopping.cancelled()
    }

    /// Tells all tasks to stop and waits for them. Returns whether all of them did in time.
    pub(crate) async fn stop(&self, time_max: Duration) -> bool {
        self.stopping.cancel();
        self.tracker.close();
        timeout(time_max, self.tracker.wait()).await.is_ok()
    }
}
