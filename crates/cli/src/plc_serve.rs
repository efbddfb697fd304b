//! `pagurus plc serve`: the embedded directory of did:plc on its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use server::PlcDirectory;
use tokio::runtime::Runtime;

use crate::serve::{clock, stop_signal};
use crate::settings::Log;
use crate::{log, output};

/// Keeps a directory of did:plc with the real rules. What is in it is known to nobody who does not
/// ask it: for development, and for networks of one's own.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Keep the logs in this directory
    #[arg(long, value_name = "DIR", default_value = "pagurus-plc")]
    data: PathBuf,
    /// Listen here
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2582")]
    listen: SocketAddr,
    /// Take as many operations for a DID as come
    #[arg(long)]
    no_rate_limits: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let _log = log::start(&Log::default())?;
    Runtime::new().context("no threads to run on")?.block_on(async {
        let stop = stop_signal()?;
        let directory = PlcDirectory::start(
            &arguments.data,
            arguments.listen,
            clock(),
            !arguments.no_rate_limits,
        )
        .await?;
        output::line(&format!("pagurus keeps a directory at http://{}", directory.address()));
        stop.await;
        directory.shutdown().await;
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
