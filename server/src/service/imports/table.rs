//! A table in a file of comma-separated values, row by row, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use csv_core::ReadRecordResult as Came;

use crate::limits::imports::{COLUMNS, ROW_BYTES};

/// Bytes read at once.
const AHEAD: usize = 256 * 1024;

/// Reads a table.
pub struct Table<R> {
    input: BufReader<R>,
    core: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The line at which the next byte stands, from 1.
    line: u64,
}

/// The next of a table.
pub enum Next<'a> {
    /// A row, with its line.
    Row(u64, Cells<'a>),
    /// A row that was passed over: it has more bytes or cells than any row can have.
    TooLong(u64),
    /// There is no more.
    End,
}

/// The cells of one row.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    /// The bytes of a cell; empty where the row has none.
    #[must_use]
    pub fn get(&self, at: usize) -> &'a [u8] {
        let begin = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(usize::MAX) };
        let end = self.ends.get(at).copied().unwrap_or(0);
        self.text.get(begin..end).unwrap_or_default()
    }

    /// How many cells there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl<R: Read> Table<R> {
    /// A table in a file whose cells are parted by `delimiter`.
    pub fn new(input: R, delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self {
            input: BufReader::with_capacity(AHEAD, input),
            core,
            text: vec![0; ROW_BYTES],
            ends: vec![0; COLUMNS],
            line: 1,
        }
    }

    /// The next row. Empty lines are passed over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_row(&mut self) -> io::Result<Next<'_>> {
        let (mut long, mut wide, mut begun) = (0, 0, None);
        let mut fits = true;
        loop {
            let ahead = self.input.fill_buf()?;
            let (text, ends) = (&mut self.text[long..], &mut self.ends[wide..]);
            let (came, taken, written, cells) = self.core.read_record(ahead, text, ends);
            let first = ahead[..taken].iter().position(|it| !matches!(it, b'\r' | b'\n'));
            let before = first.map_or(0, |at| newlines(&ahead[..at]));
            if begun.is_none() && first.is_some() {
                begun = Some(self.line + before);
            }
            self.line += newlines(&ahead[..taken]);
            self.input.consume(taken);
            (long, wide) = (long + written, wide + cells);
            let line = begun.unwrap_or(self.line);
            match came {
                Came::InputEmpty => {}
                Came::OutputFull | Came::OutputEndsFull => {
                    (long, wide, fits) = (0, 0, false);
                }
                Came::Record if fits => {
                    let cells = Cells { text: &self.text[..long], ends: &self.ends[..wide] };
                    return Ok(Next::Row(line, cells));
                }
                Came::Record => return Ok(Next::TooLong(line)),
                Came::End => return Ok(Next::End),
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|it| **it == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut table = Table::new(text.as_bytes(), b',');
        let mut all = Vec::new();
        loop {
            all.push(match table.next_row().unwrap() {
                Next::End => return all,
                Next::TooLong(line) => format!("{line}: too long"),
                Next::Row(line, cells) => {
                    let one = |at| String::from_utf8_lossy(cells.get(at)).into_owned();
                    let cells: Vec<_> = (0..cells.len()).map(one).collect();
                    format!("{line}: {}", cells.join("|"))
                }
            });
        }
    }

    #[test]
    fn rows_have_the_line_they_begin_on() {
        let expected = ["1: a|b", "2: c|d\ne", "5: f|g"];
        assert_eq!(read("a,b\nc,\"d\ne\"\n\nf,g"), expected);
        assert_eq!(read("\u{feff}a,b\r\nc,\"d\ne\"\r\n\r\nf,g\r\n"), expected);
    }

    #[test]
    fn a_row_without_end_is_passed_over_in_bounded_memory() {
        let long = format!("a\n\"{}\nb\n", "x".repeat(3 * ROW_BYTES));
        assert_eq!(read(&long), ["1: a", "2: too long"]);
        let long = format!("a\n{}\nb\n", "x".repeat(3 * ROW_BYTES));
        assert_eq!(read(&long), ["1: a", "2: too long", "3: b"]);
        let wide = format!("a\n{}\nb\n", ",".repeat(3 * COLUMNS));
        assert_eq!(read(&wide), ["1: a", "2: too long", "3: b"]);
    }

    #[test]
    fn a_cell_that_is_not_there_is_empty() {
        let mut table = Table::new("a,b\n".as_bytes(), b',');
        let Next::Row(_, cells) = table.next_row().unwrap() else { panic!("a row") };
        assert_eq!((cells.get(1), cells.get(2), cells.get(9)), (&b"b"[..], &b""[..], &b""[..]));
    }
}
