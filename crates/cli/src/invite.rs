//! `pagurus invite`: the invite codes of a running server.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};
use syntax::AtIdentifier;

use crate::operator::{Operator, call, did_of, query};

/// What can be done with invite codes.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Makes codes.
    Create(CreateArguments),
    /// Lists codes, the newest first.
    List(ListArguments),
    /// Lets codes be good for nothing.
    Disable(DisableArguments),
}

#[derive(clap::Args)]
pub(crate) struct CreateArguments {
    /// How often each code can be used
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    uses: u32,
    /// How many codes, for each account
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    count: u32,
    /// Whose they are to give, by DID or handle; the operator's by default
    #[arg(long = "for", value_name = "ACCOUNT")]
    owners: Vec<AtIdentifier>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct ListArguments {
    /// Those that were used most come first
    #[arg(long)]
    by_use: bool,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct DisableArguments {
    /// The codes
    #[arg(value_name = "CODE", required_unless_present = "owners")]
    codes: Vec<String>,
    /// All codes that are an account's to give, by DID or handle
    #[arg(long = "of", value_name = "ACCOUNT")]
    owners: Vec<AtIdentifier>,
    #[command(flatten)]
    operator: Operator,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create(arguments) => create(arguments),
        Command::List(arguments) => list(arguments),
        Command::Disable(arguments) => disable(arguments),
    }
}

fn create(arguments: &CreateArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let mut input = json!({ "codeCount": arguments.count, "useCount": arguments.uses });
        if !arguments.owners.is_empty() {
            let mut owners = Vec::new();
            for owner in &arguments.owners {
                owners.push(did_of(client, owner).await?);
            }
            input["forAccounts"] = json!(owners);
        }
        let made = client.procedure("com.atproto.server.createInviteCodes", &input).await?;
        let made = made["codes"].clone();
        let owners = made.as_array().context("the server made no codes")?.iter();
        let codes = owners.flat_map(|owner| owner["codes"].as_array().into_iter().flatten());
        let lines = codes.filter_map(|code| code.as_str().map(str::to_owned)).collect();
        Ok((made, lines))
    })
}

fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let sort = if arguments.by_use { "usage" } else { "recent" };
        let (mut codes, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut params = vec![("sort", sort), ("limit", "500")];
            params.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = client.query(&query("com.atproto.admin.getInviteCodes", &params)).await?;
            codes.extend(page["codes"].as_array().into_iter().flatten().cloned());
            match page["cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let lines = codes.iter().map(line).collect();
        Ok((Value::Array(codes), lines))
    })
}

/// Writes a code in a line: how often it was used, and whose it is.
pub(crate) fn line(code: &Value) -> String {
    let text = |name: &str| code[name].as_str().unwrap_or_default().to_owned();
    let uses = code["uses"].as_array().map_or(0, Vec::len);
    let state = if code["disabled"] == json!(true) { "  disabled" } else { "" };
    let (name, owner) = (text("code"), text("forAccount"));
    format!("{name}  {uses} of {} used  for {owner}{state}", code["available"])
}

fn disable(arguments: &DisableArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let mut owners = Vec::new();
        for owner in &arguments.owners {
            owners.push(did_of(client, owner).await?);
        }
        let input = json!({ "codes": arguments.codes, "accounts": owners });
        let done = "they let nobody in any more".to_owned();
        call(client, "disableInviteCodes", &input, done).await
    })
}
