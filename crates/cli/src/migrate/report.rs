//! `pagurus migrate report`: the signed report of a move, shown or checked.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use lexicon::social::pagurus::migration::get_report::GetReport;
use migrate::report::SignedReport;

use crate::migrate::session::{Session, Which};
use crate::migrate::verify;
use crate::output;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    which: Which,
    /// Writes the file of the report, which anybody can check, instead of showing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Prints the file
    #[arg(long)]
    json: bool,
}

/// What can be done with a report that somebody has.
#[derive(clap::Subcommand)]
enum Instead {
    /// Looks at everything again that a report says.
    Verify(verify::Arguments),
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Instead::Verify(arguments)) = &arguments.instead {
        return verify::run(arguments).await;
    }
    let (mut session, _) = Session::open(&arguments.which).await?;
    let file = session.ask::<GetReport>().await?.report;
    let signed = SignedReport::decode(file.as_bytes()).context("the new host's report")?;
    if let Some(path) = &arguments.out {
        fs::write(path, &file).with_context(|| path.display().to_string())?;
    }
    if arguments.json {
        output::line(file.trim_end());
    } else if arguments.out.is_none() {
        output::line(signed.report().to_text().trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
