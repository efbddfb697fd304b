//! Accounts on a running server, as its operator sees and changes them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use syntax::{AtIdentifier, Handle};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::operator::{Operator, Shown, accounts, call, did_of, query};
use crate::secret::Password;
use crate::terminal;

#[derive(clap::Args)]
pub(crate) struct SearchArguments {
    /// A part of the e-mail address, such as `@example.com`; without one, all accounts are listed
    email: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct AccountArguments {
    /// The DID or the handle
    account: AtIdentifier,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct HandleArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// The new handle; reserved ones can be given, too
    handle: Handle,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct EmailArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// The new e-mail address
    email: String,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct PasswordArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// A file with the new password; one is made up and printed if none is given
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct DeleteArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// Asks nothing
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    operator: Operator,
}

#[derive(clap::Args)]
pub(crate) struct InvitesArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// Whether it may have codes to give
    #[arg(value_enum)]
    may: May,
    /// Why, for whoever looks at the account later
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum May {
    /// It comes to codes
    Enable,
    /// It comes to no codes that are good for anything
    Disable,
}

#[derive(clap::Args)]
pub(crate) struct MailArguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// A file with what is written, in HTML
    file: PathBuf,
    /// The subject
    #[arg(long)]
    subject: Option<String>,
    #[command(flatten)]
    operator: Operator,
}

/// Shows an account, and whether it was taken down.
pub(super) fn info(account: &AtIdentifier, operator: &Operator) -> anyhow::Result<ExitCode> {
    operator.run(async |client| {
        let did = did_of(client, account).await?;
        let params = [("did", did.as_str())];
        let mut shown = client.query(&query("com.atproto.admin.getAccountInfo", &params)).await?;
        let status = client.query(&query("com.atproto.admin.getSubjectStatus", &params)).await?;
        let is = |name: &str| status[name]["applied"] == json!(true);
        shown["status"] = json!(match (is("takedown"), is("deactivated")) {
            (true, _) => "takendown",
            (false, true) => "deactivated",
            (false, false) => "active",
        });
        if let Some(reason) = status["takedown"]["ref"].as_str() {
            shown["takedownRef"] = json!(reason);
        }
        let lines = lines(&shown);
        Ok((shown, lines))
    })
}

/// Writes an account in lines. Of codes, how they are used is enough.
fn lines(shown: &Value) -> Vec<String> {
    let line = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("invites", Value::Array(codes)) => codes.iter().map(code).collect(),
        ("invitedBy", code) => vec![format!("invitedBy: {}", text(&code["code"]))],
        (name, value) => vec![format!("{name}: {}", text(value))],
    };
    shown.as_object().into_iter().flatten().flat_map(line).collect()
}

fn code(code: &Value) -> String {
    format!("invite: {}", crate::invite::line(code))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Lists the accounts whose address has a text in it.
pub(super) fn search(arguments: &SearchArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let params: Vec<_> = arguments.email.iter().map(|email| ("email", &**email)).collect();
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = accounts(client, &params, cursor.as_deref()).await?;
            found.extend(page["accounts"].as_array().into_iter().flatten().cloned());
            match page["cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let line = |one: &Value| {
            format!("{}  {}  {}", text(&one["did"]), text(&one["handle"]), text(&one["email"]))
        };
        let lines = found.iter().map(line).collect();
        Ok((Value::Array(found), lines))
    })
}

/// Gives an account another handle.
pub(super) fn handle(arguments: &HandleArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let input = json!({ "did": did, "handle": arguments.handle });
        let done = format!("{did} is {} now", arguments.handle);
        call(client, "updateAccountHandle", &input, done).await
    })
}

/// Gives an account another e-mail address.
pub(super) fn email(arguments: &EmailArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let input = json!({ "account": did, "email": arguments.email });
        let done = format!("{did} has the address {} now", arguments.email);
        call(client, "updateAccountEmail", &input, done).await
    })
}

/// Sets an account's password.
pub(super) fn password(arguments: &PasswordArguments) -> anyhow::Result<ExitCode> {
    let given = arguments.password_file.as_deref().map(|file| {
        let (name, option) = ("new password", "--password-file");
        Password { name, file: Some(file), option, variable: "PAGURUS_NEW_PASSWORD" }.read()
    });
    let given = given.transpose()?;
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let made_up = given.is_none();
        let password = given.unwrap_or_else(|| Zeroizing::new(super::made_up()));
        let input = json!({ "did": did, "password": *password });
        let done = format!("{did} has another password, and its sessions have ended");
        let (_, mut lines) = call(client, "updateAccountPassword", &input, done).await?;
        let mut shown = json!({ "did": did });
        if made_up {
            lines.push(format!("password  {}", *password));
            shown["password"] = json!(*password);
        }
        Ok((shown, lines))
    })
}

/// Gives an account another signing key, which the server makes.
pub(super) fn key(arguments: &AccountArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let reserve = "com.atproto.server.reserveSigningKey";
        let reserved = client.procedure(reserve, &json!({ "did": did })).await?;
        let key = reserved["signingKey"].as_str().context("the server reserved no key")?;
        let input = json!({ "did": did, "signingKey": key });
        let done = format!("{did} signs with {key} now");
        let (_, lines) = call(client, "updateAccountSigningKey", &input, done).await?;
        Ok((input, lines))
    })
}

/// Closes an account as its owner can, or opens it again.
pub(super) fn set_active(arguments: &AccountArguments, active: bool) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did });
        let input = json!({ "subject": subject, "deactivated": { "applied": !active } });
        let done = format!("{did} is {} now", if active { "active" } else { "deactivated" });
        call(client, "updateSubjectStatus", &input, done).await
    })
}

/// Lets an account have invite codes to give, or not.
pub(super) fn invites(arguments: &InvitesArguments) -> anyhow::Result<ExitCode> {
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let mut input = json!({ "account": did });
        if let Some(note) = &arguments.note {
            input["note"] = json!(note);
        }
        let (method, word) = match arguments.may {
            May::Enable => ("enableAccountInvites", "may"),
            May::Disable => ("disableAccountInvites", "may not"),
        };
        call(client, method, &input, format!("{did} {word} invite others now")).await
    })
}

/// Writes to an account's owner.
pub(super) fn mail(arguments: &MailArguments) -> anyhow::Result<ExitCode> {
    let content = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("cannot read {}", arguments.file.display()))?;
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let sender = own_did(client).await?;
        let mut input = json!({ "recipientDid": did, "content": content, "senderDid": sender });
        if let Some(subject) = &arguments.subject {
            input["subject"] = json!(subject);
        }
        call(client, "sendEmail", &input, format!("a mail to {did} is on its way")).await
    })
}

async fn own_did(client: &Client) -> anyhow::Result<Value> {
    Ok(client.query("com.atproto.server.describeServer").await?["did"].clone())
}

/// Deletes an account for good.
pub(super) fn delete(arguments: &DeleteArguments) -> anyhow::Result<ExitCode> {
    if !arguments.yes {
        if !terminal::has_person() {
            bail!("nobody can be asked whether {} may go: give --yes", arguments.account);
        }
        let question = format!("All of {} goes for good. Type `delete`", arguments.account);
        if terminal::ask(&question)? != "delete" {
            bail!("nothing was deleted");
        }
    }
    arguments.operator.run(async |client| {
        let did = did_of(client, &arguments.account).await?;
        let (input, done) = (json!({ "did": did }), format!("{did} is deleted"));
        let (_, lines): Shown = call(client, "deleteAccount", &input, done).await?;
        Ok((input, lines))
    })
}
