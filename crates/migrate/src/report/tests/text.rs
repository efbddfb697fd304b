//! What people read.

use super::*;

#[test]
fn people_read_it_on_one_screen() {
    assert_eq!(report().to_text(), GOOD);
    let mut bad = report();
    bad.after.blobs = blobs(&["bb"], &["a", "bb", "1", "2", "3", "4", "5"]);
    bad.after.blobs.rehashed = 0;
    bad.after.preferences = None;
    bad.hosts.from = None;
    bad.consents.push(Consent { preferences: true, ..consent() });
    let cid = Cid::of_cbor(b"odd");
    let why = "ends early".to_owned();
    bad.quarantined.push(Quarantined { path: "a.b.c/odd".to_owned(), cid, why });
    bad.warnings.push("a stranger's \u{1b}[2J\nline".to_owned());
    bad.identity = None;
    assert_eq!(bad.to_text(), BAD);
    let mut later = live(&bad);
    (later.blobs, later.preferences) = (Some(blobs(&["a"], &["a", "bb"])), None);
    assert_eq!(recheck(&bad, &later).to_text(), LATER);
}

const GOOD: &str = "\
Move of alice.example.com (did:plc:yzw2b75dxahfqey2zfjgm35v)

from      https://old.example.com
to        https://new.example.com
began     2026-01-01T00:50:00.000Z
ended     2026-01-01T01:01:40.000Z
key       did:key:zQ3shmHbSYMDjbn39JXWvhLUGf9ggNztXFAm4iVnDLyd7rGSi
result    all is there

                                           before                    after
records                                         3                        3  same
  app.bsky.feed.post                            2                        2  same
  app.bsky.actor.profile                        1                        1  same
tree of records           bafyreig4trpnxcz…eeigei  bafyreig4trpnxcz…eeigei  same
files                                           2                        2  same
  bytes                                         3                        3  same
  read and hashed                               2                        2  all
  missing                                       0                        0
preferences                                     2                        2  same
revision                            3mbd354z2m222            3mbd6ih6u6222
signed by                 did:key:zQ3shT1G…NJqS7g  did:key:zQ3shmHb…d7rGSi

Who may change the identity, the highest first
  as before  did:key:zQ3shgVXZLaMzm5S5x7XzGUG6YFHFLtoEMiv9ao2Bqa7hGyg2
  new        did:key:zQ3shjMxaVg5ES6ZpCnPTdMRRRAaxUijzYHNRuAScV3UTXePk
  no more    did:key:zQ3shScWratmosu8R95gHDdPPypPdxht5hkJ16K2Pv7NWWW4m

Changes of the identity
  2026-01-01T01:00:00.000Z bafyreievvf2eoxn…6ttvei by did:key:zQ3shScW…NWWW4m
    until 2026-01-04T01:00:00.000Z it can be taken back by did:key:zQ3shgVX…7hGyg2
";

const BAD: &str = "\
Move of alice.example.com (did:plc:yzw2b75dxahfqey2zfjgm35v)

from      a backup
to        https://new.example.com
began     2026-01-01T00:50:00.000Z
ended     2026-01-01T01:01:40.000Z
key       did:key:zQ3shmHbSYMDjbn39JXWvhLUGf9ggNztXFAm4iVnDLyd7rGSi
result    NOT all is there, see below

                                           before                    after
records                                         3                        3  same
  app.bsky.feed.post                            2                        2  same
  app.bsky.actor.profile                        1                        1  same
tree of records           bafyreig4trpnxcz…eeigei  bafyreig4trpnxcz…eeigei  same
files                                           2                        1  DIFFERENT
  bytes                                         3                        2  DIFFERENT
  read and hashed                               2                        0  NOT ALL
  missing                                       0                        6
preferences                                     2                 not read
revision                            3mbd354z2m222            3mbd6ih6u6222
signed by                 did:key:zQ3shT1G…NJqS7g  did:key:zQ3shmHb…d7rGSi

Wrong
  files: 2 before, 1 now
  1 files were not read again
  file bafkreiclej3xpvg5d7dby34ij5egihicwtisdu75gkglbc2vgh6kzwv7ri of app.bsky.feed.post/4 is missing
  file bafkreicoa5aikyv63ofwbtqfyhpm7y5nc23semewpxqb6zalpzdstne7zy of app.bsky.feed.post/3 is missing
  file bafkreidlq2zhh7zu7tqz224aj37vup2xi6w2j2vcf4outqa6klo3pb23jm of app.bsky.feed.post/1 is missing
  file bafkreigks6arfsq3xxfpvqrrwonchxcnu6do76auprhhfomao6c273sixm of app.bsky.feed.post/a is missing
  and 2 more

Lost, as agreed
  preferences are not here

Records that nobody can read, kept as they are
  a.b.c/odd: ends early

Agreed to
  2026-01-01T00:00:00.000Z: one image stays behind

Warnings
  a stranger's �[2J�line
";

const LATER: &str = "\
checked   2026-01-05T04:00:00.000Z
result    something is wrong, see below
as it was repository, records, host
not seen  preferences

Wrong
  file bafkreib3mtnzls2vy5rtshdqoeeergxbrnarfv4dgag6hdqdhngjrq66v4 of app.bsky.feed.post/bb is gone

New since
  file bafkreiclej3xpvg5d7dby34ij5egihicwtisdu75gkglbc2vgh6kzwv7ri of app.bsky.feed.post/4 is missed no more
  file bafkreicoa5aikyv63ofwbtqfyhpm7y5nc23semewpxqb6zalpzdstne7zy of app.bsky.feed.post/3 is missed no more
  file bafkreidlq2zhh7zu7tqz224aj37vup2xi6w2j2vcf4outqa6klo3pb23jm of app.bsky.feed.post/1 is missed no more
  file bafkreigks6arfsq3xxfpvqrrwonchxcnu6do76auprhhfomao6c273sixm of app.bsky.feed.post/a is missed no more
  file bafkreiguonpdujs6c3xoap2zogfzwxidagoapwfwyupzbwr2mzxoye5lgu of app.bsky.feed.post/2 is missed no more
  file bafkreihpfujh3y33sqv2vudbixsuwddbtipsemt3f2547pwhr5kwjl7dtu of app.bsky.feed.post/5 is missed no more
";
