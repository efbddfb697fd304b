//! `pagurus config`: the settings as a server would have them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use tokio::runtime::Runtime;

use crate::serve::clock;
use crate::{output, settings};

/// What can be done with settings.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Prints all settings: defaults, file and environment together. Secrets are not shown.
    Print(Arguments),
    /// Checks the file and the environment, and says what is wrong.
    Check(Arguments),
    /// Sends a mail with these settings, and says what is wrong if that fails.
    CheckMail(MailArguments),
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

#[derive(clap::Args)]
pub(crate) struct MailArguments {
    /// Where the mail goes
    address: String,
    #[command(flatten)]
    settings: Arguments,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Print(arguments) => {
            output::line(toml::to_string(&arguments.read()?)?.trim_end());
        }
        Command::Check(arguments) => {
            arguments.read()?;
            output::line("the settings are good");
        }
        Command::CheckMail(MailArguments { address, settings }) => {
            let config = settings.read()?.server;
            let runtime = Runtime::new().context("no threads to run on")?;
            let sent = runtime.block_on(server::check_mail(&config, address, clock().now_ms()));
            sent.map_err(|wrong| anyhow!(wrong))?;
            output::line(&format!("a mail was sent to {address}: see whether it arrives"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn read(&self) -> anyhow::Result<settings::Settings> {
        settings::read(self.config.as_deref(), self.dev, toml::Table::new())
    }
}
