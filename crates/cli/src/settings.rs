//! The settings: defaults, then a file, then the environment, then the command line.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// What the names of our variables begin with. Two underscores lead into a section:
/// `PAGURUS_LIMITS__BLOB_BYTES`.
const PREFIX: &str = "PAGURUS_";
/// Variables of ours that are no settings: where things are, and passwords for one command.
const OTHERS: [&str; 5] = ["BIN", "CONFIG", "NEW_PASSWORD", "OLD_PASSWORD", "VECTORS"];

/// The sections that are about a service of others.
const SERVICES: [&str; 3] = ["appview", "moderation", "reports"];
/// What such a section cannot be without.
const SERVICE: &str = "url = \"https://example.com\"\ndid = \"did:web:example.com\"";

/// What `--dev` sets, and anything else may change.
const DEV: &str = r#"
dev = true
data = "pagurus-dev"
listen = "127.0.0.1:2583"
plc_listen = "127.0.0.1:2582"
handle_domains = [".test"]
invite_required = false
admin_password = "admin"
"#;

/// All settings.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// Those of the server.
    #[serde(flatten)]
    pub(crate) server: server::Config,
    /// Those of the log.
    pub(crate) log: Log,
}

/// What is written to the log, and how.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// As text or as JSON.
    pub(crate) format: Format,
    /// From which level on, of which parts: `info`, `warn,pagurus::request=info`.
    pub(crate) filter: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

/// Reads all settings. `said` is what the command line says.
pub(crate) fn read(file: Option<&Path>, dev: bool, said: Table) -> anyhow::Result<Settings> {
    let mut table = Table::new();
    let named = environment("PAGURUS_CONFIG");
    if let Some(file) = file.or(named.as_deref().map(Path::new)) {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let from_file = text.parse().with_context(|| format!("in {}", file.display()))?;
        merge(&mut table, from_file);
    }
    for (name, text) in std::env::vars() {
        let Some(name) = name.strip_prefix(PREFIX).filter(|name| !OTHERS.contains(name)) else {
            continue;
        };
        merge(&mut table, variable(name, &text).with_context(|| format!("in {PREFIX}{name}"))?);
    }
    merge(&mut table, said);
    decode(if dev { for_development(table)? } else { table })
}

/// Returns a variable of the environment, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|text| !text.is_empty())
}

/// Puts settings over those for development. Who names a directory does not need one of their own.
fn for_development(over: Table) -> anyhow::Result<Table> {
    let mut table: Table = DEV.parse().context("settings for development")?;
    if over.contains_key("plc_url") {
        table.remove("plc_listen");
    }
    merge(&mut table, over);
    Ok(table)
}

/// Decodes settings in two parts: with a part in the middle, unknown names would not be refused.
fn decode(mut table: Table) -> anyhow::Result<Settings> {
    let log = match table.remove("log") {
        Some(log) => log.try_into().context("in the section log")?,
        None => Log::default(),
    };
    Ok(Settings { server: table.try_into()?, log })
}

/// Returns the table that a variable stands for.
///
/// A text is tried as it is, and then as a value of TOML: what a setting is, its type decides.
fn variable(name: &str, text: &str) -> anyhow::Result<Table> {
    let path: Vec<String> = name.split("__").map(str::to_lowercase).collect();
    let nest = |value: Value| {
        let nested = path
            .iter()
            .rev()
            .fold(value, |value, name| Value::Table(Table::from_iter([(name.clone(), value)])));
        match nested {
            Value::Table(table) => table,
            _ => Table::new(),
        }
    };
    // Of a service each variable says one half, and neither is a setting without the other.
    let check = |table: &Table| {
        let mut whole = Table::new();
        if let [section, _] = &path[..]
            && SERVICES.contains(&section.as_str())
        {
            merge(&mut whole, format!("[{section}]\n{SERVICE}").parse()?);
        }
        merge(&mut whole, table.clone());
        decode(whole).map(|_| ())
    };
    let as_text = nest(Value::String(text.to_owned()));
    let Err(first) = check(&as_text) else {
        return Ok(as_text);
    };
    let Ok(value) = format!("value = {text}").parse::<Table>() else {
        return Err(first);
    };
    let table = nest(value["value"].clone());
    check(&table)?;
    Ok(table)
}

/// Puts one table over another.
fn merge(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> anyhow::Result<server::Config> {
        Ok(decode(text.parse()?)?.server)
    }

    #[test]
    fn settings_for_development_are_settings() {
        let named = for_development("plc_url = \"http://localhost:1\"".parse().unwrap()).unwrap();
        assert!(decode(named).unwrap().server.plc_listen.is_none());
        let config = server(DEV).unwrap();
        assert!(config.dev && !config.invite_required);
        assert!(config.plc_listen.is_some() && config.plc_url.is_none());
    }

    #[test]
    fn names_that_nobody_knows_are_refused() {
        for text in ["colour = 1", "[limits]\nfun = 1", "[log]\nshape = 1", "listen = 1"] {
            assert!(decode(text.parse().unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn variables_have_the_types_of_their_settings() {
        for (name, text, is_good) in [
            ("ADMIN_PASSWORD", "12345", true),
            ("INVITE_REQUIRED", "false", true),
            ("INVITE_REQUIRED", "perhaps", false),
            ("LIMITS__BLOB_BYTES", "1000", true),
            ("HANDLE_DOMAINS", r#"[".a.test"]"#, true),
            ("LISTEN", "127.0.0.1:1", true),
            ("LOG__FORMAT", "json", true),
            ("COLOUR", "red", false),
            ("APPVIEW__URL", "https://appview.example", true),
            ("APPVIEW__DID", "did:web:appview.example", true),
            ("APPVIEW__DID", "appview.example", false),
            ("APPVIEW__COLOUR", "red", false),
        ] {
            assert_eq!(variable(name, text).is_ok(), is_good, "{name}={text}");
        }
    }

    #[test]
    fn what_comes_later_counts() {
        let mut table: Table =
            "data = \"a\"\n[limits]\nrates = true\njson_bytes = 7".parse().unwrap();
        merge(&mut table, "data = \"b\"\n[limits]\nrates = false".parse().unwrap());
        let config = decode(table).unwrap().server;
        assert_eq!(config.data, Path::new("b"));
        assert_eq!((config.limits.rates, config.limits.json_bytes), (false, 7));
    }
}
