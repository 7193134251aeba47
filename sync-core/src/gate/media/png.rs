//! PNG pictures: the chunks that a picture is made of are copied, each of its size; words, times, places
//! and whatever else stands between them are not.

use crate::gate::media::u32_at;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What surrounds a chunk's data, bytes: length, name, check.
const AROUND: usize = 12;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The picture alone. None for what is broken.
pub(super) fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(SIGNATURE);
    let (mut at, mut begun, mut drawn) = (SIGNATURE.len(), false, false);
    loop {
        let length = u32_at(bytes, at)?;
        let end = at.checked_add(length)?.checked_add(AROUND)?;
        let chunk = bytes.get(at..end)?;
        let name = chunk.get(4..8)?;
        if begun != (name != b"IHDR") {
            return None;
        }
        begun = true;
        match is_kept(name, length) {
            true => kept.extend_from_slice(chunk),
            // Names in capitals are of what a picture cannot do without.
            false if name[0].is_ascii_uppercase() => return None,
            false => {}
        }
        drawn |= name == b"IDAT";
        if name == b"IEND" {
            return drawn.then_some(kept);
        }
        at = end;
    }
}

/// Whether a chunk is of the picture. Each has a size that leaves no room for anything else.
fn is_kept(name: &[u8], length: usize) -> bool {
    match name {
        b"IHDR" => length == 13,
        b"PLTE" => length <= 768,
        b"IDAT" => true,
        b"IEND" => length == 0,
        b"tRNS" => length <= 256,
        b"gAMA" => length == 4,
        b"cHRM" => length == 32,
        b"sRGB" => length == 1,
        _ => false,
    }
}
