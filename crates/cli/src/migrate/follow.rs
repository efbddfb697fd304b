//! Following a move until it has ended or a person is needed.

use std::time::Duration;

use lexicon::social::pagurus::migration::defs::Job;
use migrate::host::HostError;
use migrate::job::State;
use tokio::time::sleep;

use crate::migrate::bar::Bar;
use crate::migrate::session::Session;
use crate::migrate::status::{Wanted, has_ended, is_at};
use crate::output;

/// How often the new host is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How often it is asked at once after an order, to show what came of it.
const SETTLE_TIMES: usize = 10;
const SETTLE_EVERY: Duration = Duration::from_millis(200);
/// How often a move may look the same before it is believed that it waits for the same as before.
const SAME_MAX: usize = 15;

/// Follows a move, and returns it as it is at the end. What is done is told, unless it is to be
/// quiet. `before` is the move as it was when it was last told something.
pub(crate) async fn follow(
    session: &mut Session,
    mut job: Job,
    before: Option<&Job>,
    wanted: Wanted,
    is_quiet: bool,
) -> anyhow::Result<Job> {
    let mut bar = Bar::new();
    let mut told = before.map_or(0, |before| before.notes.len());
    let mut same = 0;
    loop {
        if same < SAME_MAX {
            job = answered(job, before);
        }
        if !is_quiet {
            bar.clear();
            for note in job.notes.iter().skip(told) {
                output::line(&format!("{}  {}", note.at, note.text));
            }
            told = told.max(job.notes.len());
        }
        let is_over = is_over(&job, wanted) || (same >= SAME_MAX && has_ended(&job));
        if is_over || job.need.is_some() {
            return Ok(job);
        }
        bar.show(&job, true);
        sleep(EVERY).await;
        match look(session, &job, wanted).await {
            Ok(now) => {
                same = if now.progress == job.progress { same + 1 } else { 0 };
                job = now;
            }
            Err(error) if is_passing(&error) => bar.show(&job, false),
            Err(error) => {
                bar.clear();
                return Err(error);
            }
        }
    }
}

/// Waits a moment for what comes of an order.
pub(crate) async fn settle(
    session: &mut Session,
    before: &Job,
    mut job: Job,
    wanted: Wanted,
) -> anyhow::Result<Job> {
    for _ in 0..SETTLE_TIMES {
        if is_over(&job, wanted) || answered(job.clone(), Some(before)).need.is_some() {
            break;
        }
        sleep(SETTLE_EVERY).await;
        job = look(session, &job, wanted).await?;
    }
    Ok(answered(job, Some(before)))
}

/// Asks how far a move is. With a move that was cancelled, the account is gone that could ask.
async fn look(session: &mut Session, last: &Job, wanted: Wanted) -> anyhow::Result<Job> {
    match session.current().await {
        Err(error) if wanted == Wanted::Cancelled && !is_passing(&error) => {
            let state = State::Cancelled.as_str().to_owned();
            Ok(Job { state, need: None, ..last.clone() })
        }
        outcome => outcome,
    }
}

/// Tells whether a move has ended. One that is done and to be undone has not, though the new host may
/// still tell so.
fn is_over(job: &Job, wanted: Wanted) -> bool {
    has_ended(job) && !(wanted == Wanted::RolledBack && is_at(job, Wanted::Done))
}

/// Leaves out that a person is needed, if that is from before they did what they were needed for:
/// the new host tells so until the next step has come to something.
fn answered(mut job: Job, before: Option<&Job>) -> Job {
    let is_old = before.is_some_and(|before| {
        before.need == job.need
            && before.state == job.state
            && before.notes.len() == job.notes.len()
    });
    if is_old {
        job.need = None;
    }
    job
}

fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<HostError>().is_some_and(HostError::is_passing)
}

#[cfg(test)]
mod tests {
    use lexicon::social::pagurus::migration::defs::Note;

    use super::*;
    use crate::migrate::shown::tests::job;

    #[test]
    fn who_has_done_it_is_not_needed_for_the_same_again() {
        let before = job("sign", Some("newCode"));
        assert_eq!(answered(before.clone(), Some(&before)).need, None);
        assert!(answered(before.clone(), None).need.is_some());
        for other in [job("sign", Some("code")), job("ready", Some("newCode"))] {
            assert!(answered(other, Some(&before)).need.is_some());
        }
        let mut again = before.clone();
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        again.notes.push(Note { at, state: "sign".to_owned(), text: "again".to_owned() });
        assert!(answered(again, Some(&before)).need.is_some());
    }

    #[test]
    fn who_goes_back_is_not_done_where_the_move_was() {
        let done = job("done", None);
        assert!(is_over(&done, Wanted::Done) && !is_over(&done, Wanted::RolledBack));
        assert!(is_over(&job("rolled_back", None), Wanted::RolledBack));
    }
}
