//! What commands share that ask a running server as its operator. They call the methods that
//! everybody else calls who has the admin password.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use identity::Origin;
use serde_json::{Value, json};
use syntax::{AtIdentifier, Did};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::output;
use crate::secret::Password;

/// How many accounts are read at a time.
const PAGE: &str = "100";

/// Which server is asked, and how its answer is shown.
#[derive(clap::Args)]
pub(crate) struct Operator {
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://localhost:2583")]
    url: Origin,
    /// A file with the admin password; otherwise it is in PAGURUS_ADMIN_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a command has to show: as JSON, and in lines.
pub(crate) type Shown = (Value, Vec<String>);

impl Operator {
    /// Asks the server, and shows what came of it.
    pub(crate) fn run(
        &self,
        ask: impl AsyncFnOnce(&Client) -> anyhow::Result<Shown>,
    ) -> anyhow::Result<ExitCode> {
        let password = password(&self.url, self.admin_password_file.as_deref())?;
        let client = Client::new(self.url.clone())?.with_admin(&password);
        let runtime = tokio::runtime::Runtime::new().context("no threads to run on")?;
        let (json, lines) = runtime.block_on(ask(&client))?;
        if self.json {
            output::json(&json);
        } else {
            lines.iter().for_each(|line| output::line(line));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads the admin password of a server, or asks for it.
pub(crate) fn password(url: &Origin, file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let password = Password {
        name: &format!("admin password of {url}"),
        file,
        option: "--admin-password-file",
        variable: "PAGURUS_ADMIN_PASSWORD",
    };
    password.read()
}

/// Writes a query with its parameters.
pub(crate) fn query(method: &str, params: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(format!("{method}?"));
    query.extend_pairs(params).finish()
}

/// Finds out whose account is meant. Handles of accounts that are closed lead nowhere, so that these
/// are looked for among all.
pub(crate) async fn did_of(client: &Client, account: &AtIdentifier) -> anyhow::Result<Did> {
    let handle = match (account.did(), account.handle()) {
        (Some(did), _) => return Ok(did.clone()),
        (None, handle) => handle.with_context(|| format!("{account} is no account"))?.as_str(),
    };
    let resolve = query("com.atproto.identity.resolveHandle", &[("handle", handle)]);
    if let Ok(answer) = client.query(&resolve).await {
        return did(&answer).with_context(|| format!("{handle} leads to nothing"));
    }
    let mut cursor = None;
    loop {
        let page = accounts(client, &[], cursor.as_deref()).await?;
        let found = page["accounts"].as_array().into_iter().flatten();
        if let Some(account) = found.into_iter().find(|account| account["handle"] == *handle) {
            return did(account).with_context(|| format!("{handle} is of no account"));
        }
        let next = page["cursor"].as_str();
        cursor = Some(next.with_context(|| format!("there is no account {handle}"))?.to_owned());
    }
}

fn did(answer: &Value) -> Option<Did> {
    Did::parse(answer["did"].as_str()?).ok()
}

/// Reads a page of accounts.
pub(crate) async fn accounts(
    client: &Client,
    params: &[(&str, &str)],
    cursor: Option<&str>,
) -> anyhow::Result<Value> {
    let mut params = [params, &[("limit", PAGE)]].concat();
    params.extend(cursor.map(|cursor| ("cursor", cursor)));
    client.query(&query("com.atproto.admin.searchAccounts", &params)).await
}

/// Calls a procedure about an account, and says in a line what was done.
pub(crate) async fn call(
    client: &Client,
    method: &str,
    input: &Value,
    done: String,
) -> anyhow::Result<Shown> {
    let answer = client.procedure(&format!("com.atproto.admin.{method}"), input).await?;
    Ok((if answer.is_null() { json!({}) } else { answer }, vec![done]))
}
