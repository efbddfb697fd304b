//! A server that is killed at any moment has everything that it answered.
//!
//! Writers write to a server without pause until it is killed with SIGKILL, again and again, on the
//! same data directory. After each restart everything that was answered has to be there; what is
//! stored has to agree; and a follower of the firehose, who comes back with its old cursor, has to
//! have been told everything once, in order, so that each commit undoes to the one before.
//!
//! `DURABILITY_KILLS` says how often; a few times by default.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod client;
mod disk;
mod follower;
mod load;
mod server;
mod writer;

use std::env;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::follower::Follower;
use crate::server::Server;
use crate::writer::{Book, write_until_killed};

/// How many write at the same time.
const WRITERS: usize = 64;
/// How many accounts they share.
const ACCOUNTS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_is_lost_when_the_server_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how long to test is told from outside")]
    let kills = env::var("DURABILITY_KILLS").map_or(4, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path()).await;
    let mut accounts = Vec::new();
    for index in 0..ACCOUNTS {
        accounts.push(Client::new(server.url()).create_account(&format!("writer{index}")).await);
    }
    let mut book = Book::default();
    let mut follower = Follower::default();
    let mut chance = fastrand::Rng::with_seed(2_026);
    let (mut slowest, mut total) = (Duration::ZERO, 0);
    for kill in 0..kills {
        let load = Duration::from_millis(chance.u64(20..600));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let account = accounts[writer % ACCOUNTS].clone();
                tokio::spawn(write_until_killed(server.url(), account, kill, writer))
            })
            .collect();
        follower.follow_for(&server.url(), load).await;
        server.kill();
        for writer in writers {
            let done = writer.await.unwrap();
            total += done.len();
            book.enter(done);
        }
        server.verify_data();
        let begun = Instant::now();
        server = Server::start(directory.path()).await;
        slowest = slowest.max(begun.elapsed());
        book.check(&Client::new(server.url())).await;
    }
    follower.catch_up(&server.url()).await;
    follower.check(&book);
    server.kill();
    server.verify_data();
    assert!(total > 0);
    eprintln!("{kills} kills, {total} answered writes, slowest restart {slowest:?}");
}
