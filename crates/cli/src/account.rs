//! `pagurus account`: accounts on a running server, and those in a data directory.

mod served;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use identity::Origin;
use serde_json::{Value, json};
use store::{Account, Reading};
use syntax::{AtIdentifier, Datetime, Handle};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::operator::{self, Operator};
use crate::output;
use crate::repo_stored::{for_each, reading};

/// What can be done with accounts.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Makes an account on a running server.
    Create(CreateArguments),
    /// Lists the accounts in a data directory.
    List(ListArguments),
    /// Shows an account on a running server, or in a data directory.
    Info(InfoArguments),
    /// Finds accounts on a running server by e-mail address.
    Search(served::SearchArguments),
    /// Gives an account another handle.
    Handle(served::HandleArguments),
    /// Gives an account another e-mail address, which is not confirmed by that.
    Email(served::EmailArguments),
    /// Sets an account's password and ends its sessions.
    Password(served::PasswordArguments),
    /// Gives an account another signing key, which the server makes.
    Key(served::AccountArguments),
    /// Closes an account, as its owner can.
    Deactivate(served::AccountArguments),
    /// Opens an account that was deactivated.
    Activate(served::AccountArguments),
    /// Lets an account have invite codes to give, or not.
    Invites(served::InvitesArguments),
    /// Writes to an account's owner.
    Mail(served::MailArguments),
    /// Deletes an account for good.
    Delete(served::DeleteArguments),
}

#[derive(clap::Args)]
pub(crate) struct CreateArguments {
    /// The handle
    handle: Handle,
    /// The e-mail address
    #[arg(long)]
    email: String,
    /// The password; one is made up and printed if none is given
    #[arg(long)]
    password: Option<String>,
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://localhost:2583")]
    url: Origin,
    /// The admin password, to make an invite code with if the server wants one; otherwise it is in
    /// PAGURUS_ADMIN_PASSWORD, or asked for
    #[arg(long, value_name = "PASSWORD")]
    admin_password: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ListArguments {
    /// The data directory; a server may use it meanwhile
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct InfoArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// The data directory, if that is to be read; a server may use it meanwhile
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    operator: Operator,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create(arguments) => create(arguments),
        Command::List(arguments) => list(arguments),
        Command::Info(arguments) => match &arguments.data {
            Some(data) => info(arguments, data),
            None => served::info(&arguments.account, &arguments.operator),
        },
        Command::Search(arguments) => served::search(arguments),
        Command::Handle(arguments) => served::handle(arguments),
        Command::Email(arguments) => served::email(arguments),
        Command::Password(arguments) => served::password(arguments),
        Command::Key(arguments) => served::key(arguments),
        Command::Deactivate(arguments) => served::set_active(arguments, false),
        Command::Activate(arguments) => served::set_active(arguments, true),
        Command::Invites(arguments) => served::invites(arguments),
        Command::Mail(arguments) => served::mail(arguments),
        Command::Delete(arguments) => served::delete(arguments),
    }
}

fn create(arguments: &CreateArguments) -> anyhow::Result<ExitCode> {
    let password = arguments.password.clone().unwrap_or_else(made_up);
    let runtime = tokio::runtime::Runtime::new().context("no threads to run on")?;
    let answer = runtime.block_on(async {
        let client = Client::new(arguments.url.clone())?;
        let described = client.query("com.atproto.server.describeServer").await?;
        let mut input = json!({
            "handle": arguments.handle,
            "email": arguments.email,
            "password": password,
        });
        if described["inviteCodeRequired"] == json!(true) {
            // The server wants an invite code.
            let admin = match &arguments.admin_password {
                Some(given) => Zeroizing::new(given.clone()),
                None => operator::password(&arguments.url, None)?,
            };
            let method = "com.atproto.server.createInviteCode";
            let code = client
                .clone()
                .with_admin(&admin)
                .procedure(method, &json!({"useCount": 1}))
                .await?;
            input["inviteCode"] = code["code"].clone();
        }
        client.procedure("com.atproto.server.createAccount", &input).await
    })?;
    if arguments.json {
        let shown = json!({"did": answer["did"], "handle": answer["handle"], "password": password});
        output::json(&shown);
    } else {
        output::line(&format!("did       {}", answer["did"].as_str().unwrap_or_default()));
        output::line(&format!("handle    {}", answer["handle"].as_str().unwrap_or_default()));
        if arguments.password.is_none() {
            output::line(&format!("password  {password}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a password up: 100 bits, in the letters that TIDs have.
fn made_up() -> String {
    let key = crypto::SealingKey::generate().to_hex();
    let letters = b"234567abcdefghijklmnopqrstuvwxyz";
    let pairs = key.as_bytes().chunks_exact(2).take(20);
    let letter = |pair: &[u8]| {
        let digits =
            std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        char::from(letters[usize::from(digits.unwrap_or_default() % 32)])
    };
    pairs.map(letter).collect()
}

fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let reading = reading(&arguments.data)?;
    let mut shown = Vec::new();
    for_each(&reading, None, |account| {
        if arguments.json {
            shown.push(facts(&account));
        } else {
            let handle = account.handle.as_ref().map_or("-", |handle| handle.as_str());
            let status = account.state.status().reason().unwrap_or("active");
            output::line(&format!("{}  {status:11}  {handle}", account.did));
        }
        Ok(())
    })?;
    if arguments.json {
        output::json(&Value::Array(shown));
    }
    Ok(ExitCode::SUCCESS)
}

fn info(arguments: &InfoArguments, data: &Path) -> anyhow::Result<ExitCode> {
    let reading = reading(data)?;
    let account = find(&reading, &arguments.account)?;
    let mut shown = facts(&account);
    let head: Result<_, store::Error> = reading.read(|tx| tx.head(account.id));
    if let Some(head) = head? {
        shown["repo"] = json!({
            "rev": head.rev,
            "commit": head.commit,
            "records": head.records,
            "recordBytes": head.record_bytes,
        });
    }
    if arguments.operator.json {
        output::json(&shown);
    } else {
        print("", &shown);
    }
    Ok(ExitCode::SUCCESS)
}

/// Finds an account in a store.
pub(crate) fn find(reading: &Reading, id: &AtIdentifier) -> anyhow::Result<Account> {
    let account: Result<_, store::Error> = reading.read(|tx| match (id.did(), id.handle()) {
        (Some(did), _) => tx.account(did),
        (_, Some(handle)) => tx.account_by_handle(handle),
        (None, None) => Ok(None),
    });
    account?.with_context(|| format!("there is no account {id}"))
}

fn facts(account: &Account) -> Value {
    let time = |ms: Option<u64>| ms.map(|ms| Datetime::from_unix_ms(ms).as_str().to_owned());
    json!({
        "did": account.did,
        "handle": account.handle,
        "email": account.email,
        "emailConfirmedAt": time(account.email_confirmed_at),
        "createdAt": time(Some(account.created_at)),
        "status": account.state.status().reason().unwrap_or("active"),
    })
}

/// Prints an object, a line for each of its fields.
fn print(prefix: &str, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => print(&format!("{prefix}{name}."), value),
            Value::String(text) => output::line(&format!("{prefix}{name}: {text}")),
            Value::Null => {}
            other => output::line(&format!("{prefix}{name}: {other}")),
        }
    }
}
