//! `pagurus demo`: a server from nothing, an account on it, and proof of what it did.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use crypto::PublicKey;
use futures_util::StreamExt as _;
use repo::archive::ArchiveReader;
use repo::car::Spool;
use repo::event::{Message, decode};
use repo::slice::Slice;
use repo::survey::survey;
use serde_json::{Value, json};
use server::{Config, Server, Surroundings};
use syntax::Cid;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};

use crate::client::Client;
use crate::output;
use crate::serve::clock;

/// How many posts are written.
const POSTS: usize = 20;
/// How long events may take to come.
const EVENT_TIME_MAX: Duration = Duration::from_secs(5);
/// How many bytes of the exported repository are kept in memory.
const MEMORY_BYTES_MAX: usize = 32 << 20;

/// Starts a server on loopback with data in a temporary directory, makes an account, writes and
/// deletes records, follows the firehose, and verifies the exported repository.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Runs the command.
pub(crate) fn run(_: &Arguments) -> anyhow::Result<ExitCode> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = Config {
        data: directory.path().to_owned(),
        listen: here,
        plc_listen: Some(here),
        dev: true,
        invite_required: false,
        handle_domains: Some(vec![".test".to_owned()]),
        ..Config::default()
    };
    Runtime::new().context("no threads to run on")?.block_on(async {
        let server = Server::start(config, Surroundings::new(clock())).await?;
        output::line(&format!("server    {}", server.url()));
        let outcome = show(&server).await;
        server.shutdown().await;
        outcome
    })?;
    output::line("all of it holds");
    Ok(ExitCode::SUCCESS)
}

async fn show(server: &Server) -> anyhow::Result<()> {
    let client = Client::new(server.url().clone())?;
    let mut firehose = subscribe(server.address()).await?;
    let input = json!({
        "handle": "alice.test", "email": "alice@example.com", "password": "a password of hers",
    });
    let account = client.procedure("com.atproto.server.createAccount", &input).await?;
    let did = text(&account, "did")?;
    let client = client.with_token(text(&account, "accessJwt")?);
    output::line(&format!("account   {did} (alice.test)"));

    let commits = write(&client, did).await?;
    output::line(&format!("written   {} commits", commits.len()));

    let key = signing_key(&client, did).await?;
    let data = follow(&mut firehose, did, &commits, &key).await?;
    output::line(&format!(
        "followed  {} commits, each signed and undone to the one before",
        commits.len()
    ));

    let car = client.bytes(&format!("com.atproto.sync.getRepo?did={did}")).await?;
    let mut reader = ArchiveReader::new(Spool::new(MEMORY_BYTES_MAX, tempfile::tempfile));
    reader.push(&car)?;
    let mut archive = reader.finish()?;
    archive.commit().verify(&key).context("the commit is not signed by the account's key")?;
    ensure!(
        archive.commit().data() == &data,
        "the export is of another tree than the firehose told"
    );
    let survey = survey(&mut archive)?;
    ensure!(survey.faults == 0, "the export has faults");
    let (records, bytes) = (survey.records.count, output::bytes(u64::try_from(car.len())?));
    output::line(&format!(
        "exported  {records} records, {bytes}, verified from the signature down"
    ));
    Ok(())
}

/// Writes posts, replaces one, deletes one, and returns the commits.
async fn write(client: &Client, did: &str) -> anyhow::Result<Vec<String>> {
    let collection = "app.bsky.feed.post";
    let post = |text: String| json!({"$type": collection, "text": text, "createdAt": "2026-01-01T00:00:00Z"});
    let mut commits = Vec::new();
    let mut last = String::new();
    for index in 0..POSTS {
        let record = post(format!("post number {index}"));
        let input = json!({"repo": did, "collection": collection, "record": record});
        let answer = client.procedure("com.atproto.repo.createRecord", &input).await?;
        commits.push(text(&answer["commit"], "cid")?.to_owned());
        last = text(&answer, "uri")?.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let record = post("another text".to_owned());
    let input = json!({"repo": did, "collection": collection, "rkey": last, "record": record});
    let answer = client.procedure("com.atproto.repo.putRecord", &input).await?;
    commits.push(text(&answer["commit"], "cid")?.to_owned());
    let input = json!({"repo": did, "collection": collection, "rkey": last});
    let answer = client.procedure("com.atproto.repo.deleteRecord", &input).await?;
    commits.push(text(&answer["commit"], "cid")?.to_owned());
    Ok(commits)
}

/// Returns the key that the account's document names.
async fn signing_key(client: &Client, did: &str) -> anyhow::Result<PublicKey> {
    let answer = client.query(&format!("com.atproto.repo.describeRepo?repo={did}")).await?;
    let document = serde_json::to_vec(&answer["didDoc"])?;
    let document = identity::document::Document::parse(&document).context("the DID document")?;
    document.signing_key().context("the DID document has no signing key")
}

/// Follows the firehose up to the last commit, checks each, and returns the root of the last tree.
async fn follow(
    firehose: &mut WebSocketStream<TcpStream>,
    did: &str,
    commits: &[String],
    key: &PublicKey,
) -> anyhow::Result<Cid> {
    let mut expected = commits.iter();
    let mut data = None;
    loop {
        let frame = timeout(EVENT_TIME_MAX, firehose.next()).await.context("no event came")?;
        let tungstenite::Message::Binary(frame) = frame.context("the firehose has ended")?? else {
            continue;
        };
        let Message::Commit(commit) = decode(&frame)? else { continue };
        ensure!(commit.repo.as_str() == did, "an event of somebody else");
        let slice = Slice::decode(&commit.blocks)?;
        slice.commit().verify(key).context("a commit is not signed by the account's key")?;
        // The first one is that of the empty repository, and there is none before it.
        if let Some(before) = data {
            ensure!(slice.invert(&commit.ops)? == before, "a commit does not undo");
            let next = expected.next().map(String::as_str);
            ensure!(next == Some(&commit.commit.to_string()), "another commit was told");
        }
        data = Some(slice.commit().data);
        if expected.len() == 0 {
            return Ok(slice.commit().data);
        }
    }
}

async fn subscribe(address: SocketAddr) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.context("the firehose")?;
    let url = format!("ws://{address}/xrpc/com.atproto.sync.subscribeRepos");
    Ok(client_async(url, stream).await.context("the firehose")?.0)
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    match value[name].as_str() {
        Some(text) => Ok(text),
        None => bail!("the answer has no {name}"),
    }
}
