//! `pagurus migrate leave`, as somebody uses it who wants to know whether all is there.

use serde_json::json;

use crate::hosts::{Account, Hosts, Said};
use crate::{assert_needs, start};

fn leave(hosts: &Hosts, account: &str, passwords: &[(&str, &str)]) -> Said {
    let (from, to) = (hosts.old.url(), hosts.new.url());
    let command = ["migrate", "leave", "--from", &from, "--to", &to, "--account", account];
    let more = ["--plc-url", &hosts.plc_url, "--json"];
    hosts.pagurus(&[&command[..], &more[..]].concat(), passwords)
}

fn move_there(hosts: &Hosts, account: &Account) {
    let mut begin = start(account, "alice.new.test");
    begin.push("--watch");
    assert_needs(&hosts.migrate(&begin), "review");
    assert_needs(&hosts.migrate(&["approve", "--yes", "--watch"]), "code");
    let code = hosts.mailed_code(account);
    assert_eq!(hosts.migrate(&["confirm", "--code", &code, "--watch"]).status, 0);
}

#[test]
fn the_exit_status_says_whether_the_old_account_is_needed() {
    let hosts = Hosts::start();
    let alice = hosts.account("alice", None);
    hosts.write(&alice, 3);
    let blob = hosts.write_blob(&alice, b"a picture");
    let password = [("OLD_PASSWORD", "the old password")];
    let early = leave(&hosts, &alice.did, &[]);
    assert_eq!((early.status, &early.json["mayDelete"]), (30, &json!(false)), "{early:?}");

    move_there(&hosts, &alice);
    let unknown = leave(&hosts, &alice.did, &[]);
    assert_eq!((unknown.status, &unknown.json["mayDelete"]), (10, &json!(false)), "{unknown:?}");
    let done = leave(&hosts, "alice.old.test", &password);
    assert_eq!((done.status, &done.json["mayDelete"]), (0, &json!(true)), "{done:?}");
    assert_eq!(done.json["did"], json!(alice.did));
    let wrong = leave(&hosts, &alice.did, &[("OLD_PASSWORD", "another one")]);
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(wrong.trouble.contains("signing in at"), "{wrong:?}");

    hosts.new.lose_blob(&alice, &blob);
    let lost = leave(&hosts, &alice.did, &password);
    assert_eq!(lost.status, 30, "{lost:?}");
    assert!(lost.json["findings"].to_string().contains(&blob), "{lost:?}");
}
