//! What an operator can set. Read once, passed down, never changed.
//!
//! The command line makes it of defaults, a TOML file, the environment and flags, in this order.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use identity::Origin;
use serde::{Deserialize, Serialize, Serializer};
use syntax::{Datetime, Did, Uri};
use zeroize::Zeroizing;

/// The port that servers of accounts listen on in development.
pub const PORT: u16 = 2583;

/// The settings of a server. Keys that are not here are refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data directory. It is made if it is not there.
    pub data: PathBuf,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where figures for operators are served, at `/metrics`; nowhere by default.
    pub admin_listen: Option<SocketAddr>,
    /// Where the world reaches the server; `http://localhost:PORT` by default.
    pub public_url: Option<Origin>,
    /// The server's DID; the did:web of the public URL's host by default.
    pub service_did: Option<Did>,
    /// The directory of did:plc; the embedded one, if that is on, or else the public one.
    pub plc_url: Option<Origin>,
    /// Where the embedded directory of did:plc listens; it is off by default.
    pub plc_listen: Option<SocketAddr>,
    /// The password of the user `admin`; without one nobody is.
    pub admin_password: Option<Secret>,
    /// The domains under which the server gives handles, each with its leading dot; the public
    /// URL's host by default.
    pub handle_domains: Option<Vec<String>>,
    /// Whether accounts need an invite code.
    pub invite_required: bool,
    /// After how many hours an account gets a further invite code to give away; never by default.
    pub invite_interval_hours: Option<u32>,
    /// From when on accounts come to such codes, if they were here before: `2026-01-01T00:00:00Z`.
    pub invite_epoch: Option<Datetime>,
    /// Who is told when there are new events, such as `https://bsky.network`.
    pub crawlers: Vec<Origin>,
    /// What answers the methods of apps that are not this server's own: for those who have not set it,
    /// Bluesky's, but nothing in development.
    pub appview: Option<AppView>,
    /// The moderation service, which may take down what is here, and is asked by its moderators.
    pub moderation: Option<Upstream>,
    /// Who gets the reports of users: the moderation service by default, or Bluesky's.
    pub reports: Option<Upstream>,
    /// Who publishes all schemas of records, instead of those whom the DNS names: for closed networks.
    pub lexicon_authority_did: Option<Did>,
    /// Where users can write to.
    pub contact_email: Option<String>,
    /// The apps that are shown with the name and the image which they say they have, by their client ids.
    /// Of all others the address is shown, as anybody can say anything.
    pub trusted_apps: Vec<String>,
    /// Domains at which nobody may have their e-mail address, such as those of addresses that are thrown
    /// away; names under them are meant, too.
    pub refused_email_domains: Vec<String>,
    /// What users can read about privacy.
    pub privacy_policy_url: Option<Uri>,
    /// What users agree to.
    pub terms_of_service_url: Option<Uri>,
    /// A key that may change the identities of new accounts, above the server's own: a `did:key`.
    pub recovery_did_key: Option<String>,
    /// Whether this is a server for development: mail can be read, loopback is reached.
    pub dev: bool,
    /// Origins that are gone to although their addresses are not public: for development.
    pub private_origins: Vec<Origin>,
    /// Whether to go on with sequence numbers that are ahead of the clock.
    pub accept_future_seq: bool,
    /// Keys and secrets, where they are not to be files in the data directory.
    pub secrets: Secrets,
    /// How mail is sent.
    pub mail: Mail,
    /// How the server shows itself to people, in letters and at `/`.
    pub branding: Branding,
    /// How long things are kept.
    pub retention: Retention,
    /// How much of everything.
    pub limits: Limits,
}

/// How long things are kept that go with time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// For how many hours events are kept for those who follow the firehose and were away.
    pub event_hours: u32,
    /// For how many hours blobs are kept in quarantine that nobody refers to any more.
    pub quarantine_hours: u32,
    /// How many seconds there are between two looks at what is to go.
    pub sweep_seconds: u32,
}

/// A service of others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Where it is.
    pub url: Origin,
    /// Its DID.
    pub did: Did,
}

/// What shows apps the network: timelines, threads, profiles.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppView {
    /// Where it is.
    pub url: Origin,
    /// Its DID.
    pub did: Did,
    /// Where it shows images, with `%s` for the size, the account's DID and the CID; where this server
    /// has the files, by default.
    pub cdn_url_pattern: Option<String>,
}

/// How mail is sent. Without these settings none is, and in development it can be read at `/dev/mail`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Through which server: `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://…`, which uses TLS where it
    /// is offered and with `?tls=required` only so; or `smtp:///?sendmail=true`.
    pub smtp_url: Option<Secret>,
    /// Who sends: `Name <name@example.com>`.
    pub from: Option<String>,
    /// Through which server moderators' mail is sent; the same by default.
    pub moderation_smtp_url: Option<Secret>,
    /// Who sends moderators' mail; the same by default.
    pub moderation_from: Option<String>,
}

/// How the server shows itself to people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// What it is called; the public URL's host by default.
    pub name: Option<String>,
    /// The image at the head of letters.
    pub logo_url: Option<Uri>,
    /// Where people read about the server; the public URL by default.
    pub home_url: Option<Uri>,
    /// Where people get help.
    pub support_url: Option<Uri>,
    /// The colour of headings: `#rrggbb`.
    pub primary_color: Option<Color>,
}

/// A colour as style sheets have it: `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Color(String);

/// Keys and secrets. Those that are absent are files in the data directory, made at first start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// Signs the tokens of sessions: any text of 16 bytes or more.
    pub jwt: Option<Secret>,
    /// Seals the keys in the database: 64 hexadecimal digits.
    pub sealing_key: Option<Secret>,
    /// Keys that sealed before `sealing_key`, and still open.
    pub former_sealing_keys: Vec<Secret>,
    /// Changes the identities of accounts: 64 hexadecimal digits of secp256k1, or multibase.
    pub plc_rotation_key: Option<Secret>,
}

/// How much of everything a server takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Whether the numbers of requests are limited.
    pub rates: bool,
    /// Passes all rate limits when sent as the header `x-ratelimit-bypass`.
    pub rate_bypass_key: Option<Secret>,
    /// Addresses whose requests pass all rate limits.
    pub rate_bypass_ips: Vec<IpAddr>,
    /// The most connections at a time; further ones wait.
    pub connections: usize,
    /// The most bytes of a JSON body, where a method has no other limit.
    pub json_bytes: usize,
    /// The most bytes of a blob.
    pub blob_bytes: u64,
    /// The most bytes of a blob of an account that moves here.
    pub moved_blob_bytes: u64,
    /// The most bytes of a repository that is imported.
    pub import_bytes: u64,
    /// The most records that an account may have; as many as it likes by default.
    pub account_records: Option<u64>,
    /// The most bytes that the blobs of an account may have; as many as it likes by default.
    pub account_blob_bytes: Option<u64>,
    /// About how many bytes of repositories' trees are kept in memory between writes.
    pub tree_cache_bytes: usize,
    /// How many bytes of new events are kept in memory for subscribers.
    pub firehose_ring_bytes: usize,
    /// How many passwords are hashed at a time; half the processors by default.
    pub password_threads: Option<usize>,
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("pagurus-data"),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
            admin_listen: None,
            public_url: None,
            service_did: None,
            plc_url: None,
            plc_listen: None,
            admin_password: None,
            handle_domains: None,
            invite_required: true,
            invite_interval_hours: None,
            invite_epoch: None,
            crawlers: Vec::new(),
            appview: None,
            moderation: None,
            reports: None,
            lexicon_authority_did: None,
            contact_email: None,
            trusted_apps: Vec::new(),
            refused_email_domains: Vec::new(),
            privacy_policy_url: None,
            terms_of_service_url: None,
            recovery_did_key: None,
            dev: false,
            private_origins: Vec::new(),
            accept_future_seq: false,
            secrets: Secrets::default(),
            mail: Mail::default(),
            branding: Branding::default(),
            retention: Retention::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { event_hours: 72, quarantine_hours: 72, sweep_seconds: 60 }
    }
}

impl Retention {
    pub(crate) fn events(&self) -> Duration {
        Duration::from_hours(u64::from(self.event_hours))
    }

    pub(crate) fn quarantine(&self) -> Duration {
        Duration::from_hours(u64::from(self.quarantine_hours))
    }

    pub(crate) fn sweep_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.sweep_seconds.max(1)))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rates: true,
            rate_bypass_key: None,
            rate_bypass_ips: Vec::new(),
            connections: 20_000,
            // What the reference takes; methods that write records take more.
            json_bytes: 150 * 1024,
            blob_bytes: 100 * 1024 * 1024,
            moved_blob_bytes: 1024 * 1024 * 1024,
            import_bytes: 4 * 1024 * 1024 * 1024,
            account_records: None,
            account_blob_bytes: None,
            tree_cache_bytes: 32 << 20,
            firehose_ring_bytes: 16 << 20,
            password_threads: None,
        }
    }
}

impl Color {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        match digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            true => Ok(Self(text)),
            false => Err("a colour is # and six hexadecimal digits"),
        }
    }
}

impl Secret {
    /// Returns the text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
