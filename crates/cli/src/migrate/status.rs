//! `pagurus migrate status`: how far a move is, for people and for programs.

use std::process::ExitCode;

use lexicon::social::pagurus::migration::defs::Job;
use migrate::job::State;

use crate::exit::{FAILED, FAILED_AFTER_SWITCH, LATER, PERSON_NEEDED};
use crate::migrate::Ending;
use crate::migrate::session::{Session, Which};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ending: Ending,
}

/// How somebody wants a move to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// With the account at the new host.
    Done,
    /// With nothing of it at the new host.
    Cancelled,
    /// With the account back at the old host.
    RolledBack,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    arguments.ending.end(&mut session, job).await
}

/// Tells whether a move has ended as somebody wants it to.
pub(crate) fn is_at(job: &Job, wanted: Wanted) -> bool {
    State::parse(&job.state) == Some(wanted.state())
}

/// Tells whether nothing more happens to a move.
pub(crate) fn has_ended(job: &Job) -> bool {
    State::parse(&job.state).is_some_and(State::has_ended)
}

/// Returns the exit status that tells how far a move is.
pub(crate) fn exit_status(job: &Job, wanted: Wanted) -> u8 {
    let state = State::parse(&job.state);
    // Of a state that a newer server has, nobody knows that the identity has not changed.
    let is_switched = match state {
        Some(state) => {
            !state.is_cancellable()
                && !matches!(state, State::Cancel | State::Cancelled | State::RolledBack)
        }
        None => true,
    };
    let failed = if is_switched { FAILED_AFTER_SWITCH } else { FAILED };
    match (state, &job.need) {
        (Some(state), _) if state == wanted.state() => 0,
        (Some(state), _) if state.has_ended() => failed,
        (_, Some(need)) if need.r#for == "decide" => failed,
        (_, Some(_)) => PERSON_NEEDED,
        (_, None) => LATER,
    }
}

impl Wanted {
    fn state(self) -> State {
        match self {
            Self::Done => State::Done,
            Self::Cancelled => State::Cancelled,
            Self::RolledBack => State::RolledBack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::shown::tests::job;

    #[test]
    fn the_exit_status_tells_how_far_a_move_is() {
        for (state, need, expected) in [
            ("done", None, 0),
            ("ready", Some("review"), 10),
            ("sign", Some("code"), 10),
            ("sign", Some("newCode"), 10),
            ("sign", Some("ownSignature"), 10),
            ("confirm", Some("document"), 10),
            ("blobs", Some("signIn"), 10),
            ("retire", Some("something newer"), 10),
            ("import", None, 20),
            ("submit", None, 20),
            ("retire", None, 20),
            ("import", Some("decide"), 30),
            ("sign", Some("decide"), 30),
            ("cancelled", None, 30),
            ("rolled_back", None, 30),
            ("submit", Some("decide"), 40),
            ("activate", Some("decide"), 40),
            ("undo_submit", Some("decide"), 40),
            ("something_newer", Some("decide"), 40),
        ] {
            let job = job(state, need);
            assert_eq!(exit_status(&job, Wanted::Done), expected, "{state} {need:?}");
        }
    }

    #[test]
    fn who_wants_a_move_to_end_otherwise_is_told_so() {
        assert_eq!(exit_status(&job("cancelled", None), Wanted::Cancelled), 0);
        assert_eq!(exit_status(&job("cancel", None), Wanted::Cancelled), 20);
        assert_eq!(exit_status(&job("rolled_back", None), Wanted::RolledBack), 0);
        assert_eq!(exit_status(&job("done", None), Wanted::RolledBack), 40);
    }
}
