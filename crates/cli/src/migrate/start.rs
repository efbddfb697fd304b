//! `pagurus migrate start`: begins a move.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use lexicon::Method;
use lexicon::social::pagurus::migration::start_move::{Input, Output, StartMove};
use migrate::host::{HostError, Tokens};
use syntax::Handle;

use crate::exit::FAILED;
use crate::migrate::Ending;
use crate::migrate::plan::{self, Leaving};
use crate::migrate::session::Session;
use crate::migrate::shown;
use crate::output;
use crate::secret::Password;

/// Who has begun to move gets back to it by the same command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    leaving: Leaving,
    /// The handle that the account will have
    #[arg(long, value_name = "HANDLE")]
    handle: Handle,
    /// A file with the password that the account will have at the new host; otherwise it is in
    /// PAGURUS_NEW_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Has the account deleted at the old host after so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(30..))]
    delete_after_days: Option<i64>,
    /// The file to keep the session in; by default one in $XDG_STATE_HOME/pagurus/moves
    #[arg(long, value_name = "FILE")]
    session_file: Option<PathBuf>,
    #[command(flatten)]
    ending: Ending,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let leaving = &arguments.leaving;
    let old = leaving.password()?;
    let new = Password {
        name: &format!("new password of {} at {}", arguments.handle, leaving.to),
        file: arguments.new_password_file.as_deref(),
        option: "--new-password-file",
        variable: "PAGURUS_NEW_PASSWORD",
    };
    let new = new.read_new()?;
    let host = leaving.host();
    let mut input = Input {
        auth_factor_token: None,
        delete_after_days: arguments.delete_after_days,
        email: leaving.email.clone(),
        from: leaving.from.as_ref().and_then(|from| from.to_string().parse().ok()),
        handle: arguments.handle.clone(),
        identifier: leaving.account.to_string(),
        invite_code: leaving.invite_code.clone(),
        new_password: new.to_string(),
        own_key: leaving.own_key.as_ref().map(|key| key.as_str().to_owned()),
        password: old.to_string(),
    };
    let started = plan::with_factor(leaving.auth_factor_token.as_deref(), async |factor| {
        input.auth_factor_token = factor.map(str::to_owned);
        host.procedure::<Output>(StartMove::NSID, &input).await
    });
    let Output { access_jwt, job, refresh_jwt } = match started.await {
        Ok(started) => started,
        Err(error) if is_not_ready(&error) => return refused(arguments, &old, error).await,
        Err(error) => return Err(error.context(format!("startMove at {}", leaving.to))),
    };
    let tokens = Tokens::new(access_jwt, refresh_jwt);
    let (did, handle) = (job.did.clone(), job.handle.clone());
    let file = arguments.session_file.as_deref();
    let session = Session::keep(host, did, handle, tokens, file).await;
    let mut session = session.context("the move has begun, but its session cannot be kept")?;
    if !arguments.ending.json {
        output::line(shown::findings(&job.findings).trim_end());
    }
    arguments.ending.end(&mut session, job).await
}

fn is_not_ready(error: &anyhow::Error) -> bool {
    error.downcast_ref::<HostError>().is_some_and(|error| error.is_named("NotReady"))
}

/// Shows what keeps the move from beginning.
async fn refused(
    arguments: &Arguments,
    password: &str,
    error: anyhow::Error,
) -> anyhow::Result<ExitCode> {
    let leaving = &arguments.leaving;
    let factor = leaving.auth_factor_token.as_deref();
    // A code to sign in with is good once: then there is only the sentence.
    match leaving.plan(password, factor, Some(&arguments.handle)).await {
        Ok(found) if shown::is_red(&found.findings) => plan::show(&found, arguments.ending.json),
        _ => output::error(&format!("{error:#}")),
    }
    Ok(ExitCode::from(FAILED))
}
