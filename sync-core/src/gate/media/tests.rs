//! What a phone puts beside a picture goes; nothing breaks on any bytes.

use proptest::prelude::*;

use super::*;

/// What must be nowhere in what is kept.
const PLACE: &[u8] = b"57.4778N 4.2247W Inverness";

fn segment(marker: u8, inside: &[u8]) -> Vec<u8> {
    let length = (inside.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker], length.as_slice(), inside].concat()
}

/// What a phone writes before the picture, which says how to turn it, and where it was taken.
fn exif(little: bool, way: u16) -> Vec<u8> {
    let number = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let mut tiff = if little { b"II".to_vec() } else { b"MM".to_vec() };
    tiff.extend(number(42));
    tiff.extend(long(8));
    tiff.extend(number(2));
    for (tag, kind, value) in [(0x0112, 3, number(way)), (0x8825, 4, number(0))] {
        tiff.extend([number(tag), number(kind)].concat());
        tiff.extend(long(1));
        tiff.extend(value);
        tiff.extend([0, 0]);
    }
    tiff.extend(long(0));
    segment(0xE1, &[b"Exif\0\0", tiff.as_slice(), PLACE].concat())
}

/// The picture itself: tables, a frame and two scans with restarts and stuffed bytes.
fn picture() -> Vec<u8> {
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), vec![0x12, 0xFF, 0, 0x34, 0xFF, 0xD0, 0x56]];
    let frame = [8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    let tables = [segment(0xDB, &[0; 65]), segment(0xC2, &frame), segment(0xC4, &[0; 20])];
    [tables.concat(), scan.concat(), segment(0xC4, &[0; 20]), scan.concat()].concat()
}

fn jpeg(beside: &[Vec<u8>]) -> Vec<u8> {
    let end = [&[0xFF, 0xD9], PLACE, &[0xFF, 0xD8], PLACE].concat();
    [vec![0xFF, 0xD8], beside.concat(), picture(), end].concat()
}

fn chunk(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    [&(inside.len() as u32).to_be_bytes(), name.as_slice(), inside, &[1, 2, 3, 4]].concat()
}

fn png(beside: &[Vec<u8>]) -> Vec<u8> {
    let picture = [chunk(b"IHDR", &[0; 13]), beside.concat(), chunk(b"IDAT", &[7; 40])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), picture.concat(), chunk(b"IEND", &[]), PLACE.to_vec()].concat()
}

fn in_m4a(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
    [&(inside.len() as u32 + 8).to_be_bytes(), name.as_slice(), inside].concat()
}

fn m4a() -> Vec<u8> {
    let handler = [&[0; 8], b"soun".as_slice(), &[0; 12], PLACE, &[0]].concat();
    let media = [in_m4a(b"mdhd", &[0; 24]), in_m4a(b"hdlr", &handler)].concat();
    let track = [in_m4a(b"tkhd", &[9; 84]), in_m4a(b"mdia", &media)].concat();
    let words = in_m4a(b"udta", &in_m4a(b"\xA9xyz", PLACE));
    let film = [in_m4a(b"mvhd", &[0; 100]), in_m4a(b"trak", &track), words].concat();
    let all = [in_m4a(b"ftyp", b"M4A \0\0\0\0"), in_m4a(b"mdat", &[5; 50]), in_m4a(b"moov", &film)];
    [all.concat(), in_m4a(b"uuid", PLACE)].concat()
}

fn wav() -> Vec<u8> {
    let chunk = |name: &[u8], inside: &[u8]| {
        let pad = vec![0; inside.len() % 2];
        [name, &(inside.len() as u32).to_le_bytes(), inside, &pad].concat()
    };
    let all = [chunk(b"LIST", PLACE), chunk(b"fmt ", &[1; 16]), chunk(b"data", &[3; 42])].concat();
    [b"RIFF", (all.len() as u32 + 4).to_le_bytes().as_slice(), b"WAVE", &all].concat()
}

fn holds_place(bytes: &[u8]) -> bool {
    bytes.windows(PLACE.len()).any(|window| window == PLACE)
}

fn kept(sort: AttachmentSort, bytes: &[u8]) -> Vec<u8> {
    let kept = clean(sort, bytes).unwrap();
    assert!(!holds_place(&kept), "where it was made is still in it");
    assert!(is_clean(sort, &kept), "what was cleaned once stays as it is");
    kept
}

#[test]
fn a_jpeg_keeps_its_picture_and_which_way_up_it_is() {
    let jfif = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01");
    let hidden = [0xE2, 0xED, 0xFE, 0xEF].map(|marker| segment(marker, PLACE)).concat();
    for little in [false, true] {
        let beside = [jfif.clone(), exif(little, 6), adobe.clone(), hidden.clone()];
        let kept = kept(AttachmentSort::Photo, &jpeg(&beside));
        let start = [vec![0xFF, 0xD8], jfif.clone()].concat();
        assert!(kept.starts_with(&start));
        assert_eq!(kept[start.len()..][..2], [0xFF, 0xE1]);
        assert_eq!(kept[start.len() + 28..][..2], [0, 6], "turned as it was");
        let rest = [adobe.clone(), picture(), vec![0xFF, 0xD9]].concat();
        assert_eq!(kept[start.len() + 36..], rest);
    }
    let upright = kept(AttachmentSort::Photo, &jpeg(&[exif(true, 1)]));
    assert_eq!(upright, [vec![0xFF, 0xD8], picture(), vec![0xFF, 0xD9]].concat());
    let odd = kept(AttachmentSort::Photo, &jpeg(&[exif(true, 6_000)]));
    assert_eq!(odd, upright, "an orientation that is none is let go");
}

#[test]
fn a_png_keeps_its_picture() {
    let words = [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", b"iCCP", b"juNk"];
    let beside: Vec<_> = words.iter().map(|name| chunk(name, PLACE)).collect();
    let kept = kept(AttachmentSort::Photo, &png(&beside));
    assert_eq!(kept, clean(AttachmentSort::Photo, &png(&[])).unwrap());
    assert_eq!(
        clean(AttachmentSort::Photo, &png(&[chunk(b"ODDe", &[])])),
        Err(MediaError::Damaged)
    );
}

#[test]
fn a_png_keeps_clear_colours_of_their_size_only() {
    let of = |colours: u8, beside: &[Vec<u8>]| {
        let header = [&[0; 9], [colours].as_slice(), &[0; 3]].concat();
        let whole = [chunk(b"IHDR", &header), beside.concat(), chunk(b"IDAT", &[7; 40])].concat();
        [b"\x89PNG\r\n\x1a\n".to_vec(), whole, chunk(b"IEND", &[])].concat()
    };
    let (palette, clear) = (|n| chunk(b"PLTE", &vec![0; n]), |n| chunk(b"tRNS", &vec![0; n]));
    for (colours, right) in
        [(0, vec![clear(2)]), (2, vec![clear(6)]), (3, vec![palette(48), clear(16)])]
    {
        let whole = of(colours, &right);
        assert_eq!(kept(AttachmentSort::Photo, &whole), whole);
    }
    for (colours, wrong) in [(0, clear(26)), (2, clear(26)), (3, clear(26)), (4, clear(2))] {
        assert_eq!(kept(AttachmentSort::Photo, &of(colours, &[wrong])), of(colours, &[]));
    }
    assert_eq!(kept(AttachmentSort::Photo, &of(2, &[palette(48)])), of(2, &[]), "suggestions go");
    let long = of(3, &[palette(771)]);
    assert_eq!(clean(AttachmentSort::Photo, &long), Err(MediaError::Damaged));
}

#[test]
fn a_voice_note_keeps_its_sound() {
    let m4a = m4a();
    let kept_m4a = kept(AttachmentSort::VoiceNote, &m4a);
    assert_eq!(kept_m4a.len(), m4a.len(), "what is played is where it was");
    assert!(kept_m4a.windows(50).any(|it| it == [5; 50]));
    let kept_wav = kept(AttachmentSort::VoiceNote, &wav());
    assert!(kept_wav.windows(41).any(|it| it == [3; 41]));
}

#[test]
fn a_body_map_has_one_spelling() {
    let map = br#"{"figure":"left_hand", "marks":[{"x":1,"y":2,"size":30,"words":"a graze"}] }"#;
    let kept = kept(AttachmentSort::BodyMap, map);
    assert_eq!(
        kept,
        br#"{"figure":"left_hand","marks":[{"x":1,"y":2,"size":30,"words":"a graze"}]}"#
    );
    for wrong in [
        r#"{"figure":"front","marks":[],"place":"57.4778N"}"#,
        r#"{"figure":"front","marks":[{"x":1001,"y":2,"size":3,"words":""}]}"#,
        r#"{"figure":"tail","marks":[]}"#,
        "",
    ] {
        assert_eq!(clean(AttachmentSort::BodyMap, wrong.as_bytes()), Err(MediaError::Unknown));
    }
}

#[test]
fn what_is_cut_short_or_of_another_sort_is_refused() {
    for (sort, whole) in [
        (AttachmentSort::Photo, jpeg(&[])),
        (AttachmentSort::Photo, png(&[])),
        (AttachmentSort::VoiceNote, wav()),
    ] {
        let kept = kept(sort, &whole);
        for end in 0..kept.len() {
            assert!(clean(sort, &kept[..end]).is_err(), "{sort:?} cut at {end}");
        }
        let other = AttachmentSort::ALL.iter().filter(|it| **it != sort);
        for other in other {
            assert_eq!(clean(*other, &whole), Err(MediaError::Unknown));
        }
    }
    let large = vec![0; PHOTO_BYTES as usize + 1];
    assert_eq!(clean(AttachmentSort::Photo, &large), Err(MediaError::TooLarge));
}

/// Beginnings that lead each reader on.
fn beginning() -> impl Strategy<Value = Vec<u8>> {
    let whole = [jpeg(&[exif(true, 3)]), png(&[]), m4a(), wav(), vec![]];
    (prop::sample::select(whole.to_vec()), any::<prop::sample::Index>())
        .prop_map(|(whole, at)| whole[..at.index(whole.len() + 1)].to_vec())
}

proptest! {
    #[test]
    fn no_bytes_break_it_and_what_is_kept_is_kept_again(
        begins in beginning(),
        goes_on in prop::collection::vec(any::<u8>(), 0..200),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = [begins, goes_on].concat();
        for (at, byte) in flips {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        for sort in AttachmentSort::ALL {
            if let Ok(kept) = clean(*sort, &bytes) {
                prop_assert!(kept.len() <= bytes.len() + 36);
                prop_assert!(is_clean(*sort, &kept));
            }
        }
    }

    #[test]
    fn no_place_beside_a_picture_is_kept(
        markers in prop::collection::vec(prop_oneof![0xE0_u8..=0xEF, Just(0xFE)], 0..12),
        names in prop::collection::vec("[a-z][a-zA-Z]{3}", 0..12),
        around in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let hidden = [around.as_slice(), PLACE, &around].concat();
        let beside: Vec<_> = markers.iter().map(|marker| segment(*marker, &hidden)).collect();
        prop_assert!(!holds_place(&clean(AttachmentSort::Photo, &jpeg(&beside)).unwrap()));
        let names = names.iter().map(|name| *name.as_bytes().first_chunk().unwrap());
        let beside: Vec<_> = names.map(|name| chunk(&name, &hidden)).collect();
        if let Ok(kept) = clean(AttachmentSort::Photo, &png(&beside)) {
            prop_assert!(!holds_place(&kept));
        }
    }
}
