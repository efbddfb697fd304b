//! A line at the bottom of the terminal that shows how far a move is.

use lexicon::social::pagurus::migration::defs::Job;
use migrate::job::State;

use crate::migrate::shown::words;
use crate::{output, terminal};

/// How many characters the bar itself has.
const BAR: usize = 20;
/// The most that a part of a step can be.
const WHOLE: usize = 1000;

/// The line, where standard error is a terminal.
pub(crate) struct Bar {
    is_shown: bool,
}

impl Bar {
    /// Makes a line that does not show yet.
    pub(crate) fn new() -> Self {
        Self { is_shown: false }
    }

    /// Shows the line in place of what it showed.
    pub(crate) fn show(&mut self, job: &Job, is_answering: bool) {
        if let Some(width) = terminal::width() {
            let text = if is_answering { line(job) } else { "the new host does not answer".into() };
            let text: String = text.chars().take(width.saturating_sub(1)).collect();
            terminal::put(&format!("\r\x1b[K{text}"));
            self.is_shown = true;
        }
    }

    /// Removes the line.
    pub(crate) fn clear(&mut self) {
        if self.is_shown {
            terminal::put("\r\x1b[K");
            self.is_shown = false;
        }
    }
}

/// Writes the line.
fn line(job: &Job) -> String {
    let state = State::parse(&job.state);
    let steps: &[State] = if state.is_some_and(|state| State::BACK.contains(&state)) {
        &State::BACK
    } else {
        &State::TO_DONE
    };
    let step = steps.iter().position(|step| Some(*step) == state);
    let filled = step.map_or(0, |step| (step * WHOLE + part(job)) * BAR / (steps.len() * WHOLE));
    let filled = if state == Some(State::Done) { BAR } else { filled.min(BAR) };
    let bar = format!("{}{}", "#".repeat(filled), "-".repeat(BAR - filled));
    match figures(job) {
        Some(figures) => format!("[{bar}] {}: {figures}", words(&job.state)),
        None => format!("[{bar}] {}", words(&job.state)),
    }
}

/// Returns how much of the present step is done, out of [`WHOLE`].
fn part(job: &Job) -> usize {
    let progress = &job.progress;
    let (some, all) = match State::parse(&job.state) {
        Some(State::Blobs) => (progress.blobs, progress.blobs_expected),
        _ => return 0,
    };
    let (some, all) = (usize::try_from(some), usize::try_from(all));
    match (some, all) {
        (Ok(some), Ok(all)) if all > 0 => some.min(all).saturating_mul(WHOLE) / all,
        _ => 0,
    }
}

/// Writes what can be counted of the present step.
fn figures(job: &Job) -> Option<String> {
    let progress = &job.progress;
    let bytes = |count: i64| output::bytes(u64::try_from(count).unwrap_or_default());
    match State::parse(&job.state)? {
        State::Import => {
            Some(format!("{}, {} records", bytes(progress.repo_bytes), progress.records))
        }
        State::Blobs => Some(format!(
            "{} of {}, {}",
            progress.blobs,
            progress.blobs_expected,
            bytes(progress.blob_bytes)
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::shown::tests::job;

    #[test]
    fn the_line_shows_how_far_a_move_is() {
        let mut importing = job("import", None);
        (importing.progress.repo_bytes, importing.progress.records) = (1_234_567, 800);
        let mut fetching = job("blobs", None);
        let progress = &mut fetching.progress;
        (progress.blobs, progress.blobs_expected, progress.blob_bytes) = (250, 500, 48_000_000);
        for (job, expected) in [
            (job("reserve", None), "[--------------------] the account is made"),
            (importing, "[#-------------------] the repository comes: 1.2 MB, 800 records"),
            (fetching, "[###-----------------] pictures and other files come: 250 of 500, 48.0 MB"),
            (job("retire", None), "[#################---] the account closes at the old host"),
            (job("done", None), "[####################] done"),
            (job("undo_open", None), "[#############-------] the account opens at the old host"),
            (job("something_newer", None), "[--------------------] something_newer"),
        ] {
            assert_eq!(line(&job), expected);
        }
    }

    #[test]
    fn more_than_all_is_all() {
        let mut odd = job("blobs", None);
        (odd.progress.blobs, odd.progress.blobs_expected) = (7, 5);
        assert_eq!(part(&odd), WHOLE);
        (odd.progress.blobs, odd.progress.blobs_expected) = (0, 0);
        assert_eq!(part(&odd), 0);
    }
}
