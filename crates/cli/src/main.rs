//! `pagurus`: the one program. It reads arguments, the environment and files, and prints; what it
//! does is in the other rooms.

mod output;
mod repo_file;
mod repo_inspect;
mod repo_verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A personal data server for the AT Protocol.
#[derive(Parser)]
#[command(name = "pagurus", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Looks at repositories.
    #[command(subcommand)]
    Repo(RepoCommand),
}

#[derive(Subcommand)]
enum RepoCommand {
    /// Checks that a CAR file is a whole and valid repository.
    Verify(repo_verify::Arguments),
    /// Shows what is in a CAR file.
    Inspect(repo_inspect::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Repo(RepoCommand::Verify(arguments)) => repo_verify::run(&arguments),
        Command::Repo(RepoCommand::Inspect(arguments)) => repo_inspect::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
