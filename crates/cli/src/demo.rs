//! `pagurus demo`: two servers from nothing, an account that moves from one to the other, and proof
//! of what they did.

mod firehose;
mod moving;
mod written;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use crypto::PublicKey;
use identity::Origin;
use serde_json::Value;
use server::{Config, Server, Surroundings};
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::demo::firehose::Firehose;
use crate::output;
use crate::serve::clock;

/// Starts two servers on loopback with data in a temporary directory, makes an account on one of
/// them, writes and deletes records, follows the firehose, verifies the exported repository, and
/// moves the account to the other server with all that it has.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_: &Arguments) -> anyhow::Result<ExitCode> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    Runtime::new().context("no threads to run on")?.block_on(async {
        let old = Server::start(old_host(directory.path()), Surroundings::new(clock())).await?;
        let outcome = beside(&old, directory.path()).await;
        old.shutdown().await;
        outcome
    })?;
    output::line("all of it holds");
    Ok(ExitCode::SUCCESS)
}

/// Starts the new host beside the old one.
async fn beside(old: &Server, directory: &Path) -> anyhow::Result<()> {
    let plc = old.plc_address().context("the old host has no directory")?;
    let plc = Origin::parse(&format!("http://{plc}"))?;
    let config = new_host(directory, plc, old.url().clone())?;
    let new = Server::start(config, Surroundings::new(clock())).await?;
    let outcome = show(old, &new, directory).await;
    new.shutdown().await;
    outcome
}

/// The settings that both hosts have.
fn host(data: &Path, domain: &str) -> Config {
    Config {
        data: data.to_owned(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        dev: true,
        invite_required: false,
        handle_domains: Some(vec![domain.to_owned()]),
        ..Config::default()
    }
}

fn old_host(directory: &Path) -> Config {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Config { plc_listen: Some(here), ..host(&directory.join("old"), ".old.test") }
}

fn new_host(directory: &Path, plc: Origin, old: Origin) -> anyhow::Result<Config> {
    Ok(Config {
        plc_url: Some(plc),
        service_did: Some("did:web:new.test".parse()?),
        private_origins: vec![old],
        ..host(&directory.join("new"), ".new.test")
    })
}

async fn show(old: &Server, new: &Server, directory: &Path) -> anyhow::Result<()> {
    output::line(&format!("old host  {}", old.url()));
    output::line(&format!("new host  {}", new.url()));
    let mut told_at_old = Firehose::subscribe(old.address()).await?;
    let mut told_at_new = Firehose::subscribe(new.address()).await?;

    let alice = written::sign_up(old.url()).await?;
    output::line(&format!("account   {} ({})", alice.did, alice.handle));
    let commits = alice.write().await?;
    output::line(&format!("written   {} commits", commits.len()));
    let key = signing_key(&alice.client, alice.did.as_str()).await?;
    let data = told_at_old.follow(&alice.did, &commits, &key).await?;
    output::line(&format!(
        "followed  {} commits, each signed and undone to the one before",
        commits.len()
    ));
    alice.export(&key, data).await?;

    let pictures = alice.upload(directory).await?;
    alice.prefer().await?;
    output::line(&format!("uploaded  {pictures} pictures, with records that refer to them"));
    let moved = moving::run(&alice, old.url(), new.url(), directory).await?;
    output::line(&format!("moved     to {}, with this report:", new.url()));
    let report = moved.report.report();
    for line in report.to_text().trim_end().lines() {
        output::line(format!("  {line}").trim_end());
    }

    let client = Client::new(new.url().clone())?.with_token(&moved.token);
    let key = signing_key(&client, alice.did.as_str()).await?;
    let commit = written::post(&client, &alice.did, "from the new host").await?;
    told_at_new.arrival(&alice.did, &report.before.head.data, &commit, &key).await?;
    output::line(
        "followed  the account on the new host's firehose: open, the same tree, a new post",
    );
    Ok(())
}

/// Returns the key that the account's document names.
async fn signing_key(client: &Client, did: &str) -> anyhow::Result<PublicKey> {
    let answer = client.query(&format!("com.atproto.repo.describeRepo?repo={did}")).await?;
    let document = serde_json::to_vec(&answer["didDoc"])?;
    let document = identity::document::Document::parse(&document).context("the DID document")?;
    document.signing_key().context("the DID document has no signing key")
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    match value[name].as_str() {
        Some(text) => Ok(text),
        None => bail!("the answer has no {name}"),
    }
}
