//! The log, on its way to standard error.
//!
//! Lines are gathered in memory and written by a thread of their own, many at a time: a request
//! never waits for whoever reads the log. What the last moment before a crash said is lost with it.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::{Format, Log};

/// How long lines wait for others to be written with.
const GATHER_TIME: Duration = Duration::from_millis(50);
/// From how many bytes on they wait no longer.
const GATHER_BYTES: usize = 64 * 1024;
/// The most bytes that wait while nobody reads; further lines are lost, and that is told.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Writes what still waits when it is dropped.
pub(crate) struct Guard {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

/// Lines that wait to be written. Clones are the same.
#[derive(Clone, Default)]
struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lost: u64,
    is_over: bool,
}

/// Starts the log.
pub(crate) fn start(log: &Log) -> anyhow::Result<Guard> {
    let filter = log.filter.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(filter).context("log.filter is malformed")?;
    let lines = Lines::default();
    let thread = {
        let lines = lines.clone();
        let thread = thread::Builder::new().name("log".to_owned());
        thread
            .spawn(move || lines.write_all_to(&mut io::stderr()))
            .context("no thread for the log")?
    };
    // A log that cannot be written, as on a full disk, cannot be told of either, and trying to would
    // panic.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines.clone())
        .log_internal_errors(false);
    let outcome = match log.format {
        Format::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        Format::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
    outcome.map_err(|error| anyhow!("the log cannot be started: {error}"))?;
    Ok(Guard { lines, thread: Some(thread) })
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Lines that a panic left there are still lines.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > WAITING_BYTES_MAX {
            waiting.lost += 1;
            return;
        }
        let before = waiting.bytes.len();
        waiting.bytes.extend_from_slice(line);
        let is_due = before < GATHER_BYTES && waiting.bytes.len() >= GATHER_BYTES;
        if before == 0 || is_due {
            self.0.changed.notify_one();
        }
    }

    /// Writes lines until it is over.
    fn write_all_to(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.bytes.is_empty() && !waiting.is_over {
                waiting = self.0.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            let is_short =
                |waiting: &mut Waiting| waiting.bytes.len() < GATHER_BYTES && !waiting.is_over;
            let waited = self.0.changed.wait_timeout_while(waiting, GATHER_TIME, is_short);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
            std::mem::swap(&mut batch, &mut waiting.bytes);
            let (lost, is_over) = (std::mem::take(&mut waiting.lost), waiting.is_over);
            drop(waiting);
            if lost > 0 {
                batch.extend_from_slice(format!("{lost} lines were lost here\n").as_bytes());
            }
            // Nobody can be told that nothing can be told.
            let _ = out.write_all(&batch);
            batch.clear();
            if is_over {
                return;
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.lines.lock().is_over = true;
        self.lines.0.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_written_in_their_order() {
        let lines = Lines::default();
        let writer = {
            let lines = lines.clone();
            thread::spawn(move || {
                let mut out = Vec::new();
                lines.write_all_to(&mut out);
                out
            })
        };
        let mut expected = Vec::new();
        for number in 0..50_000 {
            let line = format!("line {number}\n");
            lines.add(line.as_bytes());
            expected.extend_from_slice(line.as_bytes());
        }
        lines.lock().is_over = true;
        lines.0.changed.notify_one();
        assert!(writer.join().unwrap() == expected);
    }

    #[test]
    fn lines_that_nobody_reads_are_lost_and_counted() {
        let lines = Lines::default();
        for _ in 0..=WAITING_BYTES_MAX / 1024 {
            lines.add(&[b'x'; 1024]);
        }
        lines.add(&[b'x'; 1024]);
        lines.lock().is_over = true;
        let mut out = Vec::new();
        lines.write_all_to(&mut out);
        assert!(out.ends_with(b"2 lines were lost here\n"));
    }
}
