//! `pagurus`: the one program. It reads arguments, the environment and files, and prints; what it
//! does is in the other rooms.

mod account;
mod backup;
mod backup_plc;
mod client;
mod config;
mod demo;
mod exit;
mod invite;
mod log;
mod migrate;
mod operator;
mod output;
mod plc_serve;
mod reclaim;
mod repo_file;
mod repo_import_check;
mod repo_inspect;
mod repo_stored;
mod repo_verify;
mod rescue;
mod restore;
mod secret;
mod serve;
mod settings;
mod takedown;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// Many small things are made and dropped on many threads, which this is made for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A personal data server for the AT Protocol.
#[derive(Parser)]
#[command(name = "pagurus", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a server.
    Serve(Box<serve::Arguments>),
    /// Shows what a server does, on one of its own.
    Demo(demo::Arguments),
    /// Makes accounts, looks at them and changes them.
    #[command(subcommand)]
    Account(account::Command),
    /// Makes, lists and disables invite codes of a running server.
    #[command(subcommand)]
    Invite(invite::Command),
    /// Takes accounts, records and blobs of a running server down, or puts them up again.
    #[command(subcommand)]
    Takedown(takedown::Command),
    /// Looks at repositories.
    #[command(subcommand)]
    Repo(RepoCommand),
    /// Writes accounts to where they are safe.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Looks at what was written there, and puts accounts back from it.
    #[command(subcommand)]
    Restore(RestoreCommand),
    /// Moves accounts from other servers to a server of this kind.
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Brings an account back whose host is gone.
    Rescue(Box<rescue::Arguments>),
    /// Leads an identity back that somebody has led away.
    Reclaim(Box<reclaim::Arguments>),
    /// Keeps a directory of did:plc.
    #[command(subcommand)]
    Plc(PlcCommand),
    /// Shows and checks settings.
    #[command(subcommand)]
    Config(config::Command),
}

#[derive(Subcommand)]
enum BackupCommand {
    /// Writes one account to a directory, or what is new to what is there.
    Account(Box<backup::Arguments>),
}

#[derive(Subcommand)]
enum RestoreCommand {
    /// Checks that what was written is whole, and writes nothing.
    Check(restore::CheckArguments),
    /// Puts one account back, at any host.
    Account(Box<rescue::RestoreArguments>),
}

#[derive(Subcommand)]
enum PlcCommand {
    /// Runs a directory.
    Serve(plc_serve::Arguments),
}

#[derive(Subcommand)]
enum RepoCommand {
    /// Checks that a CAR file, or what is stored, are whole and valid repositories.
    Verify(repo_verify::Arguments),
    /// Shows what is in a CAR file.
    Inspect(repo_inspect::Arguments),
    /// Says what a server would make of a CAR file that is brought to it.
    ImportCheck(repo_import_check::Arguments),
    /// Makes stored repositories whole again, from their records.
    Repair(repo_stored::RepairArguments),
    /// Writes a stored repository as a CAR file.
    Export(repo_stored::ExportArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Account(command) => account::run(&command),
        Command::Invite(command) => invite::run(&command),
        Command::Takedown(command) => takedown::run(&command),
        Command::Backup(BackupCommand::Account(arguments)) => backup::run(&arguments),
        Command::Restore(RestoreCommand::Check(arguments)) => restore::check(&arguments),
        Command::Migrate(command) => migrate::run(&command),
        Command::Restore(RestoreCommand::Account(arguments)) => rescue::restore(&arguments),
        Command::Rescue(arguments) => rescue::run(&arguments),
        Command::Reclaim(arguments) => reclaim::run(&arguments),
        Command::Plc(PlcCommand::Serve(arguments)) => plc_serve::run(&arguments),
        Command::Config(command) => config::run(&command),
        Command::Repo(RepoCommand::Verify(arguments)) => repo_verify::run(&arguments),
        Command::Repo(RepoCommand::Inspect(arguments)) => repo_inspect::run(&arguments),
        Command::Repo(RepoCommand::ImportCheck(arguments)) => repo_import_check::run(&arguments),
        Command::Repo(RepoCommand::Repair(arguments)) => repo_stored::repair(&arguments),
        Command::Repo(RepoCommand::Export(arguments)) => repo_stored::export(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
