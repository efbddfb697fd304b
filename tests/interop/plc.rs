//! The embedded directory of did:plc, used by the npm package that servers of the protocol use.

use std::net::Ipv4Addr;
use std::time::{SystemTime, UNIX_EPOCH};

use server::PlcDirectory;

use crate::node;

#[test]
fn the_package_gets_all_that_it_asks_the_directory_for() {
    let Some(directory) = node::directory() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let plc = runtime.block_on(PlcDirectory::start(folder.path(), listen, clock(), true)).unwrap();
    let url = format!("http://localhost:{}", plc.address().port());
    let outcome = node::command(&directory, "plc.mjs").arg(url).output().unwrap();
    node::say(&String::from_utf8_lossy(&outcome.stdout));
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    runtime.block_on(plc.shutdown());
}

/// The other side goes by the time that it is.
fn clock() -> store::Clock {
    store::Clock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(since.as_micros()).unwrap()
    })
}
