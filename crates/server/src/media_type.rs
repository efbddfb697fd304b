//! What bytes are, by how they begin.
//!
//! Only kinds whose beginning cannot be mistaken, and which apps put into records. Text is never
//! told by its looks.

/// Beginnings, with the place where they are, and what they are the beginning of.
const BEGINNINGS: [(usize, &[u8], &str); 28] = [
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (8, b"AVI ", "video/vnd.avi"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AIFF", "audio/aiff"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"MThd", "audio/midi"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"%PDF", "application/pdf"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"OTTO\0", "font/otf"),
    (0, b"\0\x01\0\0\0", "font/ttf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
];

/// Brands of files of the ISO base media format, and what such files are.
const BRANDS: [(&[u8], &str); 16] = [
    (b"avif", "image/avif"),
    (b"avis", "image/avif"),
    (b"mif1", "image/heif"),
    (b"msf1", "image/heif-sequence"),
    (b"heic", "image/heic"),
    (b"heix", "image/heic"),
    (b"hevc", "image/heic-sequence"),
    (b"hevx", "image/heic-sequence"),
    (b"qt  ", "video/quicktime"),
    (b"M4V ", "video/x-m4v"),
    (b"M4VH", "video/x-m4v"),
    (b"M4VP", "video/x-m4v"),
    (b"M4A ", "audio/x-m4a"),
    (b"M4B ", "audio/mp4"),
    (b"F4A ", "audio/mp4"),
    (b"F4B ", "audio/mp4"),
];

/// Returns the media type of what begins so, if it is known.
pub(crate) fn of(beginning: &[u8]) -> Option<&'static str> {
    iso_media(beginning)
        .or_else(|| matroska(beginning))
        .or_else(|| ogg(beginning))
        .or_else(|| bitmap(beginning))
        .or_else(|| known(beginning))
        .or_else(|| mpeg_audio(beginning))
}

fn at(bytes: &[u8], offset: usize, length: usize) -> &[u8] {
    bytes.get(offset..offset + length).unwrap_or_default()
}

fn known(beginning: &[u8]) -> Option<&'static str> {
    let found = BEGINNINGS.iter().find(|(offset, mark, _)| {
        let is_in_riff = *offset == 0
            || beginning.starts_with(b"RIFF")
            || (beginning.starts_with(b"FORM") && *mark == b"AIFF");
        is_in_riff && at(beginning, *offset, mark.len()) == *mark
    });
    found.map(|(_, _, kind)| *kind)
}

/// MP4 and its many relatives: a box `ftyp` with a brand.
fn iso_media(beginning: &[u8]) -> Option<&'static str> {
    if at(beginning, 4, 4) != b"ftyp" {
        return None;
    }
    let brand = at(beginning, 8, 4);
    let found = BRANDS.iter().find(|(known, _)| *known == brand);
    match found {
        Some((_, kind)) => Some(kind),
        None if brand.starts_with(b"3g2") => Some("video/3gpp2"),
        None if brand.starts_with(b"3g") => Some("video/3gpp"),
        None => brand.first().filter(|first| first.is_ascii_graphic()).map(|_| "video/mp4"),
    }
}

/// Matroska, of which WebM is a part; the name is in the header's first element or soon after.
fn matroska(beginning: &[u8]) -> Option<&'static str> {
    if !beginning.starts_with(b"\x1a\x45\xdf\xa3") {
        return None;
    }
    let header = &beginning[..beginning.len().min(64)];
    let has = |name: &[u8]| header.windows(name.len()).any(|part| part == name);
    if has(b"webm") { Some("video/webm") } else { has(b"matroska").then_some("video/x-matroska") }
}

/// Ogg: what is in it is said where its first page's content begins.
fn ogg(beginning: &[u8]) -> Option<&'static str> {
    if !beginning.starts_with(b"OggS") {
        return None;
    }
    let content = at(beginning, 28, 7);
    let is_audio = [&b"OpusHea"[..], b"\x01vorbis", b"\x7fFLAC", b"Speex  "];
    Some(match content {
        _ if is_audio.iter().any(|mark| content.starts_with(mark)) => "audio/ogg",
        b"\x80theora" => "video/ogg",
        _ => "application/ogg",
    })
}

/// A bitmap: two letters, and four bytes of nothing after the size.
fn bitmap(beginning: &[u8]) -> Option<&'static str> {
    let is_one = beginning.starts_with(b"BM") && at(beginning, 6, 4) == [0; 4];
    is_one.then_some("image/bmp")
}

/// MP3 and AAC without a container: a frame's header, all of whose fields have to make sense.
fn mpeg_audio(beginning: &[u8]) -> Option<&'static str> {
    let [0xff, kind, rates, ..] = *beginning else { return None };
    let (layer, version) = (kind >> 1 & 0b11, kind >> 3 & 0b11);
    match (kind >> 5, layer) {
        // The sampling frequency has values up to twelve.
        (0b111, 0) if kind & 0xf6 == 0xf0 && rates >> 2 & 0xf <= 12 => Some("audio/aac"),
        (0b111, 1..) if version != 1 && !matches!(rates >> 4, 0 | 15) && rates >> 2 & 3 != 3 => {
            Some("audio/mpeg")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_beginnings() {
        for (beginning, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some("image/png")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"FORM\x24\0\0\0AIFFCOMM", Some("audio/aiff")),
            (b"RIFF\x24\0\0\0AIFFCOMM", Some("audio/aiff")),
            (b"abcdefghWEBP", None),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", Some("video/mp4")),
            (b"\0\0\0\x20ftypmp42\0\0\x02\0", Some("video/mp4")),
            (b"\0\0\0\x20ftypqt  \0\0\x02\0", Some("video/quicktime")),
            (b"\0\0\0\x20ftypavif\0\0\0\0", Some("image/avif")),
            (b"\0\0\0\x20ftypheic\0\0\0\0", Some("image/heic")),
            (b"\0\0\0\x20ftyp3gp5\0\0\0\0", Some("video/3gpp")),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", Some("video/webm")),
            (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", Some("video/x-matroska")),
            (b"ID3\x04\0\0", Some("audio/mpeg")),
            (b"\xff\xfb\x90\x64\0", Some("audio/mpeg")),
            (b"\xff\xf1\x50\x80\0", Some("audio/aac")),
            (b"\xff\xff\xff\xff\xff", None),
            (
                b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead",
                Some("audio/ogg"),
            ),
            (b"BM\x36\0\0\0\0\0\0\0\x36", Some("image/bmp")),
            (b"BMW 2002 tii", None),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"<html><script>", None),
            (b"<svg xmlns=", None),
            (b"{}", None),
            (b"hello", None),
            (b"", None),
            (b"\xff", None),
            (b"\0\0\0\x20ftyp", None),
        ] {
            assert_eq!(of(beginning), kind, "{beginning:?}");
        }
    }
}
