//! Random keys of records: those that people have, and those that trees do not like.

use repo::mst::{Key, height};
use syntax::Tid;

use crate::chance::Chance;

/// The greatest layer that keys are looked for on; each one more takes four times as long.
const HEIGHT_MAX: usize = 5;

/// What kind of keys a history has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Some collections of people's, in which most keys rise with time.
    Timeline,
    /// Keys that begin like others, of all lengths and all characters.
    Prefixes,
    /// Keys of all layers, each as often as the others.
    Tall,
}

/// Makes keys.
pub(crate) struct Keys {
    style: Style,
    /// The time of the newest record in a timeline.
    now_us: u64,
}

const COLLECTIONS: [&str; 7] = [
    "app.bsky.actor.profile",
    "app.bsky.feed.like",
    "app.bsky.feed.post",
    "app.bsky.feed.repost",
    "app.bsky.feed.threadgate",
    "app.bsky.graph.follow",
    "chat.bsky.actor.declaration",
];
/// Collections whose order by text is not that by name: a slash sorts after a hyphen and a dot.
const NEAR: [&str; 6] = [
    "com.example.a",
    "com.example.a-b.c",
    "com.example.a.b",
    "com.example.aB",
    "com.example.aa",
    "com.example.ab.c",
];
const CHARACTERS: &[u8] = b"aaaaAb09-._~:";

impl Keys {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, now_us: 1_700_000_000_000_000 }
    }

    /// Makes a key, which may have been made before.
    pub(crate) fn key(&mut self, chance: &mut Chance) -> Key {
        let text = match self.style {
            Style::Timeline => self.timeline(chance),
            Style::Prefixes => prefixed(chance),
            Style::Tall => tall(chance),
        };
        Key::parse(&text).unwrap()
    }

    fn timeline(&mut self, chance: &mut Chance) -> String {
        self.now_us += chance.number() % 10_000_000_000;
        let at = match chance.percent(90) {
            true => self.now_us,
            false => self.now_us - chance.number() % 100_000_000_000_000,
        };
        match chance.below(20) {
            0 => format!("{}/self", chance.pick(&COLLECTIONS)),
            1 => format!("{}/{}", chance.pick(&NEAR), chance.below(100)),
            _ => format!("{}/{}", chance.pick(&COLLECTIONS[1..6]), Tid::new(at, 7)),
        }
    }
}

fn prefixed(chance: &mut Chance) -> String {
    let length = match chance.below(10) {
        0 => 1 + chance.below(512),
        1..4 => 1 + chance.below(30),
        _ => 1 + chance.below(8),
    };
    let mut rkey: Vec<u8> = vec![b'a'; length];
    for _ in 0..chance.below(3) {
        let at = length - 1 - chance.below(length.min(4));
        rkey[at] = *chance.pick(CHARACTERS);
    }
    if matches!(&*rkey, b"." | b"..") {
        rkey.push(b'a');
    }
    rkey.truncate(512);
    format!("{}/{}", chance.pick(&NEAR), String::from_utf8(rkey).unwrap())
}

fn tall(chance: &mut Chance) -> String {
    let wanted = chance.below(HEIGHT_MAX + 1);
    let begin = format!("{}/{}", chance.pick(&NEAR[..3]), chance.below(50));
    loop {
        let text = format!("{begin}.{}", chance.number() % 1_000_000);
        if usize::from(height(text.as_bytes())) == wanted {
            return text;
        }
    }
}
