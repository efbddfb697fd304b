//! `pagurus migrate`: moves of accounts, as their owners steer them. The server at the new host
//! carries them out, whatever becomes of whoever steers.

pub(crate) mod approve;
mod bar;
mod confirm;
mod follow;
mod leave;
mod list;
mod orders;
mod plan;
mod report;
pub(crate) mod session;
pub(crate) mod shown;
mod sign;
mod start;
mod status;
mod verify;

use std::process::ExitCode;

use anyhow::Context as _;
use lexicon::social::pagurus::migration::defs::Job;
use tokio::runtime::Runtime;

use crate::migrate::follow::{follow, settle};
use crate::migrate::session::Session;
use crate::migrate::status::{Wanted, exit_status};
use crate::output;

/// What can be done with moves. Those that steer one end with how far it is: 0 if it is done, 10 if
/// a person is needed, 20 if it goes on by itself, 30 if it does not and the account is at the old
/// host as it was, 40 if it does not after the identity has changed; with 2 if the command could not
/// be carried out.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Looks at what a move would meet, and changes nothing.
    Plan(Box<plan::Arguments>),
    /// Begins to move an account.
    Start(Box<start::Arguments>),
    /// Shows how far a move is.
    Status(status::Arguments),
    /// Shows what a move changes and loses, and agrees to it.
    Approve(approve::Arguments),
    /// Gives what the change of the identity needs: a code, or a signature.
    Confirm(confirm::Arguments),
    /// Goes on with what waits, and asks for another code if one is needed.
    Resume(orders::ResumeArguments),
    /// Cancels a move whose identity has not been changed.
    Cancel(orders::CancelArguments),
    /// Brings an account back to its old host, within 72 hours.
    Undo(orders::UndoArguments),
    /// Shows the signed report of a move, or checks one.
    Report(report::Arguments),
    /// Checks from outside whether all of an account is at another host, and says what to do next.
    Leave(Box<leave::Arguments>),
    /// Lists the moves to a server, for its operator.
    List(list::Arguments),
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new().context("no threads to run on")?;
    runtime.block_on(async {
        match command {
            Command::Plan(arguments) => plan::run(arguments).await,
            Command::Start(arguments) => start::run(arguments).await,
            Command::Status(arguments) => status::run(arguments).await,
            Command::Approve(arguments) => approve::run(arguments).await,
            Command::Confirm(arguments) => confirm::run(arguments).await,
            Command::Resume(arguments) => orders::resume(arguments).await,
            Command::Cancel(arguments) => orders::cancel(arguments).await,
            Command::Undo(arguments) => orders::undo(arguments).await,
            Command::Report(arguments) => report::run(arguments).await,
            Command::Leave(arguments) => leave::run(arguments).await,
            Command::List(arguments) => list::run(arguments).await,
        }
    })
}

/// How a command that steers a move ends.
#[derive(clap::Args)]
pub(crate) struct Ending {
    /// Stays until the move has ended or a person is needed, and shows how it goes
    #[arg(long)]
    watch: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Ending {
    /// Ends a command that looked at a move.
    async fn end(&self, session: &mut Session, job: Job) -> anyhow::Result<ExitCode> {
        let job = match self.watch {
            true => follow(session, job, None, Wanted::Done, self.json).await?,
            false => job,
        };
        self.show(session, &job, Wanted::Done)
    }

    /// Ends a command that told a move something: `before` is how it was until then.
    async fn end_order(
        &self,
        session: &mut Session,
        before: &Job,
        after: Job,
        wanted: Wanted,
    ) -> anyhow::Result<ExitCode> {
        let job = match self.watch {
            true => follow(session, after, Some(before), wanted, self.json).await?,
            false => settle(session, before, after, wanted).await?,
        };
        if status::is_at(&job, Wanted::Cancelled) {
            session.forget()?;
        }
        self.show(session, &job, wanted)
    }

    /// Shows a move, and returns how far it is.
    fn show(&self, session: &Session, job: &Job, wanted: Wanted) -> anyhow::Result<ExitCode> {
        if self.json {
            output::json(&serde_json::to_value(job)?);
        } else {
            output::line(&shown::state(job, session.host().origin()));
        }
        Ok(ExitCode::from(exit_status(job, wanted)))
    }
}
