//! PNG pictures: the chunks that a picture is made of are copied, each of its size; words, times, places
//! and whatever else stands between them are not.

use crate::gate::media::u32_at;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What surrounds a chunk's data, bytes: length, name, check.
const AROUND: usize = 12;
/// Where the first chunk, with its length and name, says how colours are coded, and the ways that may have
/// a clear colour (PNG, third edition, 11.2.1 and 11.3.1.1).
const COLOURS: usize = 17;
const GREY: u8 = 0;
const RED_GREEN_BLUE: u8 = 2;
const NAMED: u8 = 3;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The picture alone. None for what is broken.
pub(super) fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(SIGNATURE);
    let (mut at, mut picture, mut drawn) = (SIGNATURE.len(), None, false);
    loop {
        let length = u32_at(bytes, at)?;
        let end = at.checked_add(length)?.checked_add(AROUND)?;
        let chunk = bytes.get(at..end)?;
        let name = chunk.get(4..8)?;
        if picture.is_none() != (name == b"IHDR") {
            return None;
        }
        let of = picture.get_or_insert_with(|| Picture::of(chunk));
        match of.is_made_of(name, length) {
            true => kept.extend_from_slice(chunk),
            // Names in capitals are of what a picture cannot do without.
            false if name[0].is_ascii_uppercase() && !of.can_do_without(name) => return None,
            false => {}
        }
        drawn |= name == b"IDAT";
        if name == b"IEND" {
            return drawn.then_some(kept);
        }
        at = end;
    }
}

/// What decides how large a chunk may be that belongs to the picture.
struct Picture {
    /// How its colours are coded; anything for what is no picture, which no reader then shows.
    colours: u8,
    /// How many colours it names.
    palette: usize,
}

impl Picture {
    fn of(header: &[u8]) -> Self {
        Self { colours: header.get(COLOURS).copied().unwrap_or_default(), palette: 0 }
    }

    /// Whether a chunk only suggests colours for screens that show few.
    fn can_do_without(&self, name: &[u8]) -> bool {
        name == b"PLTE" && self.colours != NAMED
    }

    /// Whether a chunk is of the picture. Each has a size that leaves no room for anything else: words have
    /// been put where a reader expects how clear a colour is.
    fn is_made_of(&mut self, name: &[u8], length: usize) -> bool {
        match name {
            b"IHDR" => length == 13,
            b"PLTE" if self.colours == NAMED => {
                self.palette = length / 3;
                length <= 768
            }
            b"IDAT" => true,
            b"IEND" => length == 0,
            b"tRNS" => match self.colours {
                GREY => length == 2,
                RED_GREEN_BLUE => length == 6,
                NAMED => length <= self.palette,
                _ => false,
            },
            b"gAMA" => length == 4,
            b"cHRM" => length == 32,
            b"sRGB" => length == 1,
            _ => false,
        }
    }
}
