//! `pagurus takedown`: what nobody should see any more on a running server.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};
use syntax::{AtIdentifier, AtUri, Cid};

use crate::operator::{Operator, call, did_of, query};

/// What can be taken down.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Takes an account down: its owner is signed out, and nothing of it can be had.
    Account(AccountArguments),
    /// Takes a record down: it is not shown, and stays in the repository.
    Record(RecordArguments),
    /// Takes a blob of an account down: it cannot be had, nor uploaded again.
    Blob(BlobArguments),
}

#[derive(clap::Args)]
pub(crate) struct AccountArguments {
    /// The DID or the handle
    account: AtIdentifier,
    #[command(flatten)]
    measure: Measure,
}

#[derive(clap::Args)]
pub(crate) struct RecordArguments {
    /// The record's address: `at://…`
    uri: AtUri,
    #[command(flatten)]
    measure: Measure,
}

#[derive(clap::Args)]
pub(crate) struct BlobArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// The blob
    cid: Cid,
    #[command(flatten)]
    measure: Measure,
}

#[derive(clap::Args)]
struct Measure {
    /// Puts it up again
    #[arg(long, conflicts_with = "reason")]
    undo: bool,
    /// Why, such as the number of a case; the time by default
    #[arg(long = "ref", value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Account(arguments) => account(arguments),
        Command::Record(arguments) => record(arguments),
        Command::Blob(arguments) => blob(arguments),
    }
}

impl Measure {
    /// Writes down what is to be done to a subject.
    fn of(&self, subject: Value) -> Value {
        let mut takedown = json!({ "applied": !self.undo });
        if let Some(reason) = &self.reason {
            takedown["ref"] = json!(reason);
        }
        json!({ "subject": subject, "takedown": takedown })
    }

    /// Says what was done.
    fn done(&self, what: &str) -> String {
        format!("{what} {}", if self.undo { "is up again" } else { "is taken down" })
    }
}

const METHOD: &str = "updateSubjectStatus";

fn account(arguments: &AccountArguments) -> anyhow::Result<ExitCode> {
    let measure = &arguments.measure;
    measure.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did });
        call(client, METHOD, &measure.of(subject), measure.done(did.as_str())).await
    })
}

fn record(arguments: &RecordArguments) -> anyhow::Result<ExitCode> {
    let (measure, uri) = (&arguments.measure, &arguments.uri);
    measure.operator.run(async |client| {
        // The subject has to name the version that there is.
        let params = [("uri", uri.as_str())];
        let status = client.query(&query("com.atproto.admin.getSubjectStatus", &params)).await?;
        let subject = status["subject"].clone();
        subject["cid"].as_str().context("the server does not know the record")?;
        call(client, METHOD, &measure.of(subject), measure.done(uri.as_str())).await
    })
}

fn blob(arguments: &BlobArguments) -> anyhow::Result<ExitCode> {
    let measure = &arguments.measure;
    measure.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let cid = arguments.cid.to_string();
        let kind = "com.atproto.admin.defs#repoBlobRef";
        let subject = json!({ "$type": kind, "did": did, "cid": cid });
        call(client, METHOD, &measure.of(subject), measure.done(&cid)).await
    })
}
