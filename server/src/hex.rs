//! Bytes as lower-case hexadecimal digits.

use std::fmt::Write;

/// Two digits a byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exactly `N` bytes, or nothing.
#[must_use]
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let mut bytes = [0; N];
    if digits.len() != N * 2 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// At most `max` bytes, or nothing.
#[must_use]
pub fn decode_up_to(text: &str, max: usize) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || digits.len() > max * 2 {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn digit(sign: u8) -> Option<u8> {
    match sign {
        b'0'..=b'9' => Some(sign - b'0'),
        b'a'..=b'f' => Some(sign - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_come_back_and_nothing_else_is_taken() {
        assert_eq!(super::decode(&super::encode(&[0, 171, 255])), Some([0, 171, 255]));
        assert_eq!(super::decode::<2>("00ab0"), None);
        assert_eq!(super::decode::<2>("00aB"), None);
        assert_eq!(super::decode::<1>("é"), None);
        assert_eq!(super::decode_up_to("00ff", 2), Some(vec![0, 255]));
        assert_eq!(super::decode_up_to("00ff", 1), None);
        assert_eq!(super::decode_up_to("00f", 2), None);
    }
}
