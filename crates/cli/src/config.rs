//! `pagurus config`: the settings as a server would have them.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::{output, settings};

/// What can be done with settings.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Prints all settings: defaults, file and environment together. Secrets are not shown.
    Print(Arguments),
    /// Checks the file and the environment, and says what is wrong.
    Check(Arguments),
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// With the settings for development
    #[arg(long)]
    dev: bool,
    /// The file of settings (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let (Command::Print(arguments) | Command::Check(arguments)) = command;
    let settings = settings::read(arguments.config.as_deref(), arguments.dev, toml::Table::new())?;
    match command {
        Command::Print(_) => output::line(toml::to_string(&settings)?.trim_end()),
        Command::Check(_) => output::line("the settings are good"),
    }
    Ok(ExitCode::SUCCESS)
}
