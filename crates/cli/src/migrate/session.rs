//! The session with the new host, kept in a file, so that only the first command takes a password.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use identity::Origin;
use lexicon::Method;
use lexicon::social::pagurus::migration::defs::Job;
use lexicon::social::pagurus::migration::get_move::GetMove;
use migrate::host::{Host, HostError, Owner, Tokens};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, Did, Handle};
use tempfile::NamedTempFile;

use crate::client;
use crate::secret::Password;
use crate::settings::environment;

/// Which move it is about. One that was begun on this machine is known here.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// The new host
    #[arg(long, value_name = "URL")]
    to: Option<Origin>,
    /// The DID or the handle that the account has at the new host
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<AtIdentifier>,
    /// The file with the session; by default one in $XDG_STATE_HOME/pagurus/moves
    #[arg(long, value_name = "FILE")]
    session_file: Option<PathBuf>,
    /// A file with the password of the account at the new host, where there is no session; otherwise
    /// it is in PAGURUS_NEW_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

/// A session with the new host.
pub(crate) struct Session {
    owner: Owner,
    handle: Handle,
    file: PathBuf,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kept {
    to: Origin,
    did: Did,
    handle: Handle,
    access_jwt: String,
    refresh_jwt: String,
}

impl Session {
    /// Keeps a session that was just begun.
    pub(crate) async fn keep(
        host: Host,
        did: Did,
        handle: Handle,
        tokens: impl Into<migrate::host::Session>,
        file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let file = match file {
            Some(file) => file.to_owned(),
            None => directory()?.join(format!("{}.json", did.as_str().replace(':', "-"))),
        };
        let session = Self { owner: Owner::new(host, did, tokens), handle, file };
        session.save().await?;
        Ok(session)
    }

    /// Finds the session of a move, or signs in, and asks how far the move is.
    pub(crate) async fn open(which: &Which) -> anyhow::Result<(Self, Job)> {
        let kept = which.find()?;
        if let Some((kept, file)) = &kept {
            let host = Host::new(client::http(vec![kept.to.clone()]), kept.to.clone());
            let tokens = Tokens::new(kept.access_jwt.clone(), kept.refresh_jwt.clone());
            let owner = Owner::new(host, kept.did.clone(), tokens);
            let (handle, file) = (kept.handle.clone(), file.clone());
            let mut session = Self { owner, handle, file };
            match session.current().await {
                Ok(job) => return Ok((session, job)),
                Err(error) if !is_ended_session(&error) => return Err(error),
                Err(_) => {}
            }
        }
        let mut session = which.sign_in(kept.as_ref().map(|(kept, _)| kept)).await?;
        let job = session.current().await?;
        Ok((session, job))
    }

    /// Returns the new host.
    pub(crate) fn host(&self) -> &Host {
        self.owner.host()
    }

    /// Returns whose account it is.
    pub(crate) fn did(&self) -> &Did {
        self.owner.did()
    }

    /// Returns the handle that the account has at the new host.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Asks how far the move is.
    pub(crate) async fn current(&mut self) -> anyhow::Result<Job> {
        Ok(self.ask::<GetMove>().await?.job)
    }

    /// Calls a query without parameters.
    pub(crate) async fn ask<M>(&mut self) -> anyhow::Result<M::Output>
    where
        M: Method<Output: DeserializeOwned>,
    {
        let outcome = self.owner.asked(M::NSID).await;
        self.save().await?;
        outcome.with_context(|| self.named(M::NSID))
    }

    /// Calls a procedure, with what it takes, if it takes something.
    pub(crate) async fn tell<M>(&mut self, input: Option<&M::Input>) -> anyhow::Result<M::Output>
    where
        M: Method<Input: Serialize, Output: DeserializeOwned>,
    {
        let outcome = self.owner.procedure(M::NSID, input).await;
        self.save().await?;
        outcome.with_context(|| self.named(M::NSID))
    }

    /// Says which method of which host failed.
    fn named(&self, nsid: &str) -> String {
        let method = nsid.rsplit('.').next().unwrap_or(nsid);
        format!("{method} at {}", self.host().origin())
    }

    /// Removes the file.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        fs::remove_file(&self.file).with_context(|| self.file.display().to_string())
    }

    /// Writes the file, for this user alone, if the session is another than in it.
    async fn save(&self) -> anyhow::Result<()> {
        let session = self.owner.session().await;
        let (access, refresh) = session.reveal();
        let kept = Kept {
            to: self.host().origin().clone(),
            did: self.did().clone(),
            handle: self.handle.clone(),
            access_jwt: access.to_owned(),
            refresh_jwt: refresh.to_owned(),
        };
        let text = serde_json::to_string_pretty(&kept)?;
        if fs::read_to_string(&self.file).is_ok_and(|before| before == text) {
            return Ok(());
        }
        write(&self.file, &text).with_context(|| self.file.display().to_string())
    }
}

impl Which {
    /// Returns the session that is meant, and its file.
    fn find(&self) -> anyhow::Result<Option<(Kept, PathBuf)>> {
        if let Some(file) = &self.session_file {
            return match file.exists() {
                true => Ok(Some((read(file)?, file.clone()))),
                false => Ok(None),
            };
        }
        let mut found = Vec::new();
        for file in files(&directory()?)? {
            let kept = read(&file)?;
            if self.is_meant(&kept) {
                found.push((kept, file));
            }
        }
        if found.len() > 1 {
            let names = found.iter().map(|(kept, _)| kept.did.as_str()).collect::<Vec<_>>();
            bail!("moves of several accounts are known here: name one with --account: {}", {
                names.join(", ")
            });
        }
        Ok(found.pop())
    }

    fn is_meant(&self, kept: &Kept) -> bool {
        let is_account = |account: &AtIdentifier| {
            account.did().is_some_and(|did| *did == kept.did)
                || account.handle().is_some_and(|handle| *handle == kept.handle)
        };
        self.to.as_ref().is_none_or(|to| *to == kept.to)
            && self.account.as_ref().is_none_or(is_account)
    }

    /// Signs in at the new host. `kept` is a session that has ended.
    async fn sign_in(&self, kept: Option<&Kept>) -> anyhow::Result<Session> {
        let to = self.to.as_ref().or(kept.map(|kept| &kept.to));
        let account = self.account.as_ref().map(ToString::to_string);
        let account = account.or(kept.map(|kept| kept.did.to_string()));
        let (Some(to), Some(account)) = (to, account) else {
            bail!("no move is known here: name the new host with --to, and the --account");
        };
        let password = Password {
            name: &format!("password of {account} at {to}"),
            file: self.new_password_file.as_deref(),
            option: "--new-password-file",
            variable: "PAGURUS_NEW_PASSWORD",
        };
        let host = Host::new(client::http(vec![to.clone()]), to.clone());
        let signed_in = host.sign_in(&account, &password.read()?, None).await;
        let signed_in = signed_in.with_context(|| format!("signing in at {to}"))?;
        let handle = signed_in.handle.context("the new host does not say which handle it has")?;
        let file = self.session_file.as_deref();
        Session::keep(host, signed_in.did, handle, signed_in.session, file).await
    }
}

/// Tells whether somebody has to sign in again.
pub(crate) fn is_ended_session(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(HostError::SessionEnded))
}

/// Returns where sessions are kept.
fn directory() -> anyhow::Result<PathBuf> {
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .context("there is no home directory: name a --session-file")?;
    Ok(state.join("pagurus/moves"))
}

/// Lists the files of sessions.
fn files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let named = || directory.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(named)? {
        let path = entry.with_context(named)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(file: &Path) -> anyhow::Result<Kept> {
    let named = || file.display().to_string();
    let text = fs::read_to_string(file).with_context(named)?;
    serde_json::from_str(&text).with_context(named)
}

/// Puts a file there as a whole. Temporary files are for this user alone, and it stays one.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let directory = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut temporary = NamedTempFile::new_in(directory)?;
    temporary.write_all(text.as_bytes())?;
    temporary.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn kept(did: &str) -> Kept {
        Kept {
            to: Origin::parse("https://new.example.com").unwrap(),
            did: did.parse().unwrap(),
            handle: "alice.example.com".parse().unwrap(),
            access_jwt: "access".to_owned(),
            refresh_jwt: "refresh".to_owned(),
        }
    }

    #[test]
    fn a_session_is_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/down/session.json");
        for text in ["first", "second"] {
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let text = serde_json::to_string(&kept("did:web:alice.example.com")).unwrap();
        write(&file, &text).unwrap();
        assert_eq!(files(file.parent().unwrap()).unwrap(), std::slice::from_ref(&file));
        assert_eq!(read(&file).unwrap().refresh_jwt, "refresh");
    }

    #[test]
    fn a_move_is_meant_by_what_is_said_of_it() {
        let kept = kept("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
        for (to, account, is_meant) in [
            (None, None, true),
            (Some("https://new.example.com"), None, true),
            (Some("https://old.example.com"), None, false),
            (None, Some("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), true),
            (None, Some("alice.example.com"), true),
            (None, Some("bob.example.com"), false),
            (Some("https://old.example.com"), Some("alice.example.com"), false),
        ] {
            let which = Which {
                to: to.map(|to| Origin::parse(to).unwrap()),
                account: account.map(|account| account.parse().unwrap()),
                session_file: None,
                new_password_file: None,
            };
            assert_eq!(which.is_meant(&kept), is_meant, "{to:?} {account:?}");
        }
    }
}
