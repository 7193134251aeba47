//! Lines of a table for a spreadsheet.

/// A line of cells that no spreadsheet takes for a formula.
#[must_use]
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = cells.into_iter().map(quoted).collect();
    quoted.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(line(["Stage 1, \"low\"", "=1+1"]), "\"Stage 1, \"\"low\"\"\",\"'=1+1\"\r\n");
    }
}
