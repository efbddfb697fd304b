//! `pagurus migrate resume`, `cancel` and `undo`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use lexicon::social::pagurus::migration::cancel_move::CancelMove;
use lexicon::social::pagurus::migration::defs::Job;
use lexicon::social::pagurus::migration::{resume_move, undo_move};
use zeroize::Zeroizing;

use crate::migrate::Ending;
use crate::migrate::approve::consent;
use crate::migrate::plan::with_factor;
use crate::migrate::session::{Session, Which};
use crate::migrate::status::Wanted;
use crate::secret::Password;
use crate::terminal;

/// How to sign in at the old host again.
#[derive(clap::Args)]
struct Again {
    /// A file with the main password at the old host; otherwise it is in PAGURUS_OLD_PASSWORD, or
    /// asked for
    #[arg(long, value_name = "FILE")]
    old_password_file: Option<PathBuf>,
    /// The code that the old host has mailed to let you sign in, if it wants one
    #[arg(long, value_name = "CODE")]
    auth_factor_token: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    again: Again,
    /// Asks for the files again that the old host did not give
    #[arg(long)]
    lost_blobs: bool,
    #[command(flatten)]
    ending: Ending,
}

#[derive(clap::Args)]
pub(crate) struct CancelArguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ending: Ending,
}

#[derive(clap::Args)]
pub(crate) struct UndoArguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    again: Again,
    /// Goes back without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    ending: Ending,
}

/// Goes on at once.
pub(crate) async fn resume(arguments: &ResumeArguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    let is_needed = job.need.as_ref().is_some_and(|need| need.r#for == "signIn");
    let again = &arguments.again;
    // Whoever names a file or a code wants to sign in; others only if they have to.
    let is_wanted = again.old_password_file.is_some() || again.auth_factor_token.is_some();
    let password = if is_needed || is_wanted { Some(again.password(&job)?) } else { None };
    let after = with_factor(again.auth_factor_token.as_deref(), async |factor| {
        let input = resume_move::Input {
            auth_factor_token: factor.map(str::to_owned),
            lost_blobs: Some(arguments.lost_blobs),
            password: password.as_deref().map(ToString::to_string),
        };
        session.tell::<resume_move::ResumeMove>(Some(&input)).await
    });
    let after = after.await?.job;
    arguments.ending.end_order(&mut session, &job, after, Wanted::Done).await
}

/// Cancels a move.
pub(crate) async fn cancel(arguments: &CancelArguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    let after = session.tell::<CancelMove>(None).await?.job;
    arguments.ending.end_order(&mut session, &job, after, Wanted::Cancelled).await
}

/// Brings an account back.
pub(crate) async fn undo(arguments: &UndoArguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    if !arguments.yes {
        ensure!(terminal::has_person(), "nobody is here to agree: say --yes");
        let question = format!(
            "What was written at the new host since the move does not come along. To go back to {}, \
             type the handle that the account has at the new host",
            job.from
        );
        consent(&question, session.handle().as_str())?;
    }
    let password = arguments.again.password(&job)?;
    let after = with_factor(arguments.again.auth_factor_token.as_deref(), async |factor| {
        let input = undo_move::Input {
            auth_factor_token: factor.map(str::to_owned),
            password: password.to_string(),
        };
        session.tell::<undo_move::UndoMove>(Some(&input)).await
    });
    let after = after.await?.job;
    arguments.ending.end_order(&mut session, &job, after, Wanted::RolledBack).await
}

impl Again {
    fn password(&self, job: &Job) -> anyhow::Result<Zeroizing<String>> {
        let file: Option<&Path> = self.old_password_file.as_deref();
        Password {
            name: &format!("main password at {}", job.from),
            file,
            option: "--old-password-file",
            variable: "PAGURUS_OLD_PASSWORD",
        }
        .read()
    }
}
