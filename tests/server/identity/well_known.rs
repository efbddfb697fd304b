//! `/.well-known/atproto-did`

use crate::harness::Pds;

#[tokio::test]
async fn a_host_that_is_a_handle_names_its_account() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let ask =
        async |host: &str| pds.get("/.well-known/atproto-did").header("host", host).send().await;
    for host in ["alice.test", "ALICE.test:8080"] {
        let answer = ask(host).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, alice.did.clone()), "{host}");
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    }
    for host in ["nobody.test", "test", "alice.example.com", "localhost", "[::1]"] {
        let answer = ask(host).await;
        let expected = (404, "User not found".to_owned());
        assert_eq!((answer.status.as_u16(), answer.text()), expected, "{host}");
    }
}
