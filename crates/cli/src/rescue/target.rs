//! Where an account is brought to, with which keys, and what its owner agrees to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use crypto::PublicKey;
use identity::Origin;
use identity::outbound::{Client, Settings, Strangers};
use identity::plc::DidKey;
use identity::resolve::{Memory, PlcClient, Resolver, Sources};
use migrate::age;
use migrate::host::Host;
use migrate::rescue::{Missing, OwnerKey};
use syntax::{Cid, Did, Handle};
use zeroize::Zeroizing;

use crate::client::dns;
use crate::secret::{self, Password};
use crate::settings::environment;

/// The variable that may have the password.
const PASSWORD: &str = "PAGURUS_NEW_PASSWORD";
/// How long the directory, or a document's host, may take to answer.
const TIME_MAX: Duration = Duration::from_secs(20);

/// What both commands take.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// Where the new host is
    #[arg(long, value_name = "URL")]
    to: Origin,
    /// The handle that the account will have; by default the one that the bundle has
    #[arg(long)]
    pub(super) handle: Option<Handle>,
    /// The e-mail address; by default the one in the bundle's private part, if --age-key opens it
    #[arg(long)]
    pub(super) email: Option<String>,
    /// Read the password from the first line of this file; else from PAGURUS_NEW_PASSWORD, else you are
    /// asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The code that the new host invites with, if it wants one
    #[arg(long, value_name = "CODE")]
    pub(super) invite_code: Option<String>,
    /// A rotation key of the identity, as multibase text or in hexadecimal digits. It signs here and
    /// goes nowhere
    #[arg(long, value_name = "FILE", required_unless_present = "signing_key_file")]
    rotation_key_file: Option<PathBuf>,
    /// For a did:web: the key that you have put into its document, in the same forms
    #[arg(long, value_name = "FILE", conflicts_with = "rotation_key_file")]
    signing_key_file: Option<PathBuf>,
    /// Another rotation key of yours, which stays. Can be given several times
    #[arg(long, value_name = "DID-KEY")]
    own_key: Vec<PublicKey>,
    /// A rotation key of the old host's, or of anybody's, which goes. Can be given several times
    #[arg(long, value_name = "DID-KEY")]
    drop_key: Vec<PublicKey>,
    /// Go on although blobs are missing: these (CIDs with commas between, or a file with one a line),
    /// or as many as this number at most
    #[arg(long, value_name = "LIST|FILE|NUMBER")]
    accept_missing_blobs: Option<String>,
    /// Replace what the new host has of the account, although it is newer
    #[arg(long)]
    pub(super) replace_newer: bool,
    /// What opens the private part of the bundle: a file with AGE-SECRET-KEY-1…
    #[arg(long, value_name = "FILE")]
    age_key: Option<PathBuf>,
    /// The directory of did:plc
    #[arg(long, value_name = "URL", default_value = "https://plc.directory")]
    plc_url: Origin,
    /// Where the operation is written down before it is sent; by default rescue-DID.json here
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// Where the signed report goes; by default rescue-DID.report.json here
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Change the identity without asking
    #[arg(long)]
    pub(super) yes: bool,
    /// Show what there is, what would change and who could undo it, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Whom to ask.
pub(crate) struct Network {
    pub(crate) http: Client,
    pub(crate) plc: PlcClient,
    pub(crate) resolver: Resolver,
}

impl Target {
    pub(super) fn key(&self) -> anyhow::Result<OwnerKey> {
        match (&self.rotation_key_file, &self.signing_key_file) {
            (Some(file), _) => Ok(OwnerKey::Rotation(secret::private_key(file)?)),
            (None, Some(file)) => Ok(OwnerKey::Signing(secret::private_key(file)?)),
            (None, None) => bail!("a key is needed: name its file with --rotation-key-file"),
        }
    }

    /// Reads the password. To look at everything without one, none is asked for.
    pub(super) fn password(&self) -> anyhow::Result<Zeroizing<String>> {
        let is_given = self.password_file.is_some() || environment(PASSWORD).is_some();
        if self.dry_run && !is_given {
            return Ok(Zeroizing::default());
        }
        let password = Password {
            name: "password for the new host",
            file: self.password_file.as_deref(),
            option: "--password-file",
            variable: PASSWORD,
        };
        password.read_new()
    }

    /// Reads the keys that open the private part.
    pub(super) fn opens(&self) -> anyhow::Result<Vec<age::Identity>> {
        let Some(file) = &self.age_key else { return Ok(Vec::new()) };
        let of_file = || file.display().to_string();
        let text = Zeroizing::new(fs::read_to_string(file).with_context(of_file)?);
        let keys = age::Identity::parse_all(&text).with_context(of_file)?;
        if keys.is_empty() {
            bail!("{} has no key of age", file.display());
        }
        Ok(keys)
    }

    /// Returns which blobs may be missing.
    pub(super) fn missing(&self) -> anyhow::Result<Missing> {
        let Some(text) = &self.accept_missing_blobs else { return Ok(Missing::None) };
        if let Ok(count) = text.parse() {
            return Ok(Missing::Count(count));
        }
        let file = Path::new(text);
        let list = match file.exists() {
            true => fs::read_to_string(file).with_context(|| text.clone())?,
            false => text.clone(),
        };
        let words = list.split(|char: char| char == ',' || char.is_whitespace());
        let cids = words.filter(|word| !word.is_empty()).map(|word| {
            Cid::parse(word).with_context(|| format!("neither a CID nor a file: {word}"))
        });
        Ok(Missing::Named(cids.collect::<anyhow::Result<BTreeSet<Cid>>>()?))
    }

    /// Returns whose other keys are.
    pub(super) fn others(&self) -> (Vec<DidKey>, Vec<DidKey>) {
        let keys = |list: &[PublicKey]| list.iter().map(DidKey::from).collect();
        (keys(&self.own_key), keys(&self.drop_key))
    }

    pub(super) fn report(&self, did: &Did) -> PathBuf {
        let name = format!("rescue-{}.report.json", did.as_str().replace(':', "-"));
        self.report.clone().unwrap_or_else(|| PathBuf::from(name))
    }

    pub(super) fn network(&self) -> Network {
        network(vec![self.to.clone()], &self.plc_url)
    }

    /// Returns the new host.
    pub(super) fn host(&self, network: &Network) -> Host {
        Host::new(network.http.clone(), self.to.clone())
    }
}

/// Makes what speaks with hosts and directories that somebody here has named, and with others on the
/// internet.
pub(crate) fn network(hosts: Vec<Origin>, plc: &Origin) -> Network {
    let exceptions = hosts.into_iter().chain([plc.clone()]).collect();
    let strangers = Strangers { exceptions, ..Strangers::default() };
    let http = Client::for_strangers(dns(), strangers, Settings::default());
    let plc = PlcClient::new(http.clone(), plc.clone(), TIME_MAX);
    let sources = Sources {
        plc: plc.clone(),
        http: http.clone(),
        dns: dns(),
        backup_dns: None,
        time_max: TIME_MAX,
    };
    let resolver = Resolver::new(sources, Memory::default());
    Network { http, plc, resolver }
}
