//! A disk that is full, and one that does not keep what it is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::client::{Account, Client};
use crate::server::Server;

const COLLECTION: &str = "com.example.note";

/// A library that makes the disk fail when told to.
struct Disk {
    library: PathBuf,
    control: PathBuf,
}

impl Disk {
    fn new(directory: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/shim.c");
        let library = directory.join("shim.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(built.success());
        let control = directory.join("fault");
        fs::write(&control, "").unwrap();
        Self { library, control }
    }

    fn fails(&self, kind: &str) {
        fs::write(&self.control, kind).unwrap();
    }

    async fn server(&self, directory: &Path) -> Server {
        let library = self.library.as_os_str();
        let control = self.control.as_os_str();
        Server::start_with(directory, &[("LD_PRELOAD", library), ("DISK_FAULT", control)]).await
    }
}

async fn create(client: &Client, account: &Account, rkey: &str) -> Result<String, (u16, String)> {
    let record = json!({"$type": COLLECTION, "text": rkey});
    let input = json!({
        "repo": account.did, "collection": COLLECTION, "rkey": rkey, "record": record,
    });
    let (status, answer) = client.try_write(account, "createRecord", input).await.unwrap();
    match status.as_u16() {
        200 => Ok(answer["cid"].as_str().unwrap().to_owned()),
        status => Err((status, answer["error"].as_str().unwrap_or_default().to_owned())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_gets_over() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::new(directory.path());
    let mut server = disk.server(directory.path()).await;
    let client = Client::new(server.url());
    let account = client.create_account("alice").await;
    let first = create(&client, &account, "first").await.unwrap();
    disk.fails("full");
    for _ in 0..3 {
        let refused = create(&client, &account, "second").await;
        assert_eq!(refused, Err((503, "NotEnoughResources".to_owned())));
    }
    // What is there can be read meanwhile.
    let read = client.record(&account.did, COLLECTION, "first").await;
    assert_eq!(read, Some(first.clone()));
    disk.fails("");
    let second = create(&client, &account, "second").await.unwrap();
    server.kill();
    server.verify_data();
    let server = disk.server(directory.path()).await;
    let client = Client::new(server.url());
    assert_eq!(client.record(&account.did, COLLECTION, "first").await, Some(first));
    assert_eq!(client.record(&account.did, COLLECTION, "second").await, Some(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_disk_that_does_not_keep_nothing_more_is_promised() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::new(directory.path());
    let mut server = disk.server(directory.path()).await;
    let client = Client::new(server.url());
    let account = client.create_account("alice").await;
    let first = create(&client, &account, "first").await.unwrap();
    disk.fails("fsync");
    let (status, _) = create(&client, &account, "second").await.unwrap_err();
    assert!(status >= 500);
    disk.fails("");
    // That the disk works again says nothing about what it was given meanwhile.
    let refused = create(&client, &account, "third").await;
    assert_eq!(refused, Err((503, "NotEnoughResources".to_owned())));
    assert!(!client.is_ready().await, "health has to say so");
    let read = client.record(&account.did, COLLECTION, "first").await;
    assert_eq!(read, Some(first.clone()));
    // The log is written aside, a moment later.
    let said = async {
        while !server.log().contains("writing has stopped") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), said).await.unwrap();
    server.kill();
    server.verify_data();
    let server = disk.server(directory.path()).await;
    let client = Client::new(server.url());
    assert_eq!(client.record(&account.did, COLLECTION, "first").await, Some(first));
    assert_eq!(client.record(&account.did, COLLECTION, "third").await, None);
    create(&client, &account, "fourth").await.unwrap();
}
