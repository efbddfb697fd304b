//! `pagurus repo verify --data`, `repair` and `export`: repositories in a data directory. Only
//! repairing needs that no server uses it meanwhile.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;
use store::repo::{CheckReport, ExportError};
use store::{Account, AccountId, Faults, Options, Reading, Store};
use syntax::Did;
use tokio::runtime::Runtime;

use crate::output;
use crate::serve::clock;

/// How many accounts are read at once.
const PAGE: u64 = 100;

/// Writes nodes, counts and references of stored repositories anew from their records. What is wrong
/// with the records themselves, or with the commit, stays; `repo verify --data` tells.
#[derive(clap::Args)]
pub(crate) struct RepairArguments {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// This account's only
    #[arg(long)]
    did: Option<Did>,
}

/// Writes a stored repository as a CAR file.
#[derive(clap::Args)]
pub(crate) struct ExportArguments {
    /// Whose repository
    did: Did,
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The file to write, or `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// Checks all repositories of a data directory, or one.
pub(crate) fn verify(data: &Path, did: Option<&Did>, as_json: bool) -> anyhow::Result<ExitCode> {
    let reading = reading(data)?;
    let mut reports = Vec::new();
    for_each(&reading, did, |account| {
        let report = check(&reading, &account)?;
        if !as_json {
            tell(&account.did, &report);
        }
        reports.push((account.did, report));
        Ok(())
    })?;
    let valid = reports.iter().all(|(_, report)| report.agrees());
    if as_json {
        let repos: Vec<_> = reports.iter().map(|(did, report)| shown(did, report)).collect();
        output::json(&json!({ "valid": valid, "repos": repos }));
    } else {
        let verdict = if valid { "valid" } else { "NOT VALID" };
        output::line(&format!("{verdict} ({} repositories)", reports.len()));
    }
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(reading: &Reading, account: &Account) -> anyhow::Result<CheckReport> {
    let report: Result<_, store::Error> = reading.read(|tx| tx.check_repo(account.id));
    report.with_context(|| account.did.to_string())
}

fn shown(did: &Did, report: &CheckReport) -> serde_json::Value {
    let problems: Vec<String> = report.disagreements.iter().map(ToString::to_string).collect();
    json!({
        "did": did,
        "records": report.records,
        "nodes": report.nodes,
        "valid": report.agrees(),
        "problems": problems,
        "problemCount": report.count,
    })
}

fn tell(did: &Did, report: &CheckReport) {
    for problem in &report.disagreements {
        output::line(&format!("problem: {did}: {problem}"));
    }
    let listed = u64::try_from(report.disagreements.len()).unwrap_or(u64::MAX);
    if report.count > listed {
        output::line(&format!("problem: {did}: and {} more", report.count - listed));
    }
}

/// Runs `pagurus repo repair`.
pub(crate) fn repair(arguments: &RepairArguments) -> anyhow::Result<ExitCode> {
    let reading = reading(&arguments.data)?;
    let mut broken = Vec::new();
    for_each(&reading, arguments.did.as_ref(), |account| {
        let report = check(&reading, &account)?;
        if !report.agrees() {
            tell(&account.did, &report);
            broken.push(account);
        }
        Ok(())
    })?;
    let store = Store::open(Options {
        directory: arguments.data.clone(),
        clock: clock(),
        accept_future_seq: true,
        recent_bytes_max: 0,
        faults: Faults::default(),
    })?;
    Runtime::new().context("no threads to run on")?.block_on(async {
        for Account { id, did, .. } in &broken {
            let id = *id;
            let outcome: Result<(), store::Error> = store.write(move |tx| tx.repair_repo(id)).await;
            outcome.with_context(|| did.to_string())?;
        }
        store.close().await;
        anyhow::Ok(())
    })?;
    output::line(&format!("{} repaired", broken.len()));
    verify(&arguments.data, arguments.did.as_ref(), false)
}

/// Runs `pagurus repo export`.
pub(crate) fn export(arguments: &ExportArguments) -> anyhow::Result<ExitCode> {
    let reading = reading(&arguments.data)?;
    let mut file: Box<dyn Write> = if arguments.output == Path::new("-") {
        Box::new(io::stdout().lock())
    } else {
        let file = File::create_new(&arguments.output);
        Box::new(file.with_context(|| arguments.output.display().to_string())?)
    };
    let mut file = BufWriter::new(&mut file);
    let outcome: Result<(), ExportError<io::Error>> = reading.read(|tx| {
        let account = tx.account(&arguments.did)?.ok_or(store::Error::Missing)?;
        let head = tx.head(account.id)?.ok_or(store::Error::Missing)?;
        tx.export_repo(&head, None, |piece| file.write_all(&piece))
    });
    outcome.with_context(|| format!("repository of {}", arguments.did))?;
    file.flush().context("the file could not be written")?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the store of a data directory to look into it.
pub(crate) fn reading(data: &Path) -> anyhow::Result<Reading> {
    Reading::open(data, clock()).with_context(|| format!("no store in {}", data.display()))
}

/// Does something with one account, or with all.
pub(crate) fn for_each(
    reading: &Reading,
    did: Option<&Did>,
    mut visit: impl FnMut(Account) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if let Some(did) = did {
        let account: Result<_, store::Error> = reading.read(|tx| tx.account(did));
        return visit(account?.with_context(|| format!("there is no account {did}"))?);
    }
    let mut last = AccountId::FIRST;
    loop {
        let page: Result<Vec<Account>, store::Error> =
            reading.read(|tx| tx.accounts_after(last, PAGE));
        let page = page?;
        let Some(newest) = page.last() else { return Ok(()) };
        last = newest.id;
        page.into_iter().try_for_each(&mut visit)?;
    }
}
