//! `com.atproto.sync.getRepo`, `getCheckout`, `getLatestCommit` and `getHead`

use http::Method;
use serde_json::json;

use crate::harness::{Copy, NOTES, Pds};

fn rkeys(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|number| format!("3k{number:011}")).collect()
}

#[tokio::test]
async fn a_repository_is_a_signed_tree_with_all_its_records() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let empty = pds.download(&alice, None).await;
    assert!(empty.records().is_empty());
    empty.assert_signed(&pds, &alice).await;

    pds.notes(&alice, &rkeys(0, 200), 10).await;
    pds.notes(&alice, &rkeys(200, 100), 10).await;
    pds.delete_note(&alice, &rkeys(7, 1)[0]).await;
    let full = pds.download(&alice, None).await;
    full.assert_signed(&pds, &alice).await;
    assert_eq!(full.records().len(), 299);
    assert!(full.records().contains_key(&format!("{NOTES}/{}", rkeys(299, 1)[0])));
    let mut once = full.order.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), full.order.len(), "no block comes twice");

    let latest = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    let latest = latest.send().await.ok();
    assert_eq!(latest, json!({ "cid": full.root, "rev": full.commit.rev }));
    let head = pds.get("com.atproto.sync.getHead").param("did", &alice.did).send().await.ok();
    assert_eq!(head, json!({ "root": full.root }));
    let checkout = pds.get("com.atproto.sync.getCheckout").param("did", &alice.did);
    assert_eq!(Copy::of(&checkout.send().await).order, full.order);
    let head = pds.ask(Method::HEAD, "com.atproto.sync.getRepo").param("did", &alice.did);
    let head = head.send().await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn what_came_since_completes_what_was_there() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let mut copies = Vec::new();
    for number in 0..40 {
        pds.note(&alice, &format!("3k{:011}", number * 7919 % 40), "one").await;
        if number % 3 == 0 {
            pds.note(&alice, "3k00000000000", &format!("again {number}")).await;
        }
        if number % 4 == 3 {
            pds.delete_note(&alice, &format!("3k{:011}", (number - 2) * 7919 % 40)).await;
        }
        if number % 5 == 4 {
            copies.push(pds.download(&alice, None).await);
        }
    }
    let now = pds.download(&alice, None).await;
    for mut copy in copies {
        let since = copy.commit.rev.to_string();
        let mut news = pds.download(&alice, Some(&since)).await;
        assert_eq!(news.root, now.root);
        assert!(news.order.len() < now.order.len(), "{since}");
        // What is kept from before, and what is new, are the whole.
        news.blocks.0.extend(std::mem::take(&mut copy.blocks.0));
        assert_eq!(news.records(), now.records());
    }
    let none = pds.download(&alice, Some(&now.commit.rev.to_string())).await;
    assert_eq!(none.order, vec![now.root]);
    let malformed = pds.get("com.atproto.sync.getRepo").param("did", &alice.did);
    let malformed = malformed.param("since", "yesterday").send().await;
    assert_eq!(malformed.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_large_repository_comes_whole_while_it_is_written_to() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for part in 0..10 {
        pds.notes(&alice, &rkeys(part * 90, 90), 10_000).await;
    }
    let download = async {
        let mut counts = Vec::new();
        for _ in 0..5 {
            counts.push(pds.download(&alice, None).await.records().len());
        }
        counts
    };
    let write = async {
        for number in 0..20 {
            pds.note(&alice, &format!("3z{number:011}"), "more").await;
        }
    };
    let (counts, ()) = tokio::join!(download, write);
    assert!(counts.is_sorted() && counts[0] >= 900, "{counts:?}");
    assert_eq!(pds.download(&alice, None).await.records().len(), 920);
}

#[tokio::test]
async fn exports_count_on_their_own() {
    let pds = Pds::start_with(|config| config.limits.rates = true).await;
    let alice = pds.account("alice").await;
    let ask = || pds.get("com.atproto.sync.getRepo").param("did", &alice.did).send();
    assert_eq!(ask().await.header("ratelimit-limit"), Some("6000"));
    assert_eq!(ask().await.header("ratelimit-remaining"), Some("5998"));
}
